"""What a stack adds to buckets and keys that others own: marked as its own, and checked against what is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bucketpass.aws.arn import Arn
from bucketpass.aws.quotas import BUCKET_POLICY_BYTES, KEY_POLICY_BYTES
from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, decide
from bucketpass.errors import ProvisionError, QuotaError
from bucketpass.findings.text import counted
from bucketpass.policy import Effect, PolicyDocument, parse_policy
from bucketpass.policy.shared import differences, mark_statements, merge, others
from bucketpass.requests.callers import role_session
from bucketpass.requests.context import authorization_request

__all__ = ["denied_by_others", "marked_rules", "merged_key_policy", "merged_policy"]

PRINCIPAL = "aws:principalarn"


def marked_rules(bucket: str, rules: Sequence[Mapping[str, Any]], mark: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return lifecycle rules with the stack's mark, and a warning for each that deletes what others have in the bucket."""
    warnings = [
        f"bucket `{bucket}` is adopted: the rule `{rule['id']}` deletes what others have in it, too"
        for rule in rules
        if {"expiration", "noncurrent_version_expiration"} & rule.keys()
    ]
    return [{**rule, "id": f"{mark}{rule['id']}"} for rule in rules], warnings


def merged_policy(bucket: str, live: str | None, existing: str | None, mark: str) -> tuple[Callable[[str], str], str]:
    """Return what makes the bucket's whole policy of the statements to add, and a sentence on what stays.

    live: the policy that the bucket has. existing: what the declaration says that it has; None if it does not say it.
    Raises `ProvisionError` with the difference if the live policy is not as declared.
    """
    kept = others(live, mark)
    if existing is not None:
        missing, strange = differences(others(existing, mark), kept)
        if missing or strange:
            shown = [*(f"not in the live policy: {text}" for text in missing), *(f"not in the declaration: {text}" for text in strange)]
            raise ProvisionError(
                f"the live policy of bucket `{bucket}` is not what `policy` declares: {'; '.join(shown)}",
                remedy="declare what is there, or leave `policy` out to merge with whatever is there",
            )
    names = ", ".join(str(statement.get("Sid") or "(no Sid)") for statement in kept)
    return _whole(f"bucket `{bucket}`", live, mark, BUCKET_POLICY_BYTES), (
        f"bucket `{bucket}` is adopted: {counted(len(kept), 'statement')} of others in its policy "
        f"{'stays as it is' if len(kept) == 1 else 'stay as they are'}{f' ({names})' if names else ''}; "
        f"statements of this stack have a Sid that begins with `{mark}`, and `bucketpass down --statements {bucket}` removes them alone"
    )


def denied_by_others(bucket: str, live: str | None, added: str, mark: str) -> list[str]:
    """Return a sentence for each statement of others in the live policy that denies what a statement of `added` allows a role.

    Only statements that go by nothing but the principal are decided: whether the others apply depends on the request.
    """
    foreign = others(live, mark)
    statements = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": foreign})).statements if foreign else ()
    denies = [
        statement
        for statement in statements
        if statement.effect is Effect.DENY and {condition.key.lower() for condition in statement.conditions} <= {PRINCIPAL}
    ]
    requests = list(_granted(added)) if denies else []
    found: dict[str, set[str]] = {}
    for deny in denies:
        policies = PolicySet(resource=(NamedPolicy("", PolicyDocument((deny,))),))
        for request in requests:
            if decide(request, policies).explicit_deny:
                found.setdefault(deny.sid or "(no Sid)", set()).add(request.principal.arn)
    return [
        f"bucket `{bucket}` is adopted: statement `{sid}` of others denies {', '.join(sorted(roles))} what is granted: "
        "its owner has to except the role there"
        for sid, roles in found.items()
    ]


def _granted(added: str) -> Iterator[AuthorizationRequest]:
    """One request for each role, action and resource that the statements to add allow; a prefix stands for an object in it."""
    for statement in parse_policy(added).statements:
        if statement.effect is Effect.ALLOW and statement.principal is not None:
            for role in filter(Arn.parse, statement.principal.aws):
                caller = role_session(role, "bucketpass")
                for action in statement.actions or ():
                    for resource in statement.resources or ():
                        yield authorization_request(caller, action, resource.replace("*", "x"))


def merged_key_policy(key: str, live: str | None, mark: str) -> tuple[Callable[[str], str], str]:
    """Return what makes the key's whole policy of the statements to add, and a sentence on what stays.

    live: the policy that the key has; None where the engine merges with it.
    """
    return _whole(f"key `{key}`", live, mark, KEY_POLICY_BYTES), (
        f"key `{key}` is adopted: the statements of others in its policy stay as they are; "
        f"those of this stack have a Sid that begins with `{mark}`, and `bucketpass down --statements {key}` removes them alone"
    )


def _whole(owner: str, live: str | None, mark: str, most: int) -> Callable[[str], str]:
    def whole(added: str) -> str:
        merged = merge(live, mark_statements(added, mark), mark)
        size = len(merged.encode())
        if size > most:
            raise QuotaError(
                f"the policy of {owner} would have {size} bytes with what others wrote, AWS takes {most}",
                remedy="remove statements that are no longer needed, or give the services access points",
            )
        return merged

    return whole
