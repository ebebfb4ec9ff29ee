"""What AWS stores as each kind of policy and what it refuses, as a table.

`parse_policy` reads any document that AWS takes somewhere; `check_policy` says whether it may stand in a certain place.
Sources: IAM and Organizations User Guides, Amazon S3 User Guide, AWS KMS Developer Guide [D]; messages of IAM's parser [L].
Operands, principals and the controls of shared identity providers have modules of their own.
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
from bucketpass.policy.document import Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.operands import unreadable_operands
from bucketpass.policy.principals import invalid_principals
from bucketpass.policy.provider_controls import missing_scopes
from bucketpass.policy.render import policy_json
from bucketpass.policy.size import policy_size

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


class ElementPresence(Enum):
    """Whether an element must or must not be there."""

    REQUIRED = "required"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a kind of policy holds. `limit` counts characters without white space, or bytes as stored."""

    principal: ElementPresence
    resource: ElementPresence
    limit: int
    limit_in_bytes: bool = False
    plain_sids: bool = True
    services: tuple[str, ...] = ()


_IDENTITY = (ElementPresence.FORBIDDEN, ElementPresence.REQUIRED)
_RESOURCE = (ElementPresence.REQUIRED, ElementPresence.REQUIRED)
_RULES = {
    PolicyKind.MANAGED: _Rule(*_IDENTITY, limit=MANAGED_POLICY_CHARACTERS),
    PolicyKind.INLINE: _Rule(*_IDENTITY, limit=ROLE_INLINE_POLICIES_CHARACTERS),
    PolicyKind.BOUNDARY: _Rule(*_IDENTITY, limit=MANAGED_POLICY_CHARACTERS),
    PolicyKind.SESSION: _Rule(*_IDENTITY, limit=SESSION_POLICY_CHARACTERS),
    PolicyKind.SCP: _Rule(*_IDENTITY, limit=ORGANIZATION_POLICY_CHARACTERS, plain_sids=False),
    PolicyKind.RCP: _Rule(*_RESOURCE, limit=ORGANIZATION_POLICY_CHARACTERS, plain_sids=False),
    PolicyKind.TRUST: _Rule(ElementPresence.REQUIRED, ElementPresence.FORBIDDEN, limit=TRUST_POLICY_CHARACTERS, services=("sts",)),
    PolicyKind.BUCKET: _Rule(*_RESOURCE, limit=BUCKET_POLICY_BYTES, limit_in_bytes=True, plain_sids=False, services=("s3",)),
    PolicyKind.KEY: _Rule(*_RESOURCE, limit=KEY_POLICY_BYTES, limit_in_bytes=True, plain_sids=False, services=("kms",)),
    PolicyKind.ENDPOINT: _Rule(*_RESOURCE, limit=ENDPOINT_POLICY_CHARACTERS, plain_sids=False),
}
_VERSION_WITH_VARIABLES = "2012-10-17"
# Services whose resources RCPs apply to (Organizations User Guide and AWS's announcements up to January 2026) [D].
_RCP_SERVICES = ("aoss", "cognito-identity", "cognito-idp", "ecr", "kms", "logs", "s3", "secretsmanager", "sqs", "sts")

# Element, message and remedy of something that AWS refuses.
_Fault = tuple[str, str, str]


def check_policy(document: PolicyDocument, kind: PolicyKind, *, any_size: bool = False) -> None:
    """AWS takes `document` as a policy of this kind. Raises `PolicyError` with everything that it would refuse.

    any_size: whatever the quota for it, as AWS's own managed policies are.
    """
    rule = _RULES[kind]
    found = [
        Diagnostic("policy", message, remedy, Place(path=f"/Statement/{index}{element}"))
        for index, statement in enumerate(document.statements)
        for element, message, remedy in (
            *_faults(statement, kind, rule),
            *_principal_faults(statement, kind),
            *_operand_faults(statement, kind, variables=document.version == _VERSION_WITH_VARIABLES),
        )
    ]
    text = policy_json(document)
    size, unit = (len(text.encode("utf-8", "surrogatepass")), "bytes") if rule.limit_in_bytes else (policy_size(document), "characters")
    if size > rule.limit and not any_size:
        found.append(
            Diagnostic("policy", f"{size} {unit}, AWS takes {rule.limit} for {kind.with_article}", "shorten or split it", Place(path="/"))
        )
    if found:
        raise PolicyError(diagnostics=tuple(found))


def _faults(statement: Statement, kind: PolicyKind, rule: _Rule) -> list[_Fault]:
    """Element, message and remedy of each thing that a statement must not be in a policy of this kind."""
    found = []
    elements = (
        ("Principal", rule.principal, statement.principal is not None or statement.not_principal is not None),
        ("Resource", rule.resource, statement.resources is not None or statement.not_resources is not None),
    )
    for name, presence, present in elements:
        if present is not (presence is ElementPresence.REQUIRED):
            verb = "has" if present else "has no"
            found.append((f"/{name}" if present else "", f"{kind.with_article} {verb} `{name}`", f"{'remove' if present else 'add'} it"))
    if rule.plain_sids and statement.sid is not None and not (statement.sid.isascii() and (statement.sid.isalnum() or not statement.sid)):
        found.append(("/Sid", f"Sid `{statement.sid}` has other characters than letters and digits", "IAM takes A-Z, a-z, 0-9"))
    for name, actions in (("Action", statement.actions), ("NotAction", statement.not_actions)):
        foreign = [action for action in actions or () if rule.services and not _is_action_of(action, rule.services)]
        remedy = f"{kind.with_article} has actions of its own service alone"
        found.extend((f"/{name}", f"`{action}` is not an action of {', '.join(rule.services)}", remedy) for action in foreign)
    if kind is PolicyKind.RCP:
        found.extend(_resource_control_faults(statement))
    return found


def _principal_faults(statement: Statement, kind: PolicyKind) -> list[_Fault]:
    found: list[_Fault] = []
    for name, element in (("Principal", statement.principal), ("NotPrincipal", statement.not_principal)):
        if element is not None and kind is not PolicyKind.RCP:
            for key, text in invalid_principals(element, of_bucket=kind is PolicyKind.BUCKET):
                message = f"`{text}` is not a principal that AWS takes in {kind.with_article}"
                found.append((f"/{name}/{key}", message, _PRINCIPAL_REMEDIES[key]))
    if kind is PolicyKind.TRUST:
        if statement.principal is not None and statement.principal.everyone:
            # Observed: `"Principal": "*"` is refused in a trust policy, {"AWS": "*"} is taken [L].
            found.append(("/Principal", "a trust policy takes no scalar `*`", 'name the provider: {"Federated": "<its ARN>"}'))
        if statement.not_principal is not None:
            found.append(("/NotPrincipal", "a trust policy has no `NotPrincipal`", "name who may assume the role in `Principal`"))
        for provider, key in missing_scopes(statement):
            message = f"`{provider}` serves many customers, and AWS refuses a trust in it without a scope on `{key}`"
            found.append(("/Condition", message, f"add StringEquals or StringLike on `{key}` with the values that are yours"))
    elif statement.not_principal is not None and statement.effect is Effect.ALLOW:
        found.append(("/NotPrincipal", "`NotPrincipal` in an Allow", "name in `Principal` who is allowed, or deny with `NotPrincipal`"))
    return found


_PRINCIPAL_REMEDIES = {
    "AWS": "write an account's 12 digits, or the ARN of a user, a role or an assumed role",
    "Federated": "write the ARN of an OIDC or SAML provider",
    "Service": "write a service principal such as logging.s3.amazonaws.com",
    "CanonicalUser": "write a canonical user ID of 64 hexadecimal digits, in a bucket policy",
}


def _operand_faults(statement: Statement, kind: PolicyKind, *, variables: bool) -> list[_Fault]:
    found: list[_Fault] = []
    for condition in statement.conditions:
        expected, unreadable = unreadable_operands(condition, variables=variables, in_session_policy=kind is PolicyKind.SESSION)
        place = f"/Condition/{condition.operator}/{condition.key.replace('~', '~0').replace('/', '~1')}"
        found.extend(
            (place, f"`{value}` is not {expected}", f"AWS stores no `{condition.operator}` of another form") for value in unreadable
        )
    return found


def _is_action_of(action: str, services: tuple[str, ...]) -> bool:
    return action in ("*", "*:*") or action.partition(":")[0].lower() in services


def _resource_control_faults(statement: Statement) -> list[_Fault]:
    found = []
    if statement.effect is Effect.ALLOW:
        found.append(("/Effect", "a resource control policy has no `Allow`", "deny what must not be; RCPFullAWSAccess allows the rest"))
    principal = statement.principal
    if principal is not None and not principal.everyone and principal != _EVERYONE_OF_AWS:
        remedy = "put principals on aws:PrincipalArn in a Condition"
        found.append(("/Principal", 'a resource control policy takes only `*` and {"AWS": "*"}', remedy))
    if statement.not_principal is not None:
        found.append(("/NotPrincipal", "a resource control policy has no `NotPrincipal`", "put principals on aws:PrincipalArn"))
    if statement.not_actions is not None:
        found.append(("/NotAction", "a resource control policy has no `NotAction`", "list the actions"))
    for action in statement.actions or ():
        if action in ("*", "*:*"):
            found.append(("/Action", "a resource control policy has no `*` for all actions", "write the service, such as `s3:*`"))
        elif not _is_action_of(action, _RCP_SERVICES):
            found.append(
                ("/Action", f"`{action}` is of a service without resource control policies", f"AWS has {', '.join(_RCP_SERVICES)}")
            )
    return found


_EVERYONE_OF_AWS = PrincipalElement(aws=("*",))
