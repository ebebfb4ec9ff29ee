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
    Grant,
    GrantConditions,
    Identity,
    Issuer,
    Lifecycle,
    Listing,
    Logging,
    Never,
    ObjectLock,
    Perimeter,
    Relaxation,
    Service,
    Session,
)
from bucketpass.model.reader import Declaration, load_access, parse_access, parse_declaration, parse_tree, read_declaration
from bucketpass.model.render import access_text
from bucketpass.model.validate import validate

__all__ = [
    "Access",
    "AccessLevel",
    "Bucket",
    "Declaration",
    "Grant",
    "GrantConditions",
    "Identity",
    "Issuer",
    "Lifecycle",
    "Listing",
    "Logging",
    "Never",
    "ObjectLock",
    "Perimeter",
    "Relaxation",
    "Service",
    "Session",
    "access_text",
    "load_access",
    "parse_access",
    "parse_declaration",
    "parse_tree",
    "read_declaration",
    "validate",
]
