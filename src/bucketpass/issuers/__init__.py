"""Room `issuers`: see docs/explanation/architecture.md."""
