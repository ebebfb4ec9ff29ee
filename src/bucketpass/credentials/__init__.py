"""A token becomes credentials: exchanged once per host, renewed before they end, and handed to every S3 client.

::

    provider = bucketpass.credentials.provider(role_arn="arn:aws:iam::111122223333:role/bucketpass-trainer")
    provider.current()                                       # Credentials, always valid; 100 ns
    bucketpass.credentials.boto3_session(provider=provider)  # … and so for each client in `adapters/`

`exchange.py` is the flow without I/O, `host.py` shares it between processes, `provider.py` keeps it fresh; `process.py` and
`endpoint.py` hand it to programs that are not in Python. All times and sizes stand in `budgets.py`.

Nothing is imported here: a credential process passes through this file in its 12 ms.
"""
