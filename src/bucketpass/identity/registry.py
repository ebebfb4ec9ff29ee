"""The kinds of token sources, and which of them this machine has.

Detection goes through the table in its order: what a person set on purpose, then the platforms whose sign is sure, then
what must be asked over the network. It reports every kind that was tried and why it was not taken.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from bucketpass.identity.interface import Machine, NotHere, TokenSource, broken
from bucketpass.identity.variable import PLATFORMS, detect_platform

__all__ = ["KINDS", "Detection", "SourceKind", "Tried", "detect_source", "find_source", "source_named"]


class SourceKind(NamedTuple):
    """A kind of source. `module` has its `detect`; None for a platform that sets a variable.

    `signs`: where none of these variables is set, the machine is elsewhere.
    """

    name: str
    module: str | None
    signs: tuple[str, ...] = ()

    def detect(self, machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
        """The source, or why this machine has none of this kind. Raises IdentityError where it has one that is broken."""
        if argument is None and self.is_elsewhere(machine):
            # Said without importing the kind's module: detection is on a credential process's way.
            return NotHere(f"{quoted(self.signs)} not set")
        if self.module is None:
            return detect_platform(self.name, machine, argument)
        found: TokenSource | NotHere = import_module(f"bucketpass.identity.{self.module}").detect(machine, argument, audience)
        return found

    def is_elsewhere(self, machine: Machine) -> bool:
        """Whether the machine has none of the signs, where there are any."""
        return bool(self.signs) and not machine.value(*self.signs)

    @property
    def is_set_up(self) -> bool:
        """Whether it is people who set it up, not a platform."""
        return any(sign.startswith("BUCKETPASS_") for sign in self.signs)


KINDS = (
    SourceKind("file", "file", ("BUCKETPASS_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE")),
    SourceKind("env", "variable", ("BUCKETPASS_TOKEN",)),
    SourceKind("command", "command", ("BUCKETPASS_TOKEN_COMMAND",)),
    SourceKind("private-key-jwt", "private_key_jwt", ("BUCKETPASS_OAUTH_PRIVATE_KEY_FILE",)),
    SourceKind("oauth", "oauth", ("BUCKETPASS_OAUTH_CLIENT_ID",)),
    SourceKind("device", "device", ("BUCKETPASS_DEVICE_CLIENT_ID",)),
    SourceKind("github", "github", ("ACTIONS_ID_TOKEN_REQUEST_URL", "GITHUB_ACTIONS")),
    SourceKind("buildkite", "buildkite", ("BUILDKITE_AGENT_ACCESS_TOKEN", "BUILDKITE")),
    *(SourceKind(platform.name, None, (platform.sign,)) for platform in PLATFORMS),
    SourceKind("azure-devops", "azure_devops", ("SYSTEM_OIDCREQUESTURI",)),
    SourceKind("fly", "fly", ("FLY_APP_NAME",)),
    SourceKind("cursor", "cursor", ("CURSOR_AGENT_SOCKET",)),
    SourceKind("spiffe", "spiffe", ("SPIFFE_ENDPOINT_SOCKET",)),
    SourceKind("azure-workload", "azure", ("AZURE_FEDERATED_TOKEN_FILE",)),
    SourceKind("kubernetes", "kubernetes", ("KUBERNETES_SERVICE_HOST",)),
    SourceKind("azure-arc", "azure_arc", ("IMDS_ENDPOINT",)),
    SourceKind("gcp", "gcp"),
    SourceKind("azure", "azure_metadata"),
    SourceKind("ambient", "ambient"),
)
BY_NAME = {kind.name: kind for kind in KINDS}


class Tried(NamedTuple):
    """A kind that detection looked at and did not take. `unset`: its signs, where the machine has none of them."""

    kind: str
    reason: str
    unset: tuple[str, ...] = ()


class Detection(NamedTuple):
    """The source that was found, if any, and what was tried before it."""

    source: TokenSource | None
    tried: tuple[Tried, ...]

    def __str__(self) -> str:
        usual, *others = [tried for tried in self.tried if tried.kind not in self._here()]
        here = [f"{tried.kind}: {tried.reason}" for tried in self._near() if tried.kind in self._here()]
        return "; ".join([*here, usual.reason, f"nor is there one of {', '.join(tried.kind for tried in others)}"])

    def remedy(self) -> str:
        """What to do where no source was found."""
        here = self._here()
        if here:
            return f"correct what is reported for {' or '.join(here)}, or name another source with --source"
        return "set BUCKETPASS_TOKEN_FILE or AWS_WEB_IDENTITY_TOKEN_FILE to the token's file, or name a source with --source"

    def _here(self) -> list[str]:
        """The kinds whose signs this machine has."""
        return [tried.kind for tried in self._near() if BY_NAME[tried.kind].signs]

    def _near(self) -> list[Tried]:
        """Those that have more to report than missing signs; the sure ones first."""
        return sorted((tried for tried in self.tried if not tried.unset), key=lambda tried: not BY_NAME[tried.kind].signs)


def detect_source(machine: Machine, audience: str | None = None) -> Detection:
    """The first kind of source that this machine has. Raises IdentityError where it is there but broken."""
    tried: list[Tried] = []
    for kind in KINDS:
        found = kind.detect(machine, None, audience)
        if not isinstance(found, NotHere):
            return Detection(found, tuple(tried))
        tried.append(Tried(kind.name, found.reason, kind.signs if kind.is_elsewhere(machine) else ()))
    return Detection(None, tuple(tried))


def source_named(spelled: str, machine: Machine, audience: str | None = None) -> TokenSource:
    """The source spelled `kind` or `kind:argument`, such as `github` or `file:/run/token`. Raises IdentityError."""
    name, _, argument = spelled.partition(":")
    if name not in BY_NAME:
        broken(f"`{name}` is not a kind of token source, expected one of {', '.join(BY_NAME)}", "correct the source's name")
    found = BY_NAME[name].detect(machine, argument or None, audience)
    if isinstance(found, NotHere):
        remedy = "set it, or choose another source" if BY_NAME[name].is_set_up else "run where it is, or choose another source"
        broken(f"the token source `{name}` is not here: {found.reason}", remedy)
    return found


def find_source(machine: Machine, spelled: str | None = None, audience: str | None = None) -> TokenSource:
    """The source that was named, else the one that is found. Raises IdentityError that lists all that was tried."""
    if spelled:
        return source_named(spelled, machine, audience)
    detection = detect_source(machine, audience)
    if detection.source is None:
        broken(f"no token source was found on this machine: {detection}", detection.remedy())
    return detection.source


def quoted(names: tuple[str, ...]) -> str:
    """Variables' names in a message."""
    return ", ".join(f"`{name}`" for name in names)
