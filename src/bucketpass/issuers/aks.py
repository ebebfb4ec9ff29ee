"""Azure Kubernetes Service: each cluster has an issuer URL of its own, where that is turned on."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset
from bucketpass.issuers.kubernetes import SERVICE_ACCOUNT_FIELDS, SERVICE_ACCOUNT_REUSE, SERVICE_ACCOUNT_SUBJECTS

__all__ = ["PRESET"]

PRESET = Preset(
    name="aks",
    title="Azure Kubernetes Service",
    subjects=SERVICE_ACCOUNT_SUBJECTS,
    fields=SERVICE_ACCOUNT_FIELDS,
    evidence=Evidence.PARTLY,
    urls=("https://{region}.oic.prod-aks.azure.com/{tenant}/{cluster}", "https://{region}.oic.prod-aks.azure.com/{tenant}/{cluster}/"),
    audience="sts.amazonaws.com",
    trailing_slash=None,
    notes=(
        "not confirmed: whether the issuer ends with a slash; copy it from the cluster",
        "keep exactly one audience in the projected token: AWS refuses several without `azp`",
    ),
    reused_names=SERVICE_ACCOUNT_REUSE,
)
