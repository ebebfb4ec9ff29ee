"""Whom a policy names: AWS refuses to store one that names somebody unknown, or trusts all of a shared identity provider.

Source: IAM user guide, "AWS JSON policy elements: Principal" and "Identity-provider controls for shared OIDC providers" [A];
the errors' texts [K].
"""

from __future__ import annotations

import re

from bucketpass.aws.arn import Arn
from bucketpass.issuers.shared import demanded_scope
from bucketpass.policy.document import Effect, PolicyDocument, Statement
from bucketpass.policy.operators import Family, parse_operator
from bucketpass.sandbox.state import State

__all__ = ["unknown_principal", "unscoped_provider"]

_ACCOUNT = re.compile(r"\d{12}")


def unknown_principal(state: State, document: PolicyDocument) -> str | None:
    """The first principal of this account that is not there, None where all are."""
    for statement in document.statements:
        for element in (statement.principal, statement.not_principal):
            if element is None:
                continue
            for name in element.aws:
                if not _exists(state, name):
                    return name
            for name in element.federated:
                if name.startswith("arn:") and ":oidc-provider/" in name and state.provider(name) is None:
                    return name
    return None


def _exists(state: State, name: str) -> bool:
    if name == "*" or _ACCOUNT.fullmatch(name):
        return True
    arn = Arn.parse(name)
    if arn is None:
        return False
    # Another account's principals cannot be looked up here; a session's name is whatever it will be.
    if arn.account != state.account or arn.resource == "root" or arn.service == "sts":
        return True
    return arn.service == "iam" and state.has_identity(name)


def unscoped_provider(document: PolicyDocument) -> tuple[str, str] | None:
    """A shared provider that the document trusts as a whole and the condition key that AWS demands; None where there is none."""
    for statement in document.statements:
        for name in statement.principal.federated if statement.principal and statement.effect is Effect.ALLOW else ():
            provider = name.rpartition(":oidc-provider/")[2]
            key = demanded_scope(provider)
            if key is not None and not _has_scope(statement, provider, key):
                return provider, f"{provider}{key}" if key.startswith(":") else key
    return None


def _has_scope(statement: Statement, provider: str, key: str) -> bool:
    # GitHub's workflow is as good as its subject [L].
    keys = {f"{provider}{key}", f"{provider}:job_workflow_ref"} if key == ":sub" else {f"{provider}{key}" if key.startswith(":") else key}
    wanted = {name.lower() for name in keys}
    for condition in statement.conditions:
        operator = parse_operator(condition.operator)
        if operator is None or operator.base.negated or operator.if_exists or operator.base.family is not Family.STRING:
            continue
        # A value that is blank or starts with a wildcard scopes nothing [L].
        if condition.key.lower() in wanted and all(value.strip() and not value.startswith("*") for value in condition.values):
            return True
    return False
