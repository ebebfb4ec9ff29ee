"""Names of stacks and of what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bucketpass.errors import InvalidInput

__all__ = ["PROVIDER_PREFIX", "REFERENCE_TYPE", "STACK_TYPE", "StackName"]

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"
PROVIDER_PREFIX = "pulumi:providers:"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class StackName:
    """The name of a stack in its project."""

    project: str
    stack: str

    def __post_init__(self) -> None:
        # SECURITY: the names become the state's file name, so that `../..` in one of them would lead out of its folder.
        for kind, name in (("project", self.project), ("stack", self.stack)):
            if not _NAME.fullmatch(name):
                raise InvalidInput(f"got the {kind} `{name}`, expected 1 to 100 letters, digits, `-`, `_` and `.`, as Pulumi takes them")

    def other(self, name: str) -> StackName:
        """The stack that a program of this one means by `name`: `stack`, `project/stack` or `organization/project/stack`."""
        *_, project, stack = self.project, *name.split("/")
        return StackName(project, stack)

    @property
    def root(self) -> str:
        """The URN of the stack's own resource."""
        return self.urn("", STACK_TYPE, f"{self.project}-{self.stack}")

    def urn(self, parent: str, kind: str, name: str) -> str:
        """The URN that Pulumi gives to a resource: its place in the tree of components, its type, its name."""
        outer = parent.split("::", 3)[2] if parent else ""
        chain = f"{outer}${kind}" if outer and not outer.endswith(STACK_TYPE) else kind
        return f"urn:pulumi:{self.stack}::{self.project}::{chain}::{name}"
