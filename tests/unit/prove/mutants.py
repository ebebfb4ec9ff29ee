"""Single faults in deployed documents: each one a slip that people make, and that a prover has to find."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from bucketpass.decide import NamedPolicy
from bucketpass.deployment.resources import Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement

T = TypeVar("T")

SWAPS = {
    "StringEquals": ("StringNotEquals", "StringEqualsIfExists", "StringEqualsIgnoreCase"),
    "StringLike": ("StringNotLike", "StringLikeIfExists"),
    "StringNotEquals": ("StringEquals",),
    "StringNotLike": ("StringLike",),
    "Bool": ("Null",),
    "Null": ("Bool",),
    "NumericLessThan": ("NumericGreaterThan", "NumericLessThanEquals"),
    "ArnNotLikeIfExists": ("ArnLike",),
    "IpAddress": ("NotIpAddress",),
    "DateLessThan": ("DateGreaterThan",),
    "ForAllValues:StringEquals": ("ForAnyValue:StringEquals", "StringEquals"),
}


def widened(pattern: str) -> Iterator[str]:
    """The pattern with its last letters gone, and with what stands before its star gone."""
    if pattern.endswith("/*"):
        yield pattern[:-2] + "*"
        yield pattern[:-2].rpartition("/")[0] + "/*"
    elif not pattern.endswith("*"):
        yield pattern + "*"


def statements(statement: Statement) -> Iterator[tuple[str, Statement | None]]:
    """The statement with one fault, or gone."""
    yield "gone", None
    yield "other effect", replace(statement, effect=Effect.ALLOW if statement.effect is Effect.DENY else Effect.DENY)
    for index, line in enumerate(statement.conditions):
        before, after = statement.conditions[:index], statement.conditions[index + 1 :]
        for fault, mutant in conditions(line):
            kept = (mutant,) if mutant is not None else ()
            yield f"{fault} in {line.operator} {line.key}", replace(statement, conditions=(*before, *kept, *after))
    for fault, actions in lists(statement.actions or (), lambda action: [action.partition(":")[0] + ":*"]):
        yield fault, replace(statement, actions=actions)
    for fault, resources in lists(statement.resources or (), lambda resource: [*widened(resource), "*"]):
        yield fault, replace(statement, resources=resources)
    if statement.principal is not None and statement.effect is Effect.ALLOW:
        yield "everyone", replace(statement, principal=PrincipalElement(everyone=True))
        yield "everyone in AWS", replace(statement, principal=PrincipalElement(aws=("*",)))


def conditions(line: Condition) -> Iterator[tuple[str, Condition | None]]:
    """The condition with one fault, or gone."""
    yield "gone", None
    for operator in SWAPS.get(line.operator, ()):
        yield operator, replace(line, operator=operator)
    if line.operator.startswith(("String", "Arn")):
        operator = line.operator.replace("Equals", "Like")
        for fault, values in lists(line.values, lambda value: [*widened(value), "*"]):
            yield fault, replace(line, operator=operator, values=values)
    if not line.key.startswith(("aws:", "s3:", "kms:", "sts:")):
        yield "scheme", replace(line, key=f"https://{line.key}")


def lists(items: tuple[str, ...], wider: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The list without one of its items, or with a wider one in its place."""
    for index, item in enumerate(items):
        rest = items[:index] + items[index + 1 :]
        if rest:
            yield f"without {item}", rest
        for other in dict.fromkeys(wider(item)):
            if other != item:
                yield f"{other} for {item}", (*rest, other)


def documents(document: PolicyDocument) -> Iterator[tuple[str, PolicyDocument]]:
    for index, statement in enumerate(document.statements):
        for fault, mutant in statements(statement):
            kept = [*document.statements[:index], *([mutant] if mutant is not None else []), *document.statements[index + 1 :]]
            yield f"statement {index} ({statement.sid or 'no sid'}): {fault}", replace(document, statements=tuple(kept))


def policies(policy: NamedPolicy) -> Iterator[tuple[str, NamedPolicy]]:
    for fault, document in documents(policy.document):
        yield f"{policy.name}, {fault}", replace(policy, document=document)


def deployments(deployment: Deployment) -> Iterator[tuple[str, Deployment]]:
    """The deployment with one fault in one of its documents."""
    for index, role in enumerate(deployment.roles):
        for fault, trust in policies(role.trust):
            yield fault, replace(deployment, roles=_with(deployment.roles, index, replace(role, trust=trust)))
        for number, policy in enumerate(role.policies):
            for fault, mutant in policies(policy):
                changed = replace(role, policies=_with(role.policies, number, mutant))
                yield fault, replace(deployment, roles=_with(deployment.roles, index, changed))
    for index, bucket in enumerate(deployment.buckets):
        if bucket.policy is not None:
            for fault, mutant in policies(bucket.policy):
                yield fault, replace(deployment, buckets=_with(deployment.buckets, index, replace(bucket, policy=mutant)))


def _with(items: tuple[T, ...], index: int, item: T) -> tuple[T, ...]:
    return (*items[:index], item, *items[index + 1 :])
