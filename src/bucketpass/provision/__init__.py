"""Resources, made: the Pulumi component for any Pulumi program, and the embedded engine that runs programs without Pulumi's own.

In a Pulumi program (`pip install 'bucketpass[pulumi]'`)::

    import bucketpass
    from bucketpass.provision import FederatedAccess

    FederatedAccess("ai", access=bucketpass.load("access.yaml"))

The embedded engine is `bucketpass.provision.embedded`. Pulumi is imported when `FederatedAccess` is first touched.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from bucketpass.provision.component import FederatedAccess

__all__ = ["FederatedAccess"]


def __getattr__(name: str) -> object:
    if name == "FederatedAccess":
        from bucketpass.provision.component import FederatedAccess

        return FederatedAccess
    raise AttributeError(name)
