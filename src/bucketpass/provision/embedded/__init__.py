"""The embedded engine: an unmodified Pulumi Python program, run against any endpoint that speaks the AWS API."""
