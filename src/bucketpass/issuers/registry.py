"""The presets by name."""

from __future__ import annotations

from bucketpass.issuers import (
    aks,
    auth0,
    aws_outbound,
    baseten,
    bitbucket,
    buildkite,
    circleci,
    eks,
    entra,
    fly,
    generic,
    github,
    gitlab,
    gke,
    google,
    keycloak,
    kubernetes,
    modal,
    okta,
    pulumi_cloud,
    snowflake,
    spiffe,
    terraform,
    trigger_dev,
    vercel,
)
from bucketpass.issuers.interface import Preset

__all__ = ["PRESETS", "preset"]

_MODULES = (
    aks,
    auth0,
    aws_outbound,
    baseten,
    bitbucket,
    buildkite,
    circleci,
    eks,
    entra,
    fly,
    generic,
    github,
    gitlab,
    gke,
    google,
    keycloak,
    kubernetes,
    modal,
    okta,
    pulumi_cloud,
    snowflake,
    spiffe,
    terraform,
    trigger_dev,
    vercel,
)
PRESETS: dict[str, Preset] = {module.PRESET.name: module.PRESET for module in _MODULES}


def preset(name: str) -> Preset:
    """The preset of this name. Raises `KeyError` where there is none; `PRESETS` has all names."""
    return PRESETS[name]
