"""Kubernetes: a cluster's own issuer, and the projected token of a service account."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET", "SERVICE_ACCOUNT_FIELDS", "SERVICE_ACCOUNT_SUBJECTS"]

SERVICE_ACCOUNT_SUBJECTS = (
    SubjectFormat(("namespace", "service_account"), ("system:serviceaccount:{namespace}:{service_account}",)),
    SubjectFormat(("subject",), ("{subject}",)),
)
SERVICE_ACCOUNT_FIELDS = {
    "namespace": "the namespace of the service account",
    "service_account": "the service account's name",
    "subject": "the token's `sub`, exactly",
}

PRESET = Preset(
    name="kubernetes",
    title="Kubernetes",
    subjects=SERVICE_ACCOUNT_SUBJECTS,
    fields=SERVICE_ACCOUNT_FIELDS,
    evidence=Evidence.PARTLY,
    audience="sts.amazonaws.com",
    trailing_slash=None,
    notes=(
        "not confirmed for each distribution: what its issuer is; `kubectl get --raw /.well-known/openid-configuration` says it",
        "keep exactly one audience in the projected token: AWS refuses several without `azp`",
    ),
)
