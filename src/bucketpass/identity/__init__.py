"""Room `identity`: see docs/explanation/architecture.md."""
