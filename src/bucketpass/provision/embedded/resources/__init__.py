"""The types of resources that the embedded engine can make: one handler each, in a table (`registry.HANDLERS`)."""
