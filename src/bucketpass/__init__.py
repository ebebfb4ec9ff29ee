"""AI services reach S3 with the identity they already have."""

__version__ = "0.1.0"
