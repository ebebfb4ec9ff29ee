"""Puts what providers say of their clients into a declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from bucketpass.compile.trust import session_tags
from bucketpass.errors import DeclarationError, Place
from bucketpass.model import Access, Issuer
from bucketpass.provision.components.declared import mark_of
from bucketpass.provision.components.later import Later, LaterValue
from bucketpass.provision.identity_providers.interface import ServiceIdentity

__all__ = ["Tokens", "identified", "with_tokens"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a service's identity of this number, as its provider makes them."""

    service: str
    identity: int
    url: str
    audience: tuple[str, ...]
    claims: Mapping[str, str]


def identified(access: Access, clients: Mapping[str, ServiceIdentity]) -> Later:
    """The declaration in which each of these services is its client: issuer URL, audience and identity are the provider's.

    Raises `DeclarationError` where the service has no identity of that kind of issuer, or its tokens would set session tags that it
    does not declare.
    """
    places = {service: _identity(access, service, client) for service, client in clients.items()}
    values: list[LaterValue] = []
    urls: dict[str, str] = {}
    for service, client in clients.items():
        names = access.services[service].identity[places[service]].claims
        marks = [mark_of(len(values) + number) for number in range(3)]
        # Clients of one issuer have one URL.
        marks[0] = urls.setdefault(access.services[service].identity[places[service]].issuer, marks[0])
        placeholders = (f"https://{marks[0]}.invalid", (marks[1],), dict.fromkeys(names, marks[2]))
        outputs = (("url", client.url), ("audience", client.audience), ("claims", client.claims))
        for (name, output), placeholder, mark in zip(outputs, placeholders, marks, strict=True):
            values.append(LaterValue(pulumi.Output.from_input(output), placeholder, mark, name, f"services.{service}.{name}"))

    def read(known: Sequence[Any]) -> Access:
        found = [known[place : place + 3] for place in range(0, len(known), 3)]
        return with_tokens(
            access,
            [
                Tokens(service, places[service], url, tuple(audience), dict(claims))
                for service, (url, audience, claims) in zip(clients, found, strict=True)
            ],
        )

    return Later(values, read)


def with_tokens(access: Access, found: Sequence[Tokens]) -> Access:
    """The declaration with these identities, and their issuers, as the provider says."""
    services = dict(access.services)
    of_issuer: dict[str, list[Tokens]] = {}
    for tokens in found:
        identities = list(services[tokens.service].identity)
        declared = identities[tokens.identity]
        identities[tokens.identity] = replace(declared, claims=tokens.claims)
        services[tokens.service] = replace(services[tokens.service], identity=tuple(identities))
        of_issuer.setdefault(declared.issuer, []).append(tokens)
    issuers = {name: _issuer(access, name, of_issuer[name]) if name in of_issuer else issuer for name, issuer in access.issuers.items()}
    return replace(access, issuers=issuers, services=services)


def _issuer(access: Access, name: str, found: Sequence[Tokens]) -> Issuer:
    """The issuer with the URL of its clients and their audiences; what others of its services declared stays."""
    urls = {tokens.url for tokens in found}
    if len(urls) > 1:
        raise DeclarationError(
            f"the clients of issuer `{name}` have different issuer URLs, {', '.join(sorted(urls))}",
            remedy="declare an issuer for each",
            place=Place(path=f"issuers.{name}"),
        )
    known = {(tokens.service, tokens.identity) for tokens in found}
    others = any(
        identity.issuer == name and (service, index) not in known
        for service, declared in access.services.items()
        for index, identity in enumerate(declared.identity)
    )
    declared = access.issuers[name]
    audiences = [*(declared.audience if others else ()), *(audience for tokens in found for audience in tokens.audience)]
    return replace(declared, url=urls.pop(), audience=tuple(dict.fromkeys(audiences)))


def _identity(access: Access, service: str, client: ServiceIdentity) -> int:
    """Which of the service's identities the client is."""
    place = Place(path=f"services.{service}")
    if service not in access.services:
        raise DeclarationError(f"`{service}` is not a service, expected one of {', '.join(access.services)}", place=place)
    declared = access.services[service]
    kinds = [access.issuers[identity.issuer].preset for identity in declared.identity]
    if client.preset not in kinds:
        raise DeclarationError(
            f"service `{service}` has no identity of an issuer with `preset: {client.preset}`", remedy="declare one", place=place
        )
    strange = sorted(set(client.tags) - set(session_tags(declared)))
    if strange:
        # AWS refuses a token whose tags the trust does not let in [A].
        raise DeclarationError(
            f"tokens of service `{service}` would set the session tags {', '.join(strange)}, which it does not declare",
            remedy=f"add `session: {{tags: [{', '.join(strange)}]}}`",
            place=place,
        )
    return kinds.index(client.preset)
