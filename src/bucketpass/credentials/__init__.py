"""Room `credentials`: see docs/explanation/architecture.md."""
