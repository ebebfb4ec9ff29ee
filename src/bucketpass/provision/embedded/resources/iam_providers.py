"""IAM: OIDC providers.

Which properties replace a resource: Terraform AWS provider's `aws_iam_*` schemas, on which pulumi-aws is built. [K]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.resources.calls import ignoring, key_values, plain_tags, tag_changes, unless
from bucketpass.provision.embedded.resources.iam import GONE
from bucketpass.provision.embedded.resources.interface import Alone, Made, Property
from bucketpass.provision.embedded.values import Properties, Value, text, texts

__all__ = ["OpenIdConnectProvider"]


def _without_scheme(url: str) -> str:
    """An issuer's URL as IAM keeps it."""
    return url.removeprefix("https://")


class OpenIdConnectProvider(Alone):
    """`aws.iam.OpenIdConnectProvider`."""

    tokens = ("aws:iam/openIdConnectProvider:OpenIdConnectProvider",)
    properties = (
        Property("url", replace=True, alike=_without_scheme),
        Property("clientIdLists", unordered=True),
        Property("thumbprintLists", filled=True),
        Property("tags"),
    )

    def find(self, aws: RegionClients, wanted: Properties) -> str | None:
        """The provider's ARN, which its URL makes."""
        return f"arn:{aws.partition}:iam::{aws.account}:oidc-provider/{_without_scheme(text(wanted, 'url'))}"

    def create(self, aws: RegionClients, wanted: Properties) -> Made:
        """The provider exists. The URL that it puts out has no scheme, as that of AWS's provider."""
        options: dict[str, Any] = {"ThumbprintList": texts(wanted, "thumbprintLists")} if wanted.get("thumbprintLists") else {}
        arn = aws.iam.create_open_id_connect_provider(
            Url=text(wanted, "url"),
            ClientIDList=texts(wanted, "clientIdLists"),
            Tags=key_values(wanted),  # type: ignore[arg-type]
            **options,
        )["OpenIDConnectProviderArn"]
        # AWS looks the thumbprint up where none is given.
        return Made(arn, dict(self.read(aws, arn) or {"arn": arn, "url": _without_scheme(text(wanted, "url"))}))

    def read(self, aws: RegionClients, identifier: str) -> Properties | None:
        """The provider of an ARN."""
        found = unless(GONE, lambda: aws.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=identifier))
        if found is None:
            return None
        tags = plain_tags(found.get("Tags", ()))
        return {
            "arn": identifier,
            "url": _without_scheme(found["Url"]),
            "clientIdLists": list(found.get("ClientIDList", ())),
            "thumbprintLists": list(found.get("ThumbprintList", ())),
            "tags": tags,
            "tagsAll": tags,
        }

    def update(self, aws: RegionClients, identifier: str, old: Properties, new: Properties) -> Mapping[str, Value]:
        """Client IDs, thumbprints and tags are as in `new`."""
        before, after = set(texts(old, "clientIdLists")), set(texts(new, "clientIdLists"))
        for client in sorted(after - before):
            aws.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=identifier, ClientID=client)
        for client in sorted(before - after):
            aws.iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=identifier, ClientID=client)
        if texts(new, "thumbprintLists") and texts(old, "thumbprintLists") != texts(new, "thumbprintLists"):
            aws.iam.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=identifier, ThumbprintList=texts(new, "thumbprintLists")
            )
        removed, changed = tag_changes(old, new)
        if removed:
            aws.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=identifier, TagKeys=removed)
        if changed:
            aws.iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=identifier, Tags=key_values(new))  # type: ignore[arg-type]
        return {}

    def delete(self, aws: RegionClients, identifier: str, last: Properties) -> None:
        """The provider is gone."""
        with ignoring(*GONE):
            aws.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=identifier)
