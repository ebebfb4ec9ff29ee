"""What a run does with a stack."""

from __future__ import annotations

from enum import Enum

__all__ = ["Act"]


class Act(Enum):
    """What a run does with the stack, as its first line on the screen says it."""

    PREVIEW = "Previewing"
    UP = "Updating"
    DOWN = "Destroying"
