"""Pulumi components with typed arguments, for programs in any language: the package in `pulumi/` serves them.

::

    issuer = OidcIssuer("okta", {"url": "https://acme.okta.com/oauth2/default", "audience": ["s3-data"]})
    data = ProtectedBucket("datasets", {"encryption": "kms"})
    ServiceRole("trainer", {"issuer": {"url": issuer.url, "audience": ["s3-data"]}, "identity": {"claims": {"subject": "0oa1"}},
                            "grants": [{"bucket": data.bucket_name, "prefix": "raw/", "access": ["read"]}]})

What they take is a declaration, or a part of one: `arguments.py` has the types, `declared.py` makes the values of
`bucketpass.model` of them. In Python, `bucketpass.provision.FederatedAccess` takes those values themselves.
"""
