"""Amazon EKS: each cluster has an issuer of its own; the service account is the identity (IRSA)."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset
from bucketpass.issuers.kubernetes import SERVICE_ACCOUNT_FIELDS, SERVICE_ACCOUNT_REUSE, SERVICE_ACCOUNT_SUBJECTS

__all__ = ["PRESET"]

PRESET = Preset(
    name="eks",
    title="Amazon EKS",
    subjects=SERVICE_ACCOUNT_SUBJECTS,
    fields=SERVICE_ACCOUNT_FIELDS,
    evidence=Evidence.SEEN,
    urls=(
        "https://oidc.eks.{region}.amazonaws.com/id/{cluster}",
        "https://oidc.eks.{region}.amazonaws.com.cn/id/{cluster}",
        "https://oidc-eks.{region}.api.aws/id/{cluster}",
    ),
    audience="sts.amazonaws.com",
    reused_names=SERVICE_ACCOUNT_REUSE,
)
