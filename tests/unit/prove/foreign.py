"""Policies of the shapes that AWS's documentation and blogs show, and that people copy: written here, faults and all."""

import json

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.policy import parse_policy

ACCOUNT = "111122223333"
GITHUB_URL, OKTA_URL = "https://token.actions.githubusercontent.com", "https://acme.okta.com/oauth2/default"
GITHUB = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com", GITHUB_URL, ("sts.amazonaws.com",))
OKTA = TrustedProvider(f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com/oauth2/default", OKTA_URL, ("s3-data",))


def trust(provider: TrustedProvider, condition: object, **more: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider.arn}, "Action": "sts:AssumeRoleWithWebIdentity", **more}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}


# As AWS's guide for GitHub Actions has it: audience and subject.
DOCUMENTED_TRUST = trust(
    GITHUB,
    {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo-org/octo-repo:*"},
    },
)
# As the S3 guide has it: a home folder for each user, listed by prefix.
DOCUMENTED_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::data",
         "Condition": {"StringLike": {"s3:prefix": ["", "home/", "home/${aws:PrincipalTag/user}/*"]}}},
        {"Sid": "Own", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
         "Resource": "arn:aws:s3:::data/home/${aws:PrincipalTag/user}/*"},
    ],
}  # fmt: skip
# As the S3 guide has it: only requests over TLS.
DOCUMENTED_BUCKET = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
         "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
}  # fmt: skip
# The classic program: the keys of the condition are made from the provider's URL, scheme and all.
CLASSIC_TRUST = trust(OKTA, {"StringEquals": {f"{OKTA.url}:aud": "s3-data", f"{OKTA.url}:sub": "0oa1trainer"}})
CLASSIC_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]}],
}


def deployment(
    trust_policy: object, policy: object = DOCUMENTED_POLICY, bucket_policy: object | None = DOCUMENTED_BUCKET, *providers: TrustedProvider
) -> Deployment:
    """One role and one bucket with these documents, as JSON from elsewhere."""

    def named(name: str, document: object) -> NamedPolicy:
        return NamedPolicy(name, parse_policy(json.dumps(document)))

    role = DeployedRole(f"arn:aws:iam::{ACCOUNT}:role/app", named("trust", trust_policy), (named("policy", policy),))
    bucket = DeployedBucket("data", "arn:aws:s3:::data", ACCOUNT, None if bucket_policy is None else named("bucket policy", bucket_policy))
    return Deployment(Target(ACCOUNT, "eu-central-1"), providers or (GITHUB, OKTA), (role,), (bucket,))
