"""A role that an OIDC identity may assume, with access to one bucket: written by hand, without bucketpass."""

import json

import pulumi
import pulumi_aws as aws

issuer = aws.iam.OpenIdConnectProvider("issuer", url="https://acme.okta.com/oauth2/default", client_id_lists=["s3-data"])

bucket = aws.s3.Bucket("data", acl="private")

role = aws.iam.Role(
    "trainer",
    assume_role_policy=pulumi.Output.all(issuer.arn, issuer.url).apply(
        lambda args: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Federated": args[0]},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {"StringEquals": {f"{args[1]}:aud": "s3-data", f"{args[1]}:sub": "0oa1trainer"}},
                    }
                ],
            }
        )
    ),
)

policy = aws.iam.Policy(
    "read-data",
    policy=bucket.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [f"{arn}/*"]}],
            }
        )
    ),
)

aws.iam.RolePolicyAttachment("trainer-reads-data", role=role.name, policy_arn=policy.arn)

pulumi.export("role_arn", role.arn)
pulumi.export("bucket_name", bucket.id)
pulumi.export("policy_arn", policy.arn)
