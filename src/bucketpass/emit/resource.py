"""One resource of a blueprint: its kind, its arguments, and what holds of it in every output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Argument", "Arguments", "BlueprintResource", "Key", "Of", "SharedPolicy"]


@dataclass(frozen=True, slots=True)
class Of:
    """An output of another resource: `Of("iam.Role", "trainer", "name")`."""

    kind: str
    name: str
    output: str


Key = tuple[str, str]
Argument = str | int | bool | None | Of | tuple["Argument", ...] | Mapping[str, "Argument"]
Arguments = dict[str, Argument]


@dataclass(frozen=True, slots=True)
class SharedPolicy:
    """A policy that is merged with what others wrote. Both are JSON.

    added: the statements to add, as a policy. existing: what the declaration says that the policy is without them; None: it does not.
    """

    added: str
    existing: str | None


@dataclass(frozen=True, slots=True)
class BlueprintResource:
    """One resource to make.

    kind: its class in pulumi-aws. arguments: text may hold placeholders of keys, which are replaced by the keys' ARNs.
    after: resources that it needs without naming them in an argument.
    deleted_with: the resource whose deletion deletes this one too.
    kept: whether it holds data, or guards data, and must not be deleted with the stack.
    adopted: whether it is set on what others own: merged with what they have there, and retained where nothing can take back ours alone.
    shared: for such a policy, what an output that can merge needs in place of `arguments["policy"]`.
    fixed: arguments that a resource keeps as it was made with: it would have to be replaced to change them, and nothing goes by them.
    arn: what documents call it by, if that is known before it is made.
    """

    kind: str
    name: str
    arguments: Mapping[str, Argument]
    after: tuple[tuple[str, str], ...] = ()
    deleted_with: tuple[str, str] | None = None
    kept: bool = False
    adopted: bool = False
    shared: SharedPolicy | None = None
    fixed: tuple[str, ...] = ()
    arn: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it within the plan."""
        return self.kind, self.name
