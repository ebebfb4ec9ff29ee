"""The form of Region names.

New Regions appear, so there is no list of them: a name is a geography, a direction and a number, and AWS adds new words for the first two
seldom. See: AWS Regions and Availability Zones User Guide, "AWS Regions".
"""

from __future__ import annotations

import re

__all__ = ["REGION_NAME", "is_region_name"]

_GEOGRAPHIES = "af|ap|ca|cn|eu|eusc-[a-z]{2}|eu-isoe|il|me|mx|sa|us|us-gov|us-iso|us-isob|us-isof"
_DIRECTIONS = "central|north|south|east|west|northeast|northwest|southeast|southwest"
REGION_NAME = rf"({_GEOGRAPHIES})-({_DIRECTIONS})-[1-9][0-9]?"


def is_region_name(text: str) -> bool:
    """True if a Region of AWS can have this name."""
    return re.fullmatch(REGION_NAME, text) is not None
