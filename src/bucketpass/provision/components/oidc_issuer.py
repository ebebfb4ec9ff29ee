"""`OidcIssuer`: an identity provider as IAM knows it, by itself."""

# Annotations are evaluated here: Pulumi reads those of components and of their arguments.

from typing import Any, Unpack, overload

import pulumi

from bucketpass.compile.names import Names
from bucketpass.compile.plan import Plan, ProviderPlan, Target
from bucketpass.issuers import audiences, issuer_url, provider_path
from bucketpass.model import Access
from bucketpass.provision.components.arguments import OidcIssuerArgs
from bucketpass.provision.components.blueprinted import Blueprinted, one_line
from bucketpass.provision.components.declared import Tree, declared, given

__all__ = ["OidcIssuer"]

ISSUER = "provider"
NOTHING: OidcIssuerArgs = {}


class OidcIssuer(Blueprinted):
    """An identity provider that roles can trust."""

    arn: pulumi.Output[str]
    """The ARN of the IAM provider."""
    url: pulumi.Output[str]
    """The issuer URL."""
    condition_prefix: pulumi.Output[str]
    """What stands before `:aud` and `:sub` in the condition keys of a trust policy."""

    @overload
    def __init__(self, resource_name: str, args: OidcIssuerArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...

    @overload
    def __init__(self, resource_name: str, *, opts: pulumi.ResourceOptions | None = None, **arguments: Unpack[OidcIssuerArgs]) -> None: ...

    @one_line
    def __init__(
        self, resource_name: str, args: OidcIssuerArgs = NOTHING, opts: pulumi.ResourceOptions | None = None, **arguments: Any
    ) -> None:
        super().__init__("OidcIssuer", resource_name, opts, root=ISSUER)
        file = f"OidcIssuer {resource_name}"
        access, later = declared(given(file, args, arguments), _spelled, file, ((f"issuers.{ISSUER}", ""),))
        target = self._target()
        made = self._make(access, later, lambda known: _plan(known, target))
        provider = made["iam.OpenIdConnectProvider", ISSUER]
        self.arn = self._outputs["provider_arns"][ISSUER]
        # Whoever takes the URL from here depends on the provider: IAM takes no trust in one that does not exist.
        url = self._given["iam.OpenIdConnectProvider", ISSUER]["url"]
        self.url = pulumi.Output.all(url, provider.url).apply(lambda known: str(known[0]))
        self.condition_prefix = self.url.apply(provider_path)
        self.register_outputs({"arn": self.arn, "url": self.url, "condition_prefix": self.condition_prefix})


def _spelled(args: Tree) -> Tree:
    issuer = {name: value for name, value in args.items() if name != "tags"}
    return {"issuers": {ISSUER: issuer}, "buckets": {}, "services": {}, "tags": args.get("tags", {})}


def _plan(access: Access, target: Target) -> Plan:
    issuer = access.issuers[ISSUER]
    provider = ProviderPlan(
        name=ISSUER,
        arn=Names(access, target).provider_arn(issuer),
        url=issuer_url(issuer),
        client_ids=tuple(sorted(audiences(issuer))),
        thumbprints=issuer.thumbprints,
        tags=tuple(sorted(access.tags.items())),
    )
    return Plan(target, providers=(provider,))
