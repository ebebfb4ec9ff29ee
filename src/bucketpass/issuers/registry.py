"""The presets by name."""

from __future__ import annotations

from bucketpass.issuers import auth0, generic, github, kubernetes, okta
from bucketpass.issuers.interface import Preset

__all__ = ["PRESETS", "preset"]

PRESETS = {known.name: known for known in (generic.PRESET, auth0.PRESET, github.PRESET, kubernetes.PRESET, okta.PRESET)}


def preset(name: str) -> Preset:
    """The preset of this name. Raises `KeyError` where there is none; `PRESETS` has all names."""
    return PRESETS[name]
