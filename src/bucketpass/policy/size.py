"""How large documents are for AWS, counted without writing them: there are thousands of them, far from any limit."""

from __future__ import annotations

from bucketpass.policy.document import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.policy.render import policy_json

__all__ = ["policy_bytes", "policy_size"]

SPACES = " \t\r\n"


def policy_size(document: PolicyDocument) -> int:
    """Return how many characters AWS counts against its quotas: all but white space (IAM User Guide, "IAM and AWS STS quotas")."""
    texts, around = _parts(document)
    if _plain(texts):
        return around + len(texts) - texts.count(" ")
    text = policy_json(document)
    return len(text) - sum(text.count(space) for space in SPACES)


def policy_bytes(document: PolicyDocument) -> int:
    """Return how many bytes the document's JSON has."""
    texts, around = _parts(document)
    return around + len(texts) if _plain(texts) else len(policy_json(document).encode())


def _plain(text: str) -> bool:
    """True of characters that JSON writes as they are."""
    return text.isascii() and text.isprintable() and '"' not in text and "\\" not in text


def _parts(document: PolicyDocument) -> tuple[str, int]:
    """All text of the document together, and the number of characters that JSON writes around it.

    Where one operator stands with one key twice, which JSON cannot hold, the text is not plain.
    """
    # A text has two quotes, a list brackets and commas, a name quotes and a colon, and each member but the first a comma.
    texts: list[str] = [document.id or "", document.version or ""]
    around = len('{"Statement":[]}') + (8 if document.id is not None else 0) + (13 if document.version is not None else 0)
    for statement in document.statements:
        around += _statement(statement, texts) + 1
    return "".join(texts), around - bool(document.statements)


def _statement(statement: Statement, texts: list[str]) -> int:
    """Add the statement's texts; return what is around them."""
    around = 18 if statement.effect is Effect.ALLOW else 17  # {"Effect":"Allow"}
    if statement.sid is not None:
        texts.append(statement.sid)
        around += 9
    for name, values in (
        (10, statement.actions),
        (13, statement.not_actions),
        (12, statement.resources),
        (15, statement.not_resources),
    ):
        if values is not None:
            texts += values
            around += name + (3 * len(values) + 1 if values else 2)
    if statement.principal is not None:
        around += 13 + _principal(statement.principal, texts)
    if statement.not_principal is not None:
        around += 16 + _principal(statement.not_principal, texts)
    return around + _conditions(statement.conditions, texts) if statement.conditions else around


def _principal(element: PrincipalElement, texts: list[str]) -> int:
    if element.everyone:
        return 3
    around = 2
    for name, values in ((7, element.aws), (13, element.federated), (11, element.service), (17, element.canonical_user)):
        if values:
            texts += values
            around += name + 3 * len(values) + 1
    return around - (around > 2)


def _conditions(conditions: tuple[Condition, ...], texts: list[str]) -> int:
    around = 15  # ,"Condition":{}
    seen: set[tuple[str, str]] = set()
    operators: set[str] = set()
    for condition in conditions:
        if condition.operator not in operators:
            operators.add(condition.operator)
            texts.append(condition.operator)
            around += 5 + bool(seen)  # "":{}
        else:
            around += 1
        if (condition.operator, condition.key) in seen:
            texts.append('"')
        seen.add((condition.operator, condition.key))
        texts.append(condition.key)
        texts += condition.values
        around += 3 + (3 * len(condition.values) + 1 if condition.values else 2)
    return around
