"""Principal and NotPrincipal over principals that are not known yet: when an element matches, and which principal it names.

The rules are those of `decide.principals`, which is asked itself for all that does not depend on a variable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.decide import Principal, PrincipalKind
from bucketpass.decide.principals import GrantedTo, compile_principal
from bucketpass.policy import Effect, PolicyDocument, PrincipalElement
from bucketpass.prove.keys import TextValue, text_matches
from bucketpass.prove.theory.formula import FALSE, TRUE, Constant, Formula, Matches, Unmodelled, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import STAR, Glob
from bucketpass.prove.vocabulary import UNIQUE_ID

__all__ = ["PrincipalMatch", "SymbolicPrincipal", "match_not_principal", "match_principal", "unplaced"]


# A word of a variable that no policy can distinguish from others.
_ANY_SESSION = "session"


@dataclass(frozen=True, slots=True)
class SymbolicPrincipal:
    """The principal of a request. `arn` is known, or known but for its end. For a role session, `session` is the variable of its name.

    canonical_user: S3's ID of the principal's account; None: it is not known, so that it may be any that a policy names.
    """

    kind: PrincipalKind
    arn: str | TextValue = ""
    account: str = ""
    partition: str = "aws"
    session: str | None = None
    unique_id: str = ""
    canonical_user: str | TextValue | None = ""

    def concrete(self, texts: Mapping[str, str]) -> Principal:
        """Return the principal with those texts for its variables."""
        arn, canonical_user = _text_of(self.arn, texts), _text_of(self.canonical_user or "", texts)
        session = texts.get(self.session, _ANY_SESSION) if self.session is not None else ""
        name = arn.rpartition("/")[2]
        session_arn = f"arn:{self.partition}:sts::{self.account}:assumed-role/{name}/{session}" if self.session is not None else ""
        return Principal(self.kind, arn, self.account, session_arn, self.unique_id, canonical_user)


def _text_of(text: str | TextValue, texts: Mapping[str, str]) -> str:
    return text if isinstance(text, str) else text.prefix + texts.get(text.variable, "")


@dataclass(frozen=True, slots=True)
class PrincipalMatch:
    """When a statement names the session, its role, or its account. More than one can hold."""

    session: Formula = FALSE
    role: Formula = FALSE
    account: Formula = FALSE

    @classmethod
    def any_of(cls, matches: Iterable[PrincipalMatch]) -> PrincipalMatch:
        """Return when any of `matches` names each of them."""
        found = tuple(matches)
        return cls(*(disjunction(*(getattr(match, name) for match in found)) for name in ("session", "role", "account")))

    @property
    def at_all(self) -> Formula:
        """True where any of them is named."""
        return disjunction(self.session, self.role, self.account)

    def at_least(self, granted_to: GrantedTo) -> Formula:
        """True where `granted_to` or a closer principal is named; always for NONE."""
        closer = {
            GrantedTo.NONE: TRUE,
            GrantedTo.ACCOUNT: self.at_all,
            GrantedTo.ROLE: disjunction(self.role, self.session),
            GrantedTo.SESSION: self.session,
        }
        return closer[granted_to]

    def where(self, when: Formula) -> PrincipalMatch:
        """Return the match where `when` is true too."""
        return PrincipalMatch(conjunction(when, self.session), conjunction(when, self.role), conjunction(when, self.account))


_AS = {
    GrantedTo.NONE: PrincipalMatch(),
    GrantedTo.ACCOUNT: PrincipalMatch(account=TRUE),
    GrantedTo.ROLE: PrincipalMatch(role=TRUE),
    GrantedTo.SESSION: PrincipalMatch(session=TRUE),
}


@lru_cache(maxsize=65536)
def match_principal(element: PrincipalElement, principal: SymbolicPrincipal) -> PrincipalMatch:
    """Return when `element` matches `principal`, and which principal it names."""
    unnamed = _AS[compile_principal(element)(_unnamed(principal))]
    named = _arn_in(_OF_KIND.get(principal.kind, _aws)(element), principal.arn)
    session, canonical = _session_in(element.aws, principal), _canonical_in(element.canonical_user, principal)
    if principal.session is not None:
        return PrincipalMatch(
            disjunction(unnamed.session, session), disjunction(unnamed.role, named), disjunction(unnamed.account, canonical)
        )
    if principal.kind is PrincipalKind.USER:
        return PrincipalMatch(disjunction(unnamed.session, named), FALSE, disjunction(unnamed.account, canonical))
    return PrincipalMatch(disjunction(unnamed.session, named, canonical), FALSE, unnamed.account)


def match_not_principal(element: PrincipalElement, principal: SymbolicPrincipal, effect: Effect) -> PrincipalMatch:
    """Return when `element` does not exempt (Deny) or exclude (Allow) `principal`; it then names the session."""
    listed = (*element.aws, *element.federated, *element.service)
    if element.everyone or "*" in listed:
        return PrincipalMatch()
    forms = [_arn_in(listed, principal.arn)] if principal.arn and principal.kind is not PrincipalKind.ROOT else []
    if forms and principal.unique_id and principal.unique_id in listed:
        forms[0] = TRUE
    if principal.session is not None:
        forms.append(_session_in(listed, principal))
    if principal.kind in _WITH_ACCOUNT:
        owner = Principal(PrincipalKind.USER, account=principal.account)
        forms.append(Constant(compile_principal(PrincipalElement(aws=element.aws))(owner) is not GrantedTo.NONE))
    elif principal.canonical_user:
        forms.append(_canonical_in(element.canonical_user, principal))
    exempted = (conjunction if effect is Effect.DENY else disjunction)(*forms) if forms else FALSE
    return PrincipalMatch(session=negation(exempted))


def unplaced(documents: Iterable[PolicyDocument], partition: str) -> Iterator[str]:
    """Return each principal that a document names and that none of the symbolic principals can be, in words."""
    shapes = _shapes(partition)
    for element in dict.fromkeys(element for document in documents for element in _elements(document)):
        for kind, listed in (("AWS", element.aws), ("Federated", element.federated), ("Service", element.service)):
            yield from (f'the principal {{"{kind}": "{text}"}}' for text in listed if not shapes[kind].fullmatch(text))


@lru_cache
def _shapes(partition: str) -> Mapping[str, re.Pattern[str]]:
    return {kind: re.compile(shape.replace("PARTITION", re.escape(partition))) for kind, shape in _SHAPES.items()}


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
