"""Authorization requests: what AWS asks its policies, made in one place for `decide`, `prove` and the sandbox.

::

    call = S3Call("GetObject", "datasets", "raw/1")
    s3.authorization_requests(call, S3Target("111122223333"), callers.role_session(role_arn, "run"))

- `callers` who can send a request, and what AWS knows of each
- `request` the request, and the facts that its condition keys are made of
- `keys` the one table of condition keys (`key` is its row, `context` reads it)
- `s3`, `kms`, `sts`, `iam` which requests an API call makes
"""
