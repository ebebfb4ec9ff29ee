"""Kubernetes: a service account's token, projected into the pod for an audience of its own."""

from __future__ import annotations

from bucketpass.identity.file import FileSource
from bucketpass.identity.interface import Machine, NotHere, TokenSource

__all__ = ["PROJECTED_PATHS", "detect"]

# Where projected tokens are mounted: by this project's own examples, and by the EKS webhook.
PROJECTED_PATHS = (
    "/var/run/secrets/bucketpass/token",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
)
# SECURITY: /var/run/secrets/kubernetes.io/serviceaccount/token is not here. Its audience is the cluster's own API server:
# sending it elsewhere would hand the pod's rights in the cluster to whoever reads it.


def detect(machine: Machine, argument: str | None, audience: str | None) -> TokenSource | NotHere:
    """The projected token; `argument` is its path where it is mounted elsewhere."""
    path = argument or next((path for path in PROJECTED_PATHS if machine.has_file(path)), None)
    if path is None:
        return NotHere(
            f"in a pod, but no token at `{'` or `'.join(PROJECTED_PATHS)}`: "
            "add a projected volume with a serviceAccountToken (bucketpass configure SERVICE --for kubernetes prints it)"
        )
    return FileSource(machine, path, "kubernetes")
