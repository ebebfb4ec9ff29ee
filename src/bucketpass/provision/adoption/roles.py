"""From a role to a service of the declaration: the identities that it trusts, its grants, and the policies that it has besides."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bucketpass.compile import Target
from bucketpass.compile.further import SSO, trusted_by
from bucketpass.errors import PolicyError
from bucketpass.model import Grant
from bucketpass.model.own_folder import own_tags
from bucketpass.model.service_rules import policy_mistakes, trust_mistakes
from bucketpass.policy import Effect, PolicyDocument, Statement, parse_policy, policy_json
from bucketpass.provision.adoption.found import FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.grants import grants
from bucketpass.provision.adoption.remark import Remark
from bucketpass.provision.adoption.trusts import FoundIdentity, identities

__all__ = ["FoundService", "read_role", "statements_of"]


@dataclass(frozen=True, slots=True)
class FoundService:
    """A role as a service, before its issuers have names."""

    role: FoundRole
    identities: Sequence[FoundIdentity]
    grants: Sequence[Grant]
    trust: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()


def read_role(role: FoundRole, providers: Mapping[str, FoundProvider], target: Target) -> tuple[FoundService | None, list[Remark]]:
    """The role as a service, and what of it is not in there."""
    place = f"role {role.name}"
    trust, remarks = statements_of(f"{place}, trust", role.trust)
    found, notes = identities(f"{place}, trust", trust, providers)
    texts = (_statement_text(statement, target) for statement in trust)
    further = {number: text for number, text in enumerate(texts) if text is not None}
    kept_places = {f"{place}, trust, statement {number}" for number in further}
    remarks += (note for note in notes if note.place not in kept_places)
    allowed: list[Grant] = []
    policies: list[str] = []
    for policy in role.policies:
        name = f"{place}, policy {policy.name}"
        statements, notes = statements_of(name, policy.document)
        granted, further_notes = grants(name, statements)
        text = "" if granted else _further_policy(policy, role)
        policies += [text] if text else []
        remarks += () if text else (*notes, *further_notes)
        allowed += [grant for grant in granted if grant not in allowed]
    found, allowed, notes = _by_tags(place, found, allowed)
    remarks += notes
    if not found:
        return None, [*remarks, Remark(place, "none of the principals that it trusts can be declared; the role is left out")]
    if len({(frozenset(identity.tags), identity.source) for identity in found}) > 1:
        words = "not all that it trusts may set the same session tags and source identity; only what all may set is declared"
        remarks.append(Remark(place, words))
    return FoundService(role, found, allowed, tuple(further.values()), tuple(policies)), remarks


def _by_tags(place: str, found: Sequence[FoundIdentity], allowed: Sequence[Grant]) -> tuple[list[FoundIdentity], list[Grant], list[Remark]]:
    """The identities and grants without those that would let more in, or set more tags, than the trust has it.

    SECURITY: a grant that goes by a tag lets tokens set it, and fences it in; nothing else does either.
    """
    settable = set.intersection(*(set(identity.tags) for identity in found)) if found else set()
    kept = [grant for grant in allowed if settable.issuperset(own_tags(grant.per))]
    owners = {tag for grant in kept for tag in own_tags(grant.per)}
    alike = [identity for identity in found if identity.fenced <= owners]
    notes = []
    if len(kept) < len(allowed):
        notes.append(Remark(place, "it goes by session tags that not all it trusts may set; those grants are left out"))
    if len(alike) < len(found):
        notes.append(Remark(f"{place}, trust", "it demands session tags that no grant goes by; those identities are left out"))
    return alike, kept, notes


def _further_policy(policy: FoundPolicy, role: FoundRole) -> str:
    """A policy without grants, as `policies` has it; nothing if it is one of those that grants become, or cannot be declared."""
    own = re.fullmatch(rf"{re.escape(role.name)}(\.[0-9]+)?", policy.name)
    text = policy.document if policy.arn is None else policy.arn
    return "" if own or any(policy_mistakes("policies", text)) else text


def _statement_text(statement: Statement, target: Target) -> str | None:
    """A statement that lets others than tokens assume the role, as `trust` has it; None if it cannot be declared."""
    if statement.effect is not Effect.ALLOW or statement.principal is None or statement.principal.federated:
        return None
    named = next((word for word in _principals(statement) if trusted_by(word, target) == (replace(statement, sid=None),)), None)
    if named is not None:
        return named
    text = policy_json(PolicyDocument((statement,)))
    written = json.dumps(json.loads(text)["Statement"][0])
    return None if any(trust_mistakes("trust", written)) else written


def _principals(statement: Statement) -> Iterator[str]:
    """What a statement may be called in `trust`, as far as its principal and its conditions say."""
    if statement.principal is not None:
        yield from (*statement.principal.aws, *statement.principal.service)
    for condition in statement.conditions:
        yield from (f"{SSO}{value.partition('AWSReservedSSO_')[2].removesuffix('_*')}" for value in condition.values)


def statements_of(place: str, document: str) -> tuple[Sequence[Statement], list[Remark]]:
    """Return the statements of a document, or why there are none."""
    try:
        return parse_policy(document).statements, []
    except PolicyError as error:
        return (), [Remark(place, f"it cannot be read ({error}); it is left out")]
