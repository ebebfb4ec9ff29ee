"""Room `aws`: see docs/explanation/architecture.md."""
