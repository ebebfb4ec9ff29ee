"""What each kind of policy must and must not hold, as a table.

`parse_policy` reads any document that AWS takes somewhere; `check_policy` says whether it may stand in a certain place.
Sources: IAM and Organizations User Guides, Amazon S3 User Guide, AWS KMS Developer Guide [D]; messages of IAM's parser [L].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bucketpass.aws.quotas import (
    BUCKET_POLICY_BYTES,
    ENDPOINT_POLICY_CHARACTERS,
    KEY_POLICY_BYTES,
    MANAGED_POLICY_CHARACTERS,
    ORGANIZATION_POLICY_CHARACTERS,
    ROLE_INLINE_POLICIES_CHARACTERS,
    SESSION_POLICY_CHARACTERS,
    TRUST_POLICY_CHARACTERS,
)
from bucketpass.errors import Diagnostic, Place, PolicyError
from bucketpass.policy.document import PolicyDocument, Statement
from bucketpass.policy.render import policy_json, policy_size

__all__ = ["PolicyKind", "check_policy"]


class PolicyKind(Enum):
    """Where a policy stands. The value is what messages call it."""

    MANAGED = "managed policy"
    INLINE = "inline policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    TRUST = "trust policy"
    BUCKET = "bucket policy"
    KEY = "key policy"
    ENDPOINT = "endpoint policy"
    SCP = "service control policy"
    RCP = "resource control policy"

    @property
    def with_article(self) -> str:
        """What messages call one of them."""
        return f"{'an' if self.value[0] in 'aeio' else 'a'} {self.value}"


class Presence(Enum):
    """Whether an element must or must not be there."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a kind of policy holds. `limit` counts characters without white space, or bytes as stored."""

    principal: Presence
    resource: Presence
    limit: int
    limit_in_bytes: bool = False
    latin_1: bool = True
    plain_sids: bool = True
    services: tuple[str, ...] = ()


_IDENTITY = (Presence.FORBIDDEN, Presence.REQUIRED)
_RESOURCE = (Presence.REQUIRED, Presence.REQUIRED)
_RULES = {
    PolicyKind.MANAGED: _Rule(*_IDENTITY, limit=MANAGED_POLICY_CHARACTERS),
    PolicyKind.INLINE: _Rule(*_IDENTITY, limit=ROLE_INLINE_POLICIES_CHARACTERS),
    PolicyKind.BOUNDARY: _Rule(*_IDENTITY, limit=MANAGED_POLICY_CHARACTERS),
    PolicyKind.SESSION: _Rule(*_IDENTITY, limit=SESSION_POLICY_CHARACTERS),
    PolicyKind.SCP: _Rule(*_IDENTITY, limit=ORGANIZATION_POLICY_CHARACTERS, latin_1=False, plain_sids=False),
    PolicyKind.RCP: _Rule(*_RESOURCE, limit=ORGANIZATION_POLICY_CHARACTERS, latin_1=False, plain_sids=False),
    PolicyKind.TRUST: _Rule(Presence.REQUIRED, Presence.FORBIDDEN, limit=TRUST_POLICY_CHARACTERS, services=("sts",)),
    PolicyKind.BUCKET: _Rule(*_RESOURCE, limit=BUCKET_POLICY_BYTES, limit_in_bytes=True, latin_1=False, plain_sids=False, services=("s3",)),
    PolicyKind.KEY: _Rule(*_RESOURCE, limit=KEY_POLICY_BYTES, limit_in_bytes=True, plain_sids=False, services=("kms",)),
    PolicyKind.ENDPOINT: _Rule(*_RESOURCE, limit=ENDPOINT_POLICY_CHARACTERS, latin_1=False, plain_sids=False),
}
_LATIN_1_CONTROLS = frozenset("\t\n\r")


def check_policy(document: PolicyDocument, kind: PolicyKind) -> None:
    """AWS takes `document` as a policy of this kind. Raises `PolicyError` with everything that it would refuse."""
    rule = _RULES[kind]
    found = [
        Diagnostic("policy", message, remedy, Place(path=f"/Statement/{index}{element}"))
        for index, statement in enumerate(document.statements)
        for element, message, remedy in _faults(statement, kind, rule)
    ]
    text = policy_json(document)
    size, unit = (len(text.encode("utf-8", "surrogatepass")), "bytes") if rule.limit_in_bytes else (policy_size(document), "characters")
    if size > rule.limit:
        found.append(
            Diagnostic("policy", f"{size} {unit}, AWS takes {rule.limit} for {kind.with_article}", "shorten or split it", Place(path="/"))
        )
    if rule.latin_1:
        odd = next((char for char in text if char > "\u00ff" or (char < " " and char not in _LATIN_1_CONTROLS)), None)
        if odd is not None:
            message = f"character U+{ord(odd):04X} cannot stand in {kind.with_article}"
            found.append(Diagnostic("policy", message, "IAM takes U+0020 to U+00FF; put `*` in its place", Place(path="/")))
    if found:
        raise PolicyError(diagnostics=tuple(found))


def _faults(statement: Statement, kind: PolicyKind, rule: _Rule) -> list[tuple[str, str, str]]:
    """Element, message and remedy of each thing that a statement must not be in a policy of this kind."""
    found = []
    elements = (
        ("Principal", rule.principal, statement.principal is not None or statement.not_principal is not None),
        ("Resource", rule.resource, statement.resources is not None or statement.not_resources is not None),
    )
    for name, presence, present in elements:
        if present is not (presence is Presence.REQUIRED):
            verb = "has" if present else "has no"
            found.append((f"/{name}" if present else "", f"{kind.with_article} {verb} `{name}`", f"{'remove' if present else 'add'} it"))
    if rule.plain_sids and statement.sid is not None and not (statement.sid.isascii() and (statement.sid.isalnum() or not statement.sid)):
        found.append(("/Sid", f"Sid `{statement.sid}` has other characters than letters and digits", "IAM takes A-Z, a-z, 0-9"))
    for name, actions in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        foreign = [action for action in actions or () if rule.services and not _speaks_of(action, rule.services)]
        remedy = f"{kind.with_article} speaks of its own service"
        found.extend((f"/{name}", f"`{action}` is no action of {', '.join(rule.services)}", remedy) for action in foreign)
    if kind is PolicyKind.TRUST and statement.principal is not None and statement.principal.everyone:
        # Observed: `"Principal": "*"` is refused in a trust policy, {"AWS": "*"} is taken [L].
        found.append(("/Principal", "a trust policy takes no scalar `*`", 'name the provider: {"Federated": "<its ARN>"}'))
    if kind is PolicyKind.TRUST and statement.not_principal is not None:
        found.append(("/NotPrincipal", "a trust policy has no `NotPrincipal`", "name who may assume the role in `Principal`"))
    if kind is PolicyKind.RCP:
        found.extend(_resource_control_faults(statement))
    return found


def _speaks_of(action: str, services: tuple[str, ...]) -> bool:
    return action in ("*", "*:*") or action.partition(":")[0].lower() in services


def _resource_control_faults(statement: Statement) -> list[tuple[str, str, str]]:
    found = []
    if statement.principal is not None and not statement.principal.everyone:
        found.append(
            ("/Principal", "a resource control policy takes only the scalar `*`", "put principals on aws:PrincipalArn in a Condition")
        )
    if statement.not_principal is not None:
        found.append(("/NotPrincipal", "a resource control policy has no `NotPrincipal`", "put principals on aws:PrincipalArn"))
    if statement.not_actions is not None:
        found.append(("/NotAction", "a resource control policy has no `NotAction`", "list the actions"))
    return found
