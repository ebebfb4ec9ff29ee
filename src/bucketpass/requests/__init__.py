"""Authorization requests: what AWS asks its policies, made in one place for decide, prove and the sandbox."""
