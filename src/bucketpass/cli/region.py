"""The Region that a command is about. By itself, so that a command without a declaration imports none of what reads one."""

from __future__ import annotations

import os

from bucketpass.aws.regions import is_region_name
from bucketpass.errors import InvalidInput

__all__ = ["region_named"]


def region_named(option: str | None) -> str | None:
    """The Region that the option or the environment names. Raises `InvalidInput` for a name that no Region of AWS has."""
    region = option or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if region and not is_region_name(region):
        raise InvalidInput(f"got the Region `{region}`, expected a name such as `us-east-1`", remedy="Correct --region or AWS_REGION.")
    return region or None
