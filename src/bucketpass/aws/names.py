"""Names of buckets: what S3 takes, and the affixes that it keeps for itself.

Source: S3 User Guide, "General purpose bucket naming rules" [A].
"""

from __future__ import annotations

import ipaddress
import re

__all__ = ["RESERVED_PREFIXES", "RESERVED_SUFFIXES", "is_bucket_name", "reserved_affix"]

RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
# Access point aliases, directory buckets, Object Lambda, Multi-Region Access Points, S3 Tables.
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]", re.ASCII)


def reserved_affix(name: str) -> str | None:
    """The beginning or end of the name that S3 keeps for itself, None where it has none."""
    prefix = next((prefix for prefix in RESERVED_PREFIXES if name.startswith(prefix)), None)
    return prefix or next((suffix for suffix in RESERVED_SUFFIXES if name.endswith(suffix)), None)


def is_bucket_name(name: str) -> bool:
    """Whether a general purpose bucket may have the name."""
    return _NAME.fullmatch(name) is not None and reserved_affix(name) is None and not _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
