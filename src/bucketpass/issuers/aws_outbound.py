"""AWS outbound federation: another account's roles carry tokens of that account's own issuer."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="aws",
    title="AWS outbound identity federation",
    subjects=(SubjectFormat(("role_arn",), ("{role_arn}",)), SubjectFormat(("subject",), ("{subject}",))),
    fields={"role_arn": "the ARN of the IAM role", "subject": "the token's `sub`, exactly"},
    evidence=Evidence.PARTLY,
    urls=("https://{id}.tokens.sts.global.api.aws",),
    notes=("not confirmed in full by AWS's own text: the subject is the IAM role's ARN",),
)
