"""What every provider's component gives: a client, and what AWS will see in its tokens."""

# Annotations are evaluated here: Pulumi reads those of components.

from collections.abc import Mapping, Sequence
from typing import ClassVar

import pulumi

__all__ = ["TAGS_CLAIM", "ServiceIdentity", "flat_tags", "nested_tags"]

TAGS_CLAIM = "https://aws.amazon.com/tags"


class ServiceIdentity(pulumi.ComponentResource):
    """A client at an identity provider, for one service.

    preset: the kind of issuer that it is a client of.
    tags: the session tags that its tokens set.
    """

    preset: ClassVar[str]

    url: pulumi.Output[str]
    """The issuer URL, as in the token's `iss`."""
    audience: pulumi.Output[Sequence[str]]
    """The audiences of its tokens."""
    claims: pulumi.Output[Mapping[str, str]]
    """The fields of the service's identity, as access.yaml has them."""
    client_id: pulumi.Output[str]
    """What the service asks for tokens with."""
    client_secret: pulumi.Output[str]
    """The same, secret."""

    def __init__(self, kind: str, name: str, tags: Mapping[str, str] | None, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"bucketpass:identity:{kind}", name, None, opts)
        self.tags = dict(tags or {})

    def _give(
        self,
        url: pulumi.Input[str],
        audience: pulumi.Input[str],
        claims: Mapping[str, pulumi.Input[str]],
        client_id: pulumi.Input[str],
        client_secret: pulumi.Input[str],
    ) -> None:
        """The outputs are these."""
        self.url = pulumi.Output.from_input(url)
        self.audience = pulumi.Output.all(audience)
        self.claims = pulumi.Output.all(**claims)
        self.client_id = pulumi.Output.from_input(client_id)
        self.client_secret = pulumi.Output.secret(client_secret)
        names = ("url", "audience", "claims", "client_id", "client_secret")
        self.register_outputs({name: getattr(self, name) for name in names})


def nested_tags(tags: Mapping[str, str]) -> dict[str, object]:
    """The value of AWS's claim for session tags [A]. Tags end with the session: none is handed on to a role that it assumes."""
    return {"principal_tags": {name: [value] for name, value in tags.items()}}


def flat_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The same as one claim a tag, for providers that cannot write nested claims [B]."""
    return {f"{TAGS_CLAIM}/principal_tags/{name}": value for name, value in tags.items()}
