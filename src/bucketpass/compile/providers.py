"""The IAM OIDC providers that the services' issuers need: one for each URL, since IAM takes no second."""

from __future__ import annotations

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile.names import Names
from bucketpass.compile.plan import ProviderPlan
from bucketpass.issuers import issuer_url, pinned_audiences

__all__ = ["provider_plans"]


def provider_plans(names: Names) -> tuple[ProviderPlan, ...]:
    """Providers of issuers that a service uses, with every client ID that its trusts name. Built-in ones need none."""
    client_ids: dict[str, set[str]] = {}
    first: dict[str, str] = {}
    for service in names.access.services.values():
        for identity in service.identity:
            issuer = names.access.issuers[identity.issuer]
            arn = names.provider_arn(issuer)
            if arn not in BUILT_IN_PROVIDERS:
                first.setdefault(arn, identity.issuer)
                client_ids.setdefault(arn, set()).update(pinned_audiences(issuer, identity))
    return tuple(
        ProviderPlan(
            name=name,
            arn=arn,
            url=issuer_url(names.access.issuers[name]),
            client_ids=tuple(sorted(client_ids[arn])),
            thumbprints=names.access.issuers[name].thumbprints,
            create=names.access.issuers[name].provider == "create",
            tags=names.tags(),
        )
        for arn, name in first.items()
    )
