"""Google Kubernetes Engine: the issuer is the cluster's own address."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset
from bucketpass.issuers.kubernetes import SERVICE_ACCOUNT_FIELDS, SERVICE_ACCOUNT_REUSE, SERVICE_ACCOUNT_SUBJECTS

__all__ = ["PRESET"]

PRESET = Preset(
    name="gke",
    title="Google Kubernetes Engine",
    subjects=SERVICE_ACCOUNT_SUBJECTS,
    fields=SERVICE_ACCOUNT_FIELDS,
    evidence=Evidence.PARTLY,
    urls=("https://container.googleapis.com/v1/projects/{project}/locations/{location}/clusters/{cluster}",),
    audience="sts.amazonaws.com",
    notes=(
        "not confirmed in full by Google's own text: the form of the issuer",
        "keep exactly one audience in the projected token: AWS refuses several without `azp`",
    ),
    reused_names=SERVICE_ACCOUNT_REUSE,
)
