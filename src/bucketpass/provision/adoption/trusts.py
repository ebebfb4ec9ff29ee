"""From a role's trust policy to the identities that it trusts: the way back from what `compile.trust` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bucketpass.issuers import PRESETS, Preset, issuer_url, provider_path, trusted
from bucketpass.issuers.url import fits_form, normalise_url
from bucketpass.model import Identity, Issuer
from bucketpass.policy import Effect, Statement
from bucketpass.provision.adoption.found import FoundProvider
from bucketpass.provision.adoption.parts import fenced_tags
from bucketpass.provision.adoption.remark import Remark

__all__ = ["FoundIdentity", "as_generic", "identities"]

ASSUME = "sts:assumerolewithwebidentity"
TAG = "sts:tagsession"
SOURCE = "sts:setsourceidentity"
EQUALS = frozenset({"stringequals", "stringlike"})
ANY_AUDIENCE = ("foranyvalue:stringequals", "oaud")
SCHEMES = {"spiffe": "spiffe://"}  # the SPIFFE ID standard, 2: an ID is a URI of this scheme
REASON = "as the trust policy had it"


@dataclass(frozen=True)
class FoundIdentity:
    """An identity, and its issuer as the declaration would have it.

    clients: the client IDs that the provider must know for it. tags, source: what its tokens may set. fenced: tags that they must set,
    each to the name of one folder.
    """

    issuer: Issuer
    claims: Mapping[str, str]
    clients: tuple[str, ...] = ()
    require: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wildcard: bool = False
    tags: tuple[str, ...] = ()
    source: bool = False
    fenced: frozenset[str] = frozenset()


def identities(
    place: str, statements: Sequence[Statement], providers: Mapping[str, FoundProvider]
) -> tuple[list[FoundIdentity], list[Remark]]:
    """The identities that the trust lets in, and what of it is left out. `providers` are those of the account, by ARN."""
    if any(statement.effect is Effect.DENY for statement in statements):
        # SECURITY: the declared trust takes the place of this one, and what it denied would be allowed.
        return [], [Remark(place, "it has a Deny statement, which cannot be declared; it is left out")]
    found: list[FoundIdentity] = []
    remarks: list[Remark] = []
    for number, statement in enumerate(statements):
        where = f"{place}, statement {number}"
        try:
            found += list(_statement(statement, providers))
        except _LeftOut as left:
            remarks.append(Remark(where, f"{left}; it is left out"))
    return found, remarks


class _LeftOut(Exception):
    """Why a statement is not expressed."""


def _statement(statement: Statement, providers: Mapping[str, FoundProvider]) -> Iterator[FoundIdentity]:
    actions = {action.lower() for action in statement.actions or ()}
    if ASSUME not in actions or statement.principal is None:
        raise _LeftOut("it is not about web identity")
    if actions - {ASSUME, TAG, SOURCE}:
        raise _LeftOut(f"it allows {', '.join(sorted(actions - {ASSUME, TAG, SOURCE}))} too")
    others = (*statement.principal.aws, *statement.principal.service, *statement.principal.canonical_user)
    if statement.principal.everyone or others:
        raise _LeftOut("it trusts more than an OIDC provider")
    for arn in statement.principal.federated:
        if arn not in providers:
            raise _LeftOut(f"it trusts `{arn}`, which is not an OIDC provider of this account")
        yield from _of_provider(statement, providers[arn], tags=TAG in actions, source=SOURCE in actions)


def _of_provider(statement: Statement, provider: FoundProvider, *, tags: bool, source: bool) -> Iterator[FoundIdentity]:
    url = f"https://{provider.url.removeprefix('https://')}"
    claims: dict[str, tuple[str, ...]] = {}
    wild = several = False
    tag_keys: tuple[str, ...] = ()
    fenced, conditions = fenced_tags(statement.conditions, "aws:requesttag/")
    for condition in conditions:
        if condition.key.lower().startswith("https://"):
            raise _LeftOut(f"its key `{condition.key}` has a scheme, so that it never matches and nobody can assume the role")
        if any("$" in value for value in condition.values):
            raise _LeftOut(f"it has a variable in the values of `{condition.key}`")
        prefix, _, claim = condition.key.rpartition(":")
        operator = condition.operator.lower()
        if condition.key.lower() == "aws:tagkeys" and operator == "forallvalues:stringequals":
            tag_keys = condition.values
        elif prefix.lower() == provider_path(url).lower() and (operator, claim) == ANY_AUDIENCE and claim not in claims:
            several, claims[claim] = True, condition.values
        elif prefix.lower() == provider_path(url).lower() and operator in EQUALS and claim not in claims:
            wildcards = any(set("*?") & set(value) for value in condition.values)
            if operator == "stringlike" and wildcards and claim != "sub":
                raise _LeftOut(f"it has wildcards in `{condition.key}`")
            wild = wild or (operator == "stringlike" and wildcards)
            claims[claim] = condition.values
        else:
            raise _LeftOut(f"its condition {condition.operator} on `{condition.key}` cannot be declared")
    if "sub" not in claims:
        raise _LeftOut("it has no condition on the subject, so that every token of the issuer is let in")
    if tags and not tag_keys:
        raise _LeftOut("it lets tokens set any session tag")
    trust = _Trust(
        url=url,
        aud=claims.pop("aud", provider.client_ids),
        oaud=claims.pop("oaud", ()),
        several=several,
        wild=wild,
        tags=tag_keys if tags else (),
        source=source,
        fenced=fenced,
    )
    for subject in claims.pop("sub"):
        yield _identity(subject, trust, claims)


@dataclass(frozen=True, slots=True)
class _Trust:
    """What a statement says of all its subjects: `aud` and `oaud` are the values of AWS's keys of those names."""

    url: str
    aud: tuple[str, ...]
    oaud: tuple[str, ...]
    several: bool
    wild: bool
    tags: tuple[str, ...]
    source: bool
    fenced: frozenset[str]


def _identity(subject: str, trust: _Trust, require: Mapping[str, tuple[str, ...]], kinds: Sequence[Preset] = ()) -> FoundIdentity:
    """The identity whose trust would be this one, as the way there shows. kinds: the presets to try, if not all."""
    wild = trust.wild and bool(set("*?") & set(subject))
    for kind in kinds or _kinds(trust.url, subject):
        for issuer, claims in _candidates(kind, subject, trust):
            try:
                seen = trusted(issuer, Identity("it", claims, unsafe_wildcard=REASON if wild else None))
            except KeyError:
                continue
            same = (set(seen.subjects), set(seen.aud), set(seen.oaud)) == ({subject}, set(trust.aud), set(trust.oaud))
            same = same and seen.several == trust.several
            if same and seen.provider_path == provider_path(trust.url):
                return FoundIdentity(issuer, claims, seen.aud, require, wild, trust.tags, trust.source, trust.fenced)
    raise _LeftOut(f"its audiences {', '.join((*trust.aud, *trust.oaud)) or '(none)'} cannot be declared for `{subject}`")


def as_generic(found: FoundIdentity) -> FoundIdentity:
    """The same identity of a generic issuer; unchanged where that would be trusted otherwise."""
    seen = trusted(found.issuer, Identity("it", found.claims, unsafe_wildcard=REASON if found.wildcard else None))
    trust = _Trust(issuer_url(found.issuer), seen.aud, seen.oaud, seen.several, found.wildcard, found.tags, found.source, found.fenced)
    for subject in seen.subjects if len(seen.subjects) == 1 else ():
        try:
            return _identity(subject, trust, found.require, (PRESETS["generic"],))
        except _LeftOut:
            break
    return found


def _kinds(url: str, subject: str) -> list[Preset]:
    """The presets whose issuers have such a URL, those first whose form says most of it; any URL is a generic one.

    Of those that may have any host, such as a cluster of Kubernetes or a GitLab of one's own, the subject says which it is.
    """
    said = {name: max((_literal(form) for form in kind.urls if fits_form((form,), url)), default=0) for name, kind in PRESETS.items()}
    fitting = [name for name in said if said[name] > len("https://")]
    anywhere = [name for name, kind in PRESETS.items() if name not in fitting and (said[name] or not kind.urls) and _begins(kind, subject)]
    return [*(PRESETS[name] for name in (*sorted(fitting, key=lambda name: -said[name]), *anywhere)), PRESETS["generic"]]


def _begins(kind: Preset, subject: str) -> bool:
    """True if the subject begins with words that a form of the preset's subjects, or its standard, fixes."""
    starts = [template.partition("{")[0] for known in kind.subjects for template in known.templates]
    return any(start and subject.startswith(start) for start in (*starts, SCHEMES.get(kind.name, "")))


def _literal(form: str) -> int:
    """How many characters the form fixes; one of any host fixes none but the scheme."""
    return len(re.sub(r"\{[^}]*\}", "", form))


def _candidates(kind: Preset, subject: str, trust: _Trust) -> Iterator[tuple[Issuer, dict[str, str]]]:
    """Issuers and claims that may give this subject; whether they do is seen by the way there."""
    written = normalise_url(trust.url, kind.trailing_slash)
    short = Issuer(kind.name, None if written == kind.url else written, several_audiences=trust.several)
    plain = replace(short, audience=trust.oaud or trust.aud)
    pattern = trust.wild and bool(set("*?") & set(subject))
    for known in kind.subjects:
        if pattern and "subject" not in known.fields:
            continue  # which field the wildcard is meant for is not said
        for template in known.templates:
            match = _expression(template).fullmatch(subject)
            if match is None:
                continue
            claims = {name: value for name, value in match.groupdict().items() if name in known.fields}
            if kind.authorized_party in known.fields and trust.aud:
                claims[kind.authorized_party or ""] = trust.aud[0]
            formed = all(re.fullmatch(kind.forms.get(name, r"[\s\S]*"), value) for name, value in claims.items())
            if set(claims) == set(known.fields) and formed:
                yield short, claims
                yield plain, claims


def _expression(template: str) -> re.Pattern[str]:
    """What the values of a subject's fields may be: text without a colon; `{subject}` is anything."""
    parts = re.split(r"\{(\w+)\}", template)
    expression = re.escape(parts[0])
    seen: set[str] = set()
    for name, literal in zip(parts[1::2], parts[2::2], strict=True):
        whole = ".+" if template == f"{{{name}}}" else "[^:]+"
        expression += f"(?P={name})" if name in seen else f"(?P<{name}>{whole})"
        expression += re.escape(literal)
        seen.add(name)
    return re.compile(expression)
