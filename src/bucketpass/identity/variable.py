"""A token in an environment variable: as one's own program sets it, or as a platform does.

A variable does not change while the process runs: where its token expires, so does the service's access.
"""

from __future__ import annotations

from typing import NamedTuple

from bucketpass.identity.interface import Machine, NotHere, TokenSource, broken
from bucketpass.secret import Secret

__all__ = ["PLATFORMS", "Platform", "VariableSource", "detect", "detect_platform"]

VARIABLE = "BUCKETPASS_TOKEN"


class VariableSource(NamedTuple):
    """The token in one environment variable."""

    machine: Machine
    variable: str
    name: str = "env"

    def describe(self) -> str:
        """The variable's name."""
        return f"environment variable {self.variable}"

    def fetch(self) -> Secret:
        """The variable's value."""
        value = self.machine.variables.get(self.variable, "").strip()
        if not value:
            broken(f"the environment variable `{self.variable}` is not set", "set it to the token, or choose another source")
        return Secret(value)


class Platform(NamedTuple):
    """A platform that hands its tokens over in a variable: how it is known, which variables, and how one gets them there."""

    name: str
    sign: str
    variables: tuple[str, ...]
    remedy: str
    tagged: str = "{}"  # the variable of a token that was named: GitLab's have any name, HCP Terraform's a tag at the end


# [A] each vendor's own page on OIDC.
PLATFORMS = (
    Platform("modal", "MODAL_IDENTITY_TOKEN", ("MODAL_IDENTITY_TOKEN",), "run in a Modal function or sandbox"),
    Platform(
        "gitlab",
        "GITLAB_CI",
        ("GITLAB_OIDC_TOKEN",),
        "declare `id_tokens: {GITLAB_OIDC_TOKEN: {aud: sts.amazonaws.com}}` in the job",
    ),
    Platform(
        "circleci", "CIRCLECI", ("CIRCLE_OIDC_TOKEN_V2", "CIRCLE_OIDC_TOKEN"), "give the job a context: without one CircleCI sets no token"
    ),
    Platform(
        "vercel",
        "VERCEL",
        ("VERCEL_OIDC_TOKEN",),
        "turn on OIDC federation in the project; a function has it in the header x-vercel-oidc-token",
    ),
    Platform("bitbucket", "BITBUCKET_BUILD_NUMBER", ("BITBUCKET_STEP_OIDC_TOKEN",), "set `oidc: true` on the step"),
    Platform(
        "terraform-cloud",
        "TFC_RUN_ID",
        ("TFC_WORKLOAD_IDENTITY_TOKEN",),
        "set TFC_WORKLOAD_IDENTITY_AUDIENCE in the workspace",
        "TFC_WORKLOAD_IDENTITY_TOKEN_{}",
    ),
)
BY_NAME = {platform.name: platform for platform in PLATFORMS}


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The variable named by `argument`, or BUCKETPASS_TOKEN."""
    variable = argument or VARIABLE
    if argument or machine.value(variable):
        return VariableSource(machine, variable)
    return NotHere(f"`{variable}` is not set")


def detect_platform(name: str, machine: Machine, argument: str | None = None) -> TokenSource | NotHere:
    """The variable in which the platform `name` hands over its token, or the one that `argument` names."""
    platform = BY_NAME[name]
    if not machine.value(platform.sign):
        return NotHere(f"`{platform.sign}` is not set")
    if argument is not None:
        return VariableSource(machine, platform.tagged.format(argument), platform.name)
    variable = next((variable for variable in platform.variables if machine.value(variable)), None)
    if variable is None:
        return NotHere(f"`{platform.sign}` is set, but not `{'` or `'.join(platform.variables)}`: {platform.remedy}")
    return VariableSource(machine, variable, platform.name)
