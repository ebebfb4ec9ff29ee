"""One file a client: each imports its own library only, and gives the true expiry, or no expiry at all.

All of them take a `provider`; without one, the service is what the environment says::

    boto3_session().client("s3")                 # boto3
    s3_filesystem().open("s3://datasets/raw/x")  # s3fs, and so fsspec, pyarrow, datasets, pandas …

Clients that take no provider of ours (CRT: s3torchconnector, pyarrow's own file system) ask a local endpoint: `container.py`.
"""
