"""Whom a policy names: AWS refuses to store one that names a role or a user that does not exist.

An identity provider need not exist [L]. Source: IAM User Guide, "AWS JSON policy elements: Principal" [A].
"""

from __future__ import annotations

import re

from bucketpass.aws.arn import Arn
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.state import State

__all__ = ["unknown_principal"]

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
