"""Findings about issuers, identities and sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bucketpass.aws.arn import Arn
from bucketpass.aws.quotas import SESSION_TAG_BYTES, TAG_VALUE_CHARACTERS
from bucketpass.aws.shared_providers import KNOWN_BY_NAME
from bucketpass.compile.check.found import Found
from bucketpass.compile.plan import Plan
from bucketpass.errors import Place
from bucketpass.issuers import PRESETS, issuer_url, provider_path
from bucketpass.issuers.url import fits_form, url_pieces
from bucketpass.model.access import Access, Identity, Issuer, Service
from bucketpass.model.own_folder import own_tags
from bucketpass.model.service_rules import statement_document
from bucketpass.policy import PolicyDocument, parse_policy
from bucketpass.policy.idle import idle_actions

__all__ = ["further_findings", "identity_findings", "provider_findings"]

LONG_SESSION_SECONDS = 6 * 3600
# Presets of issuers that people run themselves, perhaps under a certificate of their own.
SELF_RUN = frozenset({"generic", "gitlab", "keycloak", "kubernetes", "spiffe"})


def identity_findings(access: Access) -> Iterator[Found]:
    """What is risky about who gets in."""
    used = {identity.issuer for service in access.services.values() for identity in service.identity}
    for name, issuer in access.issuers.items():
        path = f"issuers.{name}"
        if name not in used:
            yield "unused", path, f"no service has an identity of issuer `{name}`, so nothing is made for it", ""
        yield from _issuer(path, issuer)
    for name, service in access.services.items():
        yield from _service(f"services.{name}", service, access)


def further_findings(access: Access) -> Iterator[Found]:
    """What roles are given besides their grants and identities."""
    for name, service in access.services.items():
        for index, text in enumerate(service.policies):
            path = f"services.{name}.policies[{index}]"
            if text.startswith("arn:"):
                yield "attached-policy", path, f"what `{text}` allows is not in the declaration", ""
            else:
                yield from _idle(path, parse_policy(text))
        for index, text in enumerate(service.trust):
            who = "the statement's principal" if text.startswith("{") else f"`{text}`"
            path = f"services.{name}.trust[{index}]"
            yield "further-trust", path, f"{who} can assume the role without a token of its identities", ""
            if text.startswith("{"):
                yield from _idle(path, statement_document(text))
    for name, bucket in access.buckets.items():
        if bucket.policy is not None and bucket.policy.startswith("{"):
            yield from _idle(f"buckets.{name}.policy", parse_policy(bucket.policy))


def _idle(path: str, document: PolicyDocument) -> Iterator[Found]:
    return ((one.code, path, one.message, one.remedy) for one in idle_actions(document, "the policy", Place(path=path)))


def provider_findings(plan: Plan) -> Iterator[Found]:
    """What must be true of providers that are not made here."""
    for provider in plan.providers:
        arn = Arn.parse(provider.arn)
        if arn is not None and arn.account != plan.target.account:
            message = f"`{provider.arn}` is not in account {plan.target.account}, where STS looks for it"
            yield "foreign-provider", f"issuers.{provider.name}.provider", message, ""
        if arn is not None and arn.resource != f"oidc-provider/{provider_path(provider.url)}":
            message = f"`{provider.arn}` is not the provider of `{provider.url}`, which STS looks for"
            yield "foreign-provider", f"issuers.{provider.name}.provider", message, "Name the provider of this URL, or correct the `url`."
        if not provider.create:
            audiences = ", ".join(f"`{audience}`" for audience in provider.client_ids)
            message = f"tokens are admitted only if `{provider.arn}` has the client IDs {audiences}"
            yield "existing-provider", f"issuers.{provider.name}.provider", message, ""


def _issuer(path: str, issuer: Issuer) -> Iterator[Found]:
    known, url = PRESETS[issuer.preset], issuer_url(issuer)
    if not fits_form(known.urls, url):
        remedy = f"Compare it with the token's `iss`; usual: {known.urls[0]}"
        yield "issuer-form", f"{path}.url", f"`{url}` does not look like an issuer of {known.title}", remedy
    tenant = url_pieces(known.urls, url).get("tenant", "") if known.name == "entra" else ""
    if tenant and not _is_identifier(tenant):
        message = f"no token has `{tenant}` in its `iss`, which names the tenant by its ID"
        yield "issuer-form", f"{path}.url", message, "Write the ID of your tenant in place of it."
    if known.name == "entra" and "sts.windows.net" in url:
        message = "tokens of version 1 have this issuer; an application whose `requestedAccessTokenVersion` is 2 gets others"
        yield "issuer-note", f"{path}.url", message, ""
    # Forms of any host say nothing of whose issuer it is.
    forms = {preset.name: tuple(form for form in preset.urls if not form.startswith("https://{host")) for preset in PRESETS.values()}
    better = [name for name, known_forms in forms.items() if known_forms and fits_form(known_forms, url)]
    if issuer.preset == "generic" and better:
        yield "generic-preset", f"{path}.preset", f"`{url}` is what preset `{better[0]}` is for", f"Write `preset: {better[0]}`."
    host = provider_path(url).partition("/")[0]
    if any(host == shared or host.endswith(f".{shared}") for shared in KNOWN_BY_NAME):
        message = f"`{host}` is known to serve many tenants; nothing else of its tokens is known here"
        yield "shared-issuer", path, message, ""
    for note in known.notes:
        code = "unconfirmed" if note.startswith("not confirmed") else "issuer-note"
        yield code, f"{path}.preset", f"{known.title}: {note}", ""
    if issuer.thumbprints and issuer.preset not in SELF_RUN:
        message = f"{known.title} has a public certificate, which AWS checks by itself; a thumbprint breaks when it changes"
        yield "needless-thumbprint", f"{path}.thumbprints", message, ""


def _is_identifier(value: str) -> bool:
    """Whether the value looks like what a provider makes up by itself: digits alone, or a UUID."""
    return re.fullmatch(r"[0-9]+|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", value) is not None


def _tags(path: str, service: Service) -> Iterator[Found]:
    """Session tags that may be too large for a session, were every value as long as STS takes it."""
    tags = {*service.session.tags, *(tag for grant in service.grants for tag in own_tags(grant.per))}
    keys = sum(map(len, tags))
    if keys + len(tags) * TAG_VALUE_CHARACTERS > SESSION_TAG_BYTES:
        room = max(SESSION_TAG_BYTES - keys, 0) // len(tags)
        message = f"{len(tags)} tags fit if their values have about {room} characters each; a value may have {TAG_VALUE_CHARACTERS}"
        yield "session-tags", f"{path}.session.tags", message, ""


def _identity(identity: Identity, issuer: Issuer) -> Iterator[tuple[str, str, str]]:
    """Yield code, message and remedy of what is risky about an identity."""
    if identity.unsafe_wildcard is not None:
        values = ", ".join(f"`{value}`" for value in identity.claims.values() if set("*?") & set(value))
        yield "wildcard-subject", f"{values} admits many; the reason given: {identity.unsafe_wildcard}", ""
    known = PRESETS[issuer.preset]
    carries_party = known.party_urls != () and fits_form(known.party_urls, issuer_url(issuer)) and issuer.authorized_party is not False
    if carries_party and known.authorized_party not in identity.claims:
        message = f"tokens of {known.title} with this issuer carry `azp`, which AWS reads in place of the audience"
        yield "authorized-party", message, ""
    if "organization" in identity.claims and known.name == "github":
        message = f"every repository of `{identity.claims['organization']}` is admitted, also later ones, on every branch and event"
        yield "wildcard-subject", message, ""
    if known.reused_names and not any(map(_is_identifier, identity.claims.values())):
        yield "mutable-subject", known.reused_names, "Let nobody else make such an account or client there."
    if known.name != "github":
        return
    if identity.claims.get("event") == "pull_request":
        message = "everyone who can open a pull request from a branch of the repository is admitted, before any review"
        yield "pull-request-subject", message, ""
    if "repository" in identity.claims and "repository_id" not in identity.claims:
        message = (
            "repositories created, renamed or transferred after 2026-07-15 carry numbers in their subject, and a name can be "
            "taken by others once it is given up"
        )
        yield "mutable-subject", message, ""


def _service(path: str, service: Service, access: Access) -> Iterator[Found]:
    alike: dict[tuple[str, str, str], list[int]] = {}
    for index, identity in enumerate(service.identity):
        for one in _identity(identity, access.issuers[identity.issuer]):
            alike.setdefault(one, []).append(index)
    for (code, message, remedy), places in alike.items():
        several = f" ({len(places)} identities of the service)" if len(places) > 1 else ""
        yield code, f"{path}.identity[{places[0]}]", f"{message}{several}", remedy
    if service.session.seconds > LONG_SESSION_SECONDS:
        message = f"credentials stay valid for {service.session.seconds // 3600} h after they leak or the grant is withdrawn"
        yield "long-session", f"{path}.session.duration", message, ""
    yield from _tags(path, service)
    if not service.grants:
        yield "unused", path, "the service has a role, but no grant", "Add `grants`, or remove it."
