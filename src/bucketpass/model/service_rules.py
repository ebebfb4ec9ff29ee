"""What is wrong with a service's further policies and trust statements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bucketpass.errors import Diagnostic, PolicyError
from bucketpass.model.access import Service
from bucketpass.model.mistake import mistake
from bucketpass.policy import Effect, PolicyDocument, PolicyKind, check_policy, parse_policy

__all__ = ["policy_mistakes", "policy_text_mistakes", "service_mistakes", "statement_document", "trust_mistakes"]

MANAGED_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[\w+=,.@/-]+", re.ASCII)
PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[\w+=,.@/-]+)", re.ASCII)
OLD_VERSION_REMEDY = 'write `"Version": "2012-10-17"`, and `${$}` for a `$` that starts no variable'


def service_mistakes(path: str, service: Service) -> Iterator[Diagnostic]:
    """Yield what is wrong with `policies` and `trust`."""
    for index, text in enumerate(service.policies):
        yield from policy_mistakes(f"{path}.policies[{index}]", text)
    for index, text in enumerate(service.trust):
        yield from trust_mistakes(f"{path}.trust[{index}]", text)


def statement_document(text: str) -> PolicyDocument:
    """Return the trust policy of one statement. Raises `PolicyError` for what is not one, `ValueError` for what is not JSON."""
    return parse_policy({"Version": "2012-10-17", "Statement": [json.loads(text)]})


def policy_text_mistakes(path: str, text: str, kind: PolicyKind | None = None) -> Iterator[Diagnostic]:
    """Yield what is wrong with a policy's JSON; with a kind, also what AWS refuses in a policy of that kind."""
    try:
        document = parse_policy(text)
        if kind is not None:
            check_policy(document, kind)
    except PolicyError as error:
        yield from _refused(path, error)
        return
    if document.version != "2012-10-17" and "${" in text:
        # The text becomes part of a document of the newer version, where it would be a variable.
        yield mistake(path, "got a policy of version 2008-10-17 with `${`, which is plain text there", OLD_VERSION_REMEDY)


def policy_mistakes(path: str, text: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with an entry of `policies`: a policy's ARN, or a policy."""
    if text.startswith("{"):
        yield from policy_text_mistakes(path, text, PolicyKind.INLINE)
    elif MANAGED_POLICY.fullmatch(text) is None:
        yield mistake(path, f"got `{text}`, expected the ARN of a managed policy", "arn:aws:iam::aws:policy/<name>, or an account's own")


def trust_mistakes(path: str, text: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with an entry of `trust`."""
    if text.startswith("arn:") and PRINCIPAL.fullmatch(text) is None:
        yield mistake(path, f"got `{text}`, expected the ARN of a role, a user or an account's root", "arn:aws:iam::<account>:role/<name>")
    if not text.startswith("{"):
        return
    try:
        document = statement_document(text)
        check_policy(document, PolicyKind.TRUST)
    except PolicyError as error:
        yield from _refused(path, error)
        return
    except ValueError as error:
        yield mistake(path, f"not JSON: {error}", "write the statement as a mapping")
        return
    (statement,) = document.statements
    principal = statement.principal
    if statement.effect is Effect.DENY or principal is None:
        return
    if principal.federated:
        # SECURITY: an identity pins audience and subject; a statement by hand might not.
        yield mistake(path, "got a federated principal", "declare it as an `identity`, which pins audience and subject")
    if principal.everyone or "*" in principal.aws:
        yield mistake(path, "got the principal `*`, which is everybody in every account", "name the principals")


def _refused(path: str, error: PolicyError) -> Iterator[Diagnostic]:
    for found in error.diagnostics():
        where = f" at `{found.place.path}`" if found.place.path else ""
        yield mistake(path, f"not a policy{where}: {found.message}", found.remedy or "write it as IAM takes it")
