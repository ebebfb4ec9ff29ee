"""Further policies and trust statements of a service."""

import json

import pytest

from bucketpass.errors import DeclarationError
from bucketpass.model import Access, parse_access

HEAD = """
issuers: {ci: {preset: github}}
buckets: {data: {}}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    %s
"""


def mistakes(field: str) -> list[tuple[str, str]]:
    with pytest.raises(DeclarationError) as raised:
        parse_access(HEAD % field)
    return [(found.place.path, found.message) for found in raised.value.diagnostics()]


def access(field: str) -> Access:
    return parse_access(HEAD % field)


@pytest.mark.parametrize(
    ("field", "path", "words"),
    [
        ("policies: nothing", "services.job.policies[0]", "got `nothing`, expected the ARN of a managed policy, or a policy"),
        ("policies: 'arn:aws:iam::aws:role/x'", "services.job.policies[0]", "expected the ARN of a managed policy"),
        ("policies: {Statement: []}", "services.job.policies[0]", "not a policy"),
        (
            "policies: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*', Principal: '*'}}",
            "services.job.policies[0]",
            "not a policy",
        ),
        ("policies: '{'", "services.job.policies[0]", "expected the ARN of a managed policy, or a policy"),
        ("policies: '{]}'", "services.job.policies[0]", "not a policy"),
        (
            "policies: {Version: 2008-10-17, Statement: {Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/${x}'}}",
            "services.job.policies[0]",
            "of version 2008-10-17 with `${`",
        ),
        ("trust: 'arn:aws:sts::111122223333:assumed-role/a/b'", "services.job.trust[0]", "expected the ARN of a role"),
        ("trust: 'arn:aws:iam::111122223333:role/*'", "services.job.trust[0]", "expected the ARN of a role"),
        ("trust: eks", "services.job.trust[0]", "expected the ARN of a principal, an AWS service"),
        ("trust: {Effect: Allow, Action: 'sts:AssumeRole', Principal: '*'}", "services.job.trust[0]", "not a policy"),
        ("trust: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '*'}}", "services.job.trust[0]", "which is everybody"),
        (
            "trust: {Effect: Allow, Action: 'sts:AssumeRoleWithWebIdentity', Principal: {Federated: cognito-identity.amazonaws.com}, "
            "Condition: {StringEquals: {'cognito-identity.amazonaws.com:aud': x}}}",
            "services.job.trust[0]",
            "a federated principal",
        ),
        ("trust: {Effect: Allow, Action: 'sts:AssumeRole'}", "services.job.trust[0]", "not a policy"),
        ("trust: '{x}'", "services.job.trust[0]", "not JSON"),
    ],
)
def test_what_aws_or_sense_refuses_is_reported_at_its_place(field: str, path: str, words: str) -> None:
    found = mistakes(field)
    assert [(place, words in message) for place, message in found][:1] == [(path, True)], found


@pytest.mark.parametrize(
    "field",
    [
        "policies: arn:aws:iam::aws:policy/ReadOnlyAccess",
        "policies: [arn:aws:iam::111122223333:policy/team/own]",
        "trust: [ec2.amazonaws.com, 'sso:Debuggers', 'arn:aws:iam::111122223333:root']",
        "trust: {Effect: Deny, Action: 'sts:AssumeRole', Principal: {AWS: '*'}, Condition: {Bool: {'aws:SecureTransport': 'false'}}}",
    ],
)
def test_what_aws_takes_is_taken(field: str) -> None:
    access(field)


def test_a_policy_as_a_mapping_is_the_same_as_its_json() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}]}
    mapping = access("policies: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: 'bedrock:InvokeModel', Resource: '*'}]}")
    text = json.dumps(document, separators=(",", ":"))
    assert mapping.services["job"].policies == (text,)
    assert access(f"policies: '{text}'") == mapping
