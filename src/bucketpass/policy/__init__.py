"""Room `policy`: see docs/explanation/architecture.md."""
