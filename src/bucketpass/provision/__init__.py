"""Room `provision`: see docs/explanation/architecture.md."""
