"""Room `prove`: see docs/explanation/architecture.md."""
