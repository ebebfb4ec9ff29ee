"""Room `report`: see docs/explanation/architecture.md."""
