"""Resources, made: Pulumi components for any Pulumi program, and the embedded engine that runs programs without Pulumi's own.

In a Pulumi program (`pip install '.[pulumi]'`)::

    import bucketpass
    from bucketpass.provision import FederatedAccess

    FederatedAccess("ai", access=bucketpass.load("access.yaml"))

`OidcIssuer`, `ServiceRole` and `ProtectedBucket` are its parts by themselves. The embedded engine is
`bucketpass.provision.embedded`. Pulumi is imported when a component is first touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.provision.components.federated_access import FederatedAccess
    from bucketpass.provision.components.oidc_issuer import OidcIssuer
    from bucketpass.provision.components.protected_bucket import ProtectedBucket
    from bucketpass.provision.components.service_role import ServiceRole

__all__ = ["FederatedAccess", "OidcIssuer", "ProtectedBucket", "ServiceRole"]

_MODULES = {
    "FederatedAccess": "components.federated_access",
    "OidcIssuer": "components.oidc_issuer",
    "ProtectedBucket": "components.protected_bucket",
    "ServiceRole": "components.service_role",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    from importlib import import_module

    try:
        return getattr(import_module(f"bucketpass.provision.{_MODULES[name]}"), name)
    except ImportError as missing:
        from bucketpass.errors import MissingExtra

        raise MissingExtra("pulumi", missing.name or "pulumi") from None
