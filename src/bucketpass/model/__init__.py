"""What people declare, as values, and the reader of access.yaml.

For instance::

    from pathlib import Path
    from bucketpass.model import load_access

    access = load_access(Path("access.yaml"))
    access.services["trainer"].grants
"""

from bucketpass.model.access import (
    Access,
    AccessLevel,
    Bucket,
    Cors,
    Grant,
    GrantConditions,
    Identity,
    Issuer,
    Lifecycle,
    LifecycleRule,
    Listing,
    Logging,
    Never,
    ObjectLock,
    Perimeter,
    Quotas,
    Relaxation,
    Service,
    Session,
    StorageClass,
)
from bucketpass.model.reader import Declaration, load_access, parse_access, parse_declaration, parse_tree, read_declaration
from bucketpass.model.render import access_text
from bucketpass.model.validate import validate

__all__ = [
    "Access",
    "AccessLevel",
    "Bucket",
    "Cors",
    "Declaration",
    "Grant",
    "GrantConditions",
    "Identity",
    "Issuer",
    "Lifecycle",
    "LifecycleRule",
    "Listing",
    "Logging",
    "Never",
    "ObjectLock",
    "Perimeter",
    "Quotas",
    "Relaxation",
    "Service",
    "Session",
    "StorageClass",
    "access_text",
    "load_access",
    "parse_access",
    "parse_declaration",
    "parse_tree",
    "read_declaration",
    "validate",
]
