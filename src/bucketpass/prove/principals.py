"""Principal and NotPrincipal over principals that are not known yet: when an element means the one who asks, and how strongly.

The rules are those of `decide.principals`, which is asked itself for all that does not depend on a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.decide import Principal, PrincipalKind
from bucketpass.decide.principals import GrantedTo, compile_principal
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement
from bucketpass.prove.keys import TextValue
from bucketpass.prove.request import UNIQUE_ID, SymbolicPrincipal, text_matches
from bucketpass.prove.theory.formula import FALSE, TRUE, Constant, Formula, Matches, Unmodelled, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import STAR, Glob

__all__ = ["Meant", "meant_by_not_principal", "meant_by_principal", "unplaced"]


@dataclass(frozen=True, slots=True)
class Meant:
    """When the one who asks is meant directly, as a role, or as a part of an account. More than one can hold."""

    direct: Formula = FALSE
    role: Formula = FALSE
    account: Formula = FALSE

    @property
    def at_all(self) -> Formula:
        """True where the one who asks is meant in whichever way."""
        return disjunction(self.direct, self.role, self.account)


_AS = {
    GrantedTo.NONE: Meant(),
    GrantedTo.ACCOUNT: Meant(account=TRUE),
    GrantedTo.ROLE: Meant(role=TRUE),
    GrantedTo.SESSION: Meant(direct=TRUE),
}


@lru_cache(maxsize=65536)
def meant_by_principal(element: PrincipalElement, principal: SymbolicPrincipal) -> Meant:
    """When `element` means `principal`."""
    unnamed = _AS[compile_principal(element)(_unnamed(principal))]
    named = _arn_in(_OF_KIND.get(principal.kind, _aws)(element), principal.arn)
    session, canonical = _session_in(element.aws, principal), _canonical_in(element.canonical_user, principal)
    if principal.session is not None:
        return Meant(disjunction(unnamed.direct, session), disjunction(unnamed.role, named), disjunction(unnamed.account, canonical))
    if principal.kind is PrincipalKind.USER:
        return Meant(disjunction(unnamed.direct, named), FALSE, disjunction(unnamed.account, canonical))
    return Meant(disjunction(unnamed.direct, named, canonical), FALSE, unnamed.account)


def meant_by_not_principal(element: PrincipalElement, principal: SymbolicPrincipal, effect: Effect) -> Meant:
    """When `element` does not spare (Deny) or does not leave out (Allow) `principal`; always directly."""
    listed = (*element.aws, *element.federated, *element.service)
    if element.everyone or "*" in listed:
        return Meant()
    forms = [_arn_in(listed, principal.arn)] if principal.arn and principal.kind is not PrincipalKind.ROOT else []
    if principal.session is not None:
        forms.append(_session_in(listed, principal))
    if principal.kind in _WITH_ACCOUNT:
        owner = Principal(PrincipalKind.USER, account=principal.account)
        forms.append(Constant(compile_principal(PrincipalElement(aws=element.aws))(owner) is not GrantedTo.NONE))
    elif principal.canonical_user:
        forms.append(_canonical_in(element.canonical_user, principal))
    spared = (conjunction if effect is Effect.DENY else disjunction)(*forms) if forms else FALSE
    return Meant(direct=negation(spared))


def unplaced(documents: Iterable[PolicyDocument], partition: str) -> Iterator[str]:
    """Return each principal that a document names and that none of the symbolic principals can be, in words."""
    shapes = {kind: re.compile(shape.replace("PARTITION", re.escape(partition))) for kind, shape in _SHAPES.items()}
    for element in dict.fromkeys(element for document in documents for element in _elements(document)):
        for kind, listed in (("AWS", element.aws), ("Federated", element.federated), ("Service", element.service)):
            yield from (f'the principal {{"{kind}": "{text}"}}' for text in listed if not shapes[kind].fullmatch(text))


def _elements(document: PolicyDocument) -> Iterator[PrincipalElement]:
    for statement in document.statements:
        yield from (element for element in (statement.principal, statement.not_principal) if element is not None)


# Sources: IAM User Guide, "AWS JSON policy elements: Principal"; CloudFront Developer Guide, "Restrict access with an OAI" [A].
_SHAPES = {
    "AWS": r"\*|[0-9]{12}|arn:PARTITION:iam::[0-9]{12}:(?:root|(?:role|user)/.+)"
    r"|arn:PARTITION:sts::[0-9]{12}:(?:assumed-role/.+/.+|federated-user/.+)"
    rf"|arn:PARTITION:iam::cloudfront:user/CloudFront Origin Access Identity .+|{UNIQUE_ID.pattern}",
    "Federated": rf"arn:PARTITION:iam::[0-9]{{12}}:(?:oidc|saml)-provider/.+|{'|'.join(map(re.escape, sorted(BUILT_IN_PROVIDERS)))}",
    "Service": r"[a-z0-9.-]+\.[a-z]+",
}


def _aws(element: PrincipalElement) -> tuple[str, ...]:
    return element.aws


_WITH_ACCOUNT = (PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.ROLE_SESSION)
_OF_KIND: dict[PrincipalKind, Callable[[PrincipalElement], tuple[str, ...]]] = {
    PrincipalKind.WEB_IDENTITY: lambda element: element.federated,
    PrincipalKind.SERVICE: lambda element: element.service,
}


def _canonical_in(listed: Iterable[str], principal: SymbolicPrincipal) -> Formula:
    """True where the principal's canonical user ID is listed, or that of its account, which may not be known."""
    if principal.kind is PrincipalKind.WEB_IDENTITY:
        return FALSE
    if principal.canonical_user is None:
        return disjunction(*(Unmodelled(f"whether account {principal.account} has the canonical user ID {one}") for one in listed))
    return _arn_in([one for one in listed if one], principal.canonical_user)


def _unnamed(principal: SymbolicPrincipal) -> Principal:
    """The principal under names that stand in no policy, so that only what does not depend on names is left."""
    return replace(principal.concrete({}), arn="", session_arn="", canonical_user="")


def _arn_in(listed: Iterable[str], arn: str | TextValue) -> Formula:
    if isinstance(arn, str):
        return Constant(bool(arn) and arn in listed)
    return disjunction(*(text_matches(arn, Glob.literal(text)) for text in listed))


def _session_in(listed: Iterable[str], principal: SymbolicPrincipal) -> Formula:
    """True where the assumed-role ARN is listed: the role's name is the last part of the role's ARN."""
    if principal.session is None:
        return FALSE
    start = f"arn:{principal.partition}:sts::{principal.account}:assumed-role/"
    found: list[Formula] = []
    for text in listed:
        role, slash, session = text.removeprefix(start).partition("/")
        if not text.startswith(start) or not slash:
            continue
        found.append(conjunction(_role_is(role, principal.arn), Matches(principal.session, Glob.literal(session))))
    return disjunction(*found)


def _role_is(name: str, arn: str | TextValue) -> Formula:
    if isinstance(arn, str):
        return Constant(arn.rpartition("/")[2] == name)
    return disjunction(text_matches(arn, Glob.of((STAR, "/", name))))
