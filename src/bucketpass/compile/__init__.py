"""Room `compile`: see docs/explanation/architecture.md."""
