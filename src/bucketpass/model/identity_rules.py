"""What is wrong with issuers and identities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS, STANDARD_CLAIMS, provider_claims
from bucketpass.aws.quotas import PROVIDER_CLIENT_ID_CHARACTERS, PROVIDER_CLIENT_IDS, PROVIDER_THUMBPRINTS
from bucketpass.aws.shared_providers import KNOWN_BY_NAME, demanded_scope
from bucketpass.errors import Diagnostic
from bucketpass.issuers import PRESETS, Preset, audiences, issuer_url, provider_path
from bucketpass.issuers.url import url_mistake
from bucketpass.model.access import Identity, Issuer
from bucketpass.model.mistake import mistake, unwritable
from bucketpass.model.notes import nearest

__all__ = ["identity_mistakes", "issuer_mistakes"]

WILDCARDS = frozenset("*?")
# What people write in front of a repository or a branch.
SURROUNDINGS = re.compile(r"[a-z+]+://[^/]+/|git@[^:]+:|refs/(heads|tags)/")
SESSION_NAME_KEY = "sts:RoleSessionName"
ANYBODY = "the subject must be pinned as a whole"


def issuer_mistakes(path: str, issuer: Issuer) -> Iterator[Diagnostic]:
    """All that is wrong with an issuer."""
    if issuer.preset not in PRESETS:
        yield mistake(f"{path}.preset", f"got the unknown preset `{issuer.preset}`", nearest(issuer.preset, PRESETS))
        return
    known = PRESETS[issuer.preset]
    if issuer.url is None and known.url is None:
        example = known.urls[0] if known.urls else "https://issuer.example.com"
        yield mistake(path, f"`url` is missing, expected the issuer URL of {known.title}", f"add `url: {example}`")
        return
    if wrong := url_mistake(issuer_url(issuer)):
        yield mistake(f"{path}.url", f"got the issuer URL `{issuer.url}`: {wrong}", "write it as the token's `iss` has it")
    if demanded_scope(provider_path(issuer_url(issuer))) == SESSION_NAME_KEY:
        # AWS refuses a trust in this issuer without a condition on the session's name, which its callers choose themselves.
        message = f"got `{issuer_url(issuer)}`, an issuer for everybody, in which AWS takes no trust by subject and audience"
        yield mistake(f"{path}.url", message, "use the issuer of your own tenant")
        return
    if not audiences(issuer):
        yield mistake(path, "`audience` is missing, expected what tokens for S3 carry as `aud`", "add `audience: ...`")
    if len(issuer.audience) > PROVIDER_CLIENT_IDS:
        yield mistake(f"{path}.audience", f"got {len(issuer.audience)} audiences, expected at most {PROVIDER_CLIENT_IDS}")
    for index, audience in enumerate(issuer.audience):
        if unwritable(audience):
            yield mistake(f"{path}.audience[{index}]", f"got `{audience}`, which has characters that IAM cannot write")
        if not 1 <= len(audience) <= PROVIDER_CLIENT_ID_CHARACTERS:
            message = f"got an audience of {len(audience)} characters, expected 1 to {PROVIDER_CLIENT_ID_CHARACTERS}"
            yield mistake(f"{path}.audience[{index}]", message)
    if len(issuer.thumbprints) > PROVIDER_THUMBPRINTS:
        yield mistake(f"{path}.thumbprints", f"got {len(issuer.thumbprints)} thumbprints, expected at most {PROVIDER_THUMBPRINTS}")
    if issuer.provider.startswith("arn:") and ":oidc-provider/" not in issuer.provider:
        yield mistake(
            f"{path}.provider", f"got `{issuer.provider}`, expected the ARN of an OIDC provider", "arn:aws:iam::<account>:oidc-provider/..."
        )
    yield from _options(path, issuer, known)


def _options(path: str, issuer: Issuer, known: Preset) -> Iterator[Diagnostic]:
    """What an issuer is said to be and cannot be."""
    if issuer.several_audiences and (known.authorized_party is None or issuer.authorized_party is False):
        message = f"got `several_audiences`, but AWS refuses such tokens without `azp`, which {known.title} is not declared to have"
        yield mistake(f"{path}.several_audiences", message, "have it make tokens for one audience")
    if issuer.single_tenant and is_shared(issuer_url(issuer)):
        message = f"got `single_tenant`, but `{issuer_url(issuer)}` makes tokens for everybody"
        yield mistake(f"{path}.single_tenant", message, "remove it, and pin whole subjects")
    if issuer.authorized_party and known.authorized_party is None:
        yield mistake(f"{path}.authorized_party", f"got `true`, but no field of {known.title} says which client `azp` is", "remove it")


def identity_mistakes(path: str, identity: Identity, issuers: Mapping[str, Issuer]) -> Iterator[Diagnostic]:
    """All that is wrong with an identity."""
    issuer = issuers.get(identity.issuer)
    if issuer is None:
        yield mistake(f"{path}.issuer", f"got the unknown issuer `{identity.issuer}`", nearest(identity.issuer, issuers))
        return
    known = PRESETS.get(issuer.preset)
    if known is None:
        return
    strangers = [name for name in identity.claims if name not in known.fields]
    for name in strangers:
        message = f"got the unknown field `{name}`, expected a field of {known.title}"
        yield mistake(f"{path}.{name}", message, nearest(name, known.fields))
    if not strangers and known.format_of(identity.claims) is None:
        options = "; ".join(" + ".join(known_format.fields) for known_format in known.subjects)
        # SECURITY: a trust without a whole subject lets every token of the issuer in.
        got = "the fields " + " + ".join(identity.claims) if identity.claims else "no field that says who"
        begun = [each.fields for each in known.subjects if identity.claims and identity.claims.keys() < set(each.fields)]
        least = min(map(len, begun), default=0)
        lacking = [[name for name in fields if name not in identity.claims] for fields in begun if len(fields) == least]
        added = " or ".join(" and ".join(f"`{name}:`" for name in names) for names in lacking)
        yield mistake(path, f"got {got}, expected one of: {options}", f"add {added}: {ANYBODY}" if added else ANYBODY)
    elif not strangers:
        yield from _subject(path, identity, known, issuer)
    claims = [*STANDARD_CLAIMS, *provider_claims(provider_path(issuer_url(issuer)))]
    for claim, values in identity.require.items():
        if claim not in claims:
            message = f"got the claim `{claim}`, which AWS does not read from this issuer"
            yield mistake(f"{path}.require.{claim}", message, nearest(claim, claims))
        elif claim == "amr":
            yield mistake(f"{path}.require.amr", "got `amr`, which has several values", "require another claim")
        elif claim in {"sub", "aud", "oaud"}:
            yield mistake(f"{path}.require.{claim}", f"got `{claim}`, which the identity and the issuer pin already", "remove it")
        elif not values:
            yield mistake(f"{path}.require.{claim}", "got no value, expected at least one")
        elif any(unwritable(value) for value in values):
            yield mistake(f"{path}.require.{claim}", "got a value with characters that IAM cannot write", "remove the control characters")


def is_shared(url: str) -> bool:
    """True of an issuer that is known to make tokens for many tenants."""
    provider = provider_path(url)
    host = provider.partition("/")[0]
    of_everybody = any(preset.url is not None and host == provider_path(preset.url).partition("/")[0] for preset in PRESETS.values())
    by_name = any(host == shared or host.endswith(f".{shared}") for shared in KNOWN_BY_NAME)
    return of_everybody or by_name or provider in BUILT_IN_PROVIDERS or demanded_scope(provider) is not None


def _subject(path: str, identity: Identity, known: Preset, issuer: Issuer) -> Iterator[Diagnostic]:
    url, kind = issuer_url(issuer), known.format_of(identity.claims)
    exact_fields = {name for _, template in (kind.requires if kind else ()) for name in identity.claims if f"{{{name}}}" in template}
    wild = [name for name, value in identity.claims.items() if WILDCARDS & set(value)]
    for name, value in identity.claims.items():
        if not value.strip():
            yield mistake(f"{path}.{name}", f"got an empty `{name}`", "say who exactly")
        elif unwritable(value):
            yield mistake(f"{path}.{name}", f"got `{value}`, which has characters that IAM cannot write", "remove the control characters")
        elif name in known.forms and re.fullmatch(known.forms[name], value) is None:
            yield mistake(f"{path}.{name}", f"got `{value}`, expected {known.fields[name]}", _in_form(value, known.forms[name], known))
        elif name in wild and identity.unsafe_wildcard is None:
            message = f"got `{value}`, expected an exact value without `*` and `?`"
            yield mistake(f"{path}.{name}", message, "add `unsafe_wildcard: <the reason>` where many subjects are meant")
        elif name in wild and name == known.authorized_party:
            yield mistake(f"{path}.{name}", f"got `{value}`, but the audience must be exact", "name the client")
        elif name in wild and name == known.owned and _owner_is_open(value) and not issuer.single_tenant:
            # SECURITY: anybody can register a name that begins like that of another owner.
            message = f"got `{value}`, whose first part says whose it is, and must be exact"
            yield mistake(f"{path}.{name}", message, "name the owner, and put the wildcard behind its `/`")
        elif name in wild and name in exact_fields:
            yield mistake(f"{path}.{name}", f"got `{value}`, but the claim must be exact", "name it")
    if identity.unsafe_wildcard is not None and not wild:
        yield mistake(f"{path}.unsafe_wildcard", "got a reason for a wildcard, but there is none", "remove it")
    if not wild or identity.unsafe_wildcard is None:
        return
    bare = known.subjects_of(dict.fromkeys(identity.claims, "*"), url)
    for subject, least in zip(known.subjects_of(identity.claims, url), bare, strict=True):
        # SECURITY: a wildcard at the start takes in the tenants of strangers, unless the issuer has none.
        if len(_literal_head(subject)) <= len(_literal_head(least)) and not (issuer.single_tenant and subject.strip("*?")):
            message = f"got the subject `{subject}`, expected literal text before the first wildcard"
            yield mistake(path, message, "begin with what only you can be: your organization, repository or project")
            return


def _owner_is_open(value: str) -> bool:
    """Whether a wildcard stands in what the value has before its first slash, behind some text."""
    owner = value.partition("/")[0]
    return bool(WILDCARDS & set(owner) and _literal_head(owner))


def _in_form(value: str, form: str, known: Preset) -> str:
    """The remedy for a value that does not have its form."""
    bare = SURROUNDINGS.sub("", value).strip("/").removesuffix(".git")
    return f"write `{bare}`" if re.fullmatch(form, bare) else f"write it in full, as {known.title} shows it"


def _literal_head(pattern: str) -> str:
    return re.split(r"[*?]", pattern, maxsplit=1)[0]
