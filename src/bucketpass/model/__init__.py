"""Room `model`: see docs/explanation/architecture.md."""
