"""What a service's role has besides its grants and its identities: policies and trust statements that are declared as they are."""

from __future__ import annotations

from bucketpass.compile.names import Names
from bucketpass.compile.plan import Origin, Target, TracedDocument, TracedStatement
from bucketpass.model.service_rules import statement_document
from bucketpass.policy import Condition, Effect, PrincipalElement, Statement, parse_policy

__all__ = ["SSO", "attached_policies", "further_documents", "further_trust", "trusted_by"]

SSO = "sso:"
# Services that set session tags: EKS Pod Identity names the cluster, the namespace and the service account in them [A].
TAGGING = frozenset({"pods.eks.amazonaws.com"})


def attached_policies(service: str, names: Names) -> tuple[str, ...]:
    """Return the ARNs of the managed policies that are attached as they are."""
    return tuple(dict.fromkeys(text for text in names.access.services[service].policies if text.startswith("arn:")))


def further_documents(service: str, names: Names) -> tuple[TracedDocument, ...]:
    """Return the declared documents, each an inline policy of the role."""
    return tuple(
        _traced(parse_policy(text).statements, f"services.{service}.policies[{index}]", f"{service} has a further policy")
        for index, text in enumerate(names.access.services[service].policies)
        if not text.startswith("arn:")
    )


def further_trust(service: str, names: Names) -> tuple[TracedStatement, ...]:
    """Return the trust statements that let others than tokens assume the role."""
    said = ((index, text, f"{service} trusts {_who(text)}") for index, text in enumerate(names.access.services[service].trust))
    return tuple(
        traced
        for index, text, words in said
        for traced in _traced(trusted_by(text, names.target), f"services.{service}.trust[{index}]", words).statements
    )


def _traced(statements: tuple[Statement, ...], path: str, words: str) -> TracedDocument:
    return TracedDocument(tuple(TracedStatement(statement, (Origin(path, words),)) for statement in statements))


def _who(text: str) -> str:
    return "the principal of a statement" if text.startswith("{") else text


def trusted_by(text: str, target: Target) -> tuple[Statement, ...]:
    """Return the statements that an entry of `trust` becomes."""
    if text.startswith("{"):
        return statement_document(text).statements
    if text.startswith(SSO):
        return (_sso(text.removeprefix(SSO), target),)
    if text.startswith("arn:"):
        return (_allow(PrincipalElement(aws=(text,))),)
    # SECURITY: without the account a service could be made to act for somebody else's resource (the confused deputy).
    of_account = (Condition("StringEquals", "aws:SourceAccount", (target.account,)),)
    return (_allow(PrincipalElement(service=(text,)), of_account, *(("sts:TagSession",) if text in TAGGING else ())),)


def _sso(permission_set: str, target: Target) -> Statement:
    """The roles of a permission set of IAM Identity Center, whose names end in what nobody knows in advance [A]."""
    account = f"arn:{target.partition}:iam::{target.account}"
    pattern = f"{account}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_{permission_set}_*"
    return _allow(PrincipalElement(aws=(f"{account}:root",)), (Condition("ArnLike", "aws:PrincipalArn", (pattern,)),))


def _allow(principal: PrincipalElement, conditions: tuple[Condition, ...] = (), *further: str) -> Statement:
    return Statement(Effect.ALLOW, actions=("sts:AssumeRole", *further), principal=principal, conditions=conditions)
