"""A row of the registry of findings, and the pages of documentation that rows link to."""

from __future__ import annotations

from dataclasses import dataclass

from bucketpass.errors import Severity

__all__ = ["BUCKET_POLICY_SAFETY", "CREATE_PROVIDER", "ERROR_RESPONSES", "GITHUB_OIDC", "IAM", "S3", "SDK", "STS", "Code"]

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
STS = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"
SDK = "https://docs.aws.amazon.com/sdkref/latest/guide/"
CREATE_PROVIDER = IAM + "id_roles_providers_create_oidc.html"
BUCKET_POLICY_SAFETY = S3 + "security-best-practices.html"
ERROR_RESPONSES = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"
GITHUB_OIDC = "https://docs.github.com/actions/concepts/security/openid-connect"


@dataclass(frozen=True, slots=True)
class Code:
    """What a finding's code means, whoever raises it.

    title: one line, in lower case and without a full stop. explanation: whole sentences: what it is, and why it matters.
    remedy: what to do, an imperative; a finding may say it more exactly. link: the page that says more, or nothing.
    """

    name: str
    severity: Severity
    title: str
    explanation: str
    remedy: str
    link: str = ""
