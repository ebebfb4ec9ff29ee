"""Room `decide`: see docs/explanation/architecture.md."""
