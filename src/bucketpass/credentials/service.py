"""The provider of this process: one for each set of options, however many clients ask for it."""

from __future__ import annotations

from collections.abc import Callable

from bucketpass.credentials.assemble import assemble, options_given
from bucketpass.credentials.provider import Provider, provider_from
from bucketpass.identity.callable import CallableSource
from bucketpass.identity.interface import TokenSource
from bucketpass.secret import Secret

__all__ = ["service_provider"]

MADE: dict[tuple[tuple[str, str], ...], Provider] = {}


def service_provider(
    *,
    role_arn: str | None = None,
    source: str | TokenSource | Callable[[], str | Secret] | None = None,
    audience: str | None = None,
    session_name: str | None = None,
    duration: int | None = None,
    policy_file: str | None = None,
    prefix: str | None = None,
    access: str | None = None,
    declaration: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    ca_bundle: str | None = None,
    cache: str | None = None,
) -> Provider:
    """Valid credentials of the role, for as long as the process runs. What is not given comes from the environment.

    `source` is a kind's name (`github`, `file:PATH` …), a TokenSource, or a function that returns a token. `cache` is a
    directory, or `off`. `prefix` (`BUCKET/PREFIX`) and `access` (`read`, `read,write` …) make a session that reaches nothing else;
    with `declaration` (an access.yaml) what the role does not have is refused here.

    Raises InvalidInput, or IdentityError where no token source is found.
    """
    values = options_given(
        role_arn=role_arn,
        source=source if isinstance(source, str) else None,
        audience=audience,
        session_name=session_name,
        duration=duration,
        policy_file=policy_file,
        prefix=prefix,
        access=access,
        declaration=declaration,
        region=region,
        endpoint_url=endpoint_url,
        ca_bundle=ca_bundle,
        cache=cache,
    )
    if source is not None and not isinstance(source, str):
        own = CallableSource(source) if callable(source) else source
        return provider_from(assemble(values, source=own))
    return provider_of(values)


def provider_of(values: dict[str, str]) -> Provider:
    """This process's provider for these options."""
    key = tuple(sorted(values.items()))
    # No lock, which a fork could copy while it is held. A second provider that loses here has started nothing yet.
    return MADE.get(key) or MADE.setdefault(key, provider_from(assemble(values), recipe=(provider_of, (values,))))
