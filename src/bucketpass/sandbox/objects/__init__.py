"""The sandbox's own object store: bytes, versions and uploads, with the answers that S3 gives about them.

moto keeps the buckets' settings; objects are here, so that reads are fast, large bodies stream, and many writers at once
see what S3 promises: an overwrite is whole, `If-None-Match` has one winner.

- `store` keeps objects: an index in SQLite (`rows`), small bodies in it, large ones in files (`bodies`)
- `model` has the values: versions, uploads, parts, checksums
- `reading`, `writing`, `listing`, `locking`, `multipart`, `upload_listing` and `tagging` answer the operations; `call` is what they
  are given; the table of them is `OPERATIONS` in `bucketpass.sandbox.s3`
"""
