"""The principals of a stored policy: a role or user of the sandbox is stored as its unique ID, and shown as its ARN while it exists.

So a role that is deleted and made anew under its old name is another principal, as on AWS: the policy then shows AROA... or
AIDA..., and lets nobody in by it. AWS refuses to store a policy that names a role or user that does not exist; an identity
provider need not exist [L].

Source: IAM User Guide, "AWS JSON policy elements: Principal" [A].
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from bucketpass.aws.arn import Arn
from bucketpass.policy.document import PolicyDocument
from bucketpass.sandbox.state import State

__all__ = ["bind_principals", "show_principals", "unknown_principal"]

_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIQUE_ID = re.compile(r"A(?:RO|ID)A[A-Z0-9]+")
_ELEMENTS = ("Principal", "NotPrincipal")


def unknown_principal(state: State, document: PolicyDocument) -> str | None:
    """Return the first principal of an account of the sandbox that does not exist, None where all do."""
    for statement in document.statements:
        for element in (statement.principal, statement.not_principal):
            for name in element.aws if element is not None else ():
                if not _exists(state, name):
                    return name
    return None


def _exists(state: State, name: str) -> bool:
    if name == "*" or _ACCOUNT.fullmatch(name):
        return True
    if _UNIQUE_ID.fullmatch(name):
        return _arn_of(state, name) is not None
    arn = Arn.parse(name)
    if arn is None:
        return False
    # The principals of an account that the sandbox has not cannot be looked up; a session's name is whatever it will be.
    if state.known(arn.account) is None or arn.resource == "root" or arn.service == "sts":
        return True
    return arn.service == "iam" and _unique_id(state, name) is not None


def _unique_id(state: State, arn: str) -> str | None:
    parts = Arn.parse(arn)
    owner = state.known(parts.account) if parts is not None else None
    return owner.unique_id(arn) if owner is not None else None


def _arn_of(state: State, unique_id: str) -> str | None:
    return next((arn for account in state.accounts if (arn := account.arn_of(unique_id)) is not None), None)


def bind_principals(state: State, text: str) -> str:
    """Return the policy as it is stored: roles and users by their unique IDs."""
    return _with_names(text, lambda name: _unique_id(state, name))


def show_principals(state: State, text: str) -> str:
    """Return the policy as it is shown: an ARN for each unique ID whose role or user exists."""
    return _with_names(text, lambda name: _arn_of(state, name) if _UNIQUE_ID.fullmatch(name) else None)


def _with_names(text: str, other: Callable[[str], str | None]) -> str:
    """The policy with other names for some of its AWS principals; the text itself where none has another."""
    document = json.loads(text)
    statements = document.get("Statement", ())
    changed = False
    for statement in statements if isinstance(statements, list) else (statements,):
        for element in _ELEMENTS:
            kinds = statement.get(element)
            if not isinstance(kinds, dict) or "AWS" not in kinds:
                continue
            written = kinds["AWS"]
            names = [other(name) or name for name in (written if isinstance(written, list) else [written])]
            if names != (written if isinstance(written, list) else [written]):
                kinds["AWS"] = names if isinstance(written, list) else names[0]
                changed = True
    return json.dumps(document, separators=(",", ":")) if changed else text
