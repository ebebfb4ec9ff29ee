"""What a declaration means of tokens: which of them the identities of a service carry."""

from __future__ import annotations

from collections.abc import Iterable

from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.web_identity import provider_of
from bucketpass.issuers import issuer_url, provider_path, trusted
from bucketpass.model import Access, Identity, Service
from bucketpass.model.own_folder import own_tags
from bucketpass.prove.declared import one_folder
from bucketpass.prove.keys import FreeList, FreeTextOrList, present
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import FALSE, TRUE, Formula, Some, conjunction, disjunction, implication, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.web_identity import REQUEST_TAG, SOURCE, TAG_KEYS

__all__ = ["admitted"]


def admitted(service: Service, access: Access, provider: TrustedProvider, request: SymbolicRequest) -> Formula:
    """True of the tokens of `provider` that the service's identities carry."""
    path = provider_of(provider.url)
    identities = [identity for identity in service.identity if provider_path(issuer_url(access.issuers[identity.issuer])) == path]
    owners = {tag for grant in service.grants for tag in own_tags(grant.per)}
    tags = present(request.key(TAG_KEYS))
    known = owners | set(service.session.tags)
    return conjunction(
        disjunction(*(_is(identity, access, request) for identity in identities)),
        implication(tags, _only_tags(request, known)) if known else negation(tags),
        *(one_folder(request, f"{REQUEST_TAG}{owner}") for owner in sorted(owners)),
        TRUE if service.session.source_identity else negation(present(request.key(SOURCE))),
    )


def _only_tags(request: SymbolicRequest, known: Iterable[str]) -> Formula:
    state = request.key(TAG_KEYS)
    if not isinstance(state, FreeList):
        return FALSE
    return negation(Some(state.variable, tuple(map(Glob.literal, sorted(known))), inside=False))


def _is(identity: Identity, access: Access, request: SymbolicRequest) -> Formula:
    """True of the tokens that this identity carries: its issuer's audiences, its subject, and what else it requires."""
    seen = trusted(access.issuers[identity.issuer], identity)
    written = Glob.parse if identity.unsafe_wildcard is not None or seen.wild else Glob.literal
    claims: list[tuple[str, tuple[Glob, ...]]] = [
        ("sub", tuple(map(written, seen.subjects))),
        ("aud", tuple(map(Glob.literal, seen.aud))),
        ("oaud", () if seen.several else tuple(map(Glob.literal, seen.oaud))),
        *((claim, (Glob.literal(value),)) for claim, value in seen.require),
        *((claim, tuple(map(Glob.literal, values))) for claim, values in identity.require.items()),
    ]
    audience = _has_audience(request, f"{seen.provider_path}:oaud", seen.oaud) if seen.several else TRUE
    return conjunction(audience, *(request.has(f"{seen.provider_path}:{claim}", *globs) for claim, globs in claims if globs))


def _has_audience(request: SymbolicRequest, key: str, audiences: Iterable[str]) -> Formula:
    """True of tokens for one of these audiences, whatever others they are for as well."""
    state, globs = request.key(key), tuple(map(Glob.literal, audiences))
    one = request.has(key, *globs)
    if not isinstance(state, FreeTextOrList):
        return one
    return disjunction(one, conjunction(state.present, state.several, Some(state.variable, globs)))
