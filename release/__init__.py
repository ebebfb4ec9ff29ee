"""What is published, built and checked."""
