"""The component package: what a program in any language gets of `pulumi package add`.

`python -m bucketpass.provision.components.package` prints its schema, as `pulumi/schema.json` holds it.
"""

import json

from pulumi.provider.experimental.component import ComponentProvider

from bucketpass import __version__
from bucketpass.provision.components.federated_access import FederatedAccess
from bucketpass.provision.components.oidc_issuer import OidcIssuer
from bucketpass.provision.components.protected_bucket import ProtectedBucket
from bucketpass.provision.components.service_role import ServiceRole

__all__ = ["COMPONENTS", "NAME", "schema_text"]

NAME = "bucketpass"
COMPONENTS = [FederatedAccess, OidcIssuer, ProtectedBucket, ServiceRole]


def schema_text() -> str:
    """The package's schema, which Pulumi makes of the components' annotations and docstrings."""
    schema = ComponentProvider(list(COMPONENTS), NAME, version=__version__).schema
    return json.dumps(json.loads(schema or "{}"), indent=2) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
