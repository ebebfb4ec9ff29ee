"""Room `sandbox`: see docs/explanation/architecture.md."""
