"""Kubernetes: a cluster's own issuer, and the projected token of a service account."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET", "SERVICE_ACCOUNT_FIELDS", "SERVICE_ACCOUNT_REUSE", "SERVICE_ACCOUNT_SUBJECTS"]

SERVICE_ACCOUNT_SUBJECTS = (
    SubjectFormat(("namespace", "service_account"), ("system:serviceaccount:{namespace}:{service_account}",)),
    SubjectFormat(("subject",), ("{subject}",)),
)
SERVICE_ACCOUNT_FIELDS = {
    "namespace": "the namespace of the service account",
    "service_account": "the service account's name",
    "subject": "the token's `sub`, exactly",
}
# Seen at Kubernetes 1.36: a token carries the account's `uid`, which AWS does not read.
SERVICE_ACCOUNT_REUSE = "whoever may make service accounts in the namespace can make one of this name anew, with the same subject"

PRESET = Preset(
    name="kubernetes",
    title="Kubernetes",
    subjects=SERVICE_ACCOUNT_SUBJECTS,
    fields=SERVICE_ACCOUNT_FIELDS,
    evidence=Evidence.PARTLY,
    audience="sts.amazonaws.com",
    trailing_slash=None,
    reused_names=SERVICE_ACCOUNT_REUSE,
    notes=(
        "not confirmed for each distribution: what its issuer is; `kubectl get --raw /.well-known/openid-configuration` says it",
        "keep exactly one audience in the projected token: AWS refuses several without `azp`",
    ),
)
