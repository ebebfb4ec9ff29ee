"""What a deployed declaration comes back as."""

from dataclasses import replace

import pytest
from tests.unit.provision.adoption.accounts import ID, deployed

from bucketpass.compile import Target, compile_access
from bucketpass.model import Access, parse_access
from bucketpass.provision.adoption import propose

TARGET = Target(ID, "eu-west-1")
DECLARED = """
name_prefix: acme-
issuers: {{okta: {{preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}}}}
buckets:
  data: {{name: acme-data, {bucket}}}
  public: {{account: other}}
services:
  trainer:
    identity: {{issuer: okta, subject: 0oa1}}
    grants: [{grants}]
    {service}
  reader:
    identity: {{issuer: okta, subject: 0oa2}}
    grants: [{{bucket: public, prefix: models/, access: read}}]
"""
READ = "{bucket: data, prefix: raw/, access: [read, write]}"


def came_back(grants: str = READ, service: str = "", bucket: str = "") -> tuple[Access, Access, list[str]]:
    """The declaration, what it came back as, and the remarks."""
    declared = parse_access(DECLARED.format(grants=grants, service=service, bucket=bucket))
    proposal = propose(deployed(compile_access(declared, TARGET)), TARGET.region)
    return declared, proposal.access, [str(remark) for remark in proposal.remarks]


def test_names_with_a_prefix_come_back_as_one_name() -> None:
    declared, access, _ = came_back()
    assert (access.name, list(access.services)) == ("acme", list(declared.services))
    assert [service.name for service in access.services.values()] == [None, None]


@pytest.mark.parametrize(
    ("grants", "service", "bucket"),
    [
        (READ, "", ""),
        ("{bucket: data, prefix: raw/, access: read, per: tenant}", "", ""),
        ('{bucket: data, access: [read, write, delete], per: "{tenant}/models/{team}"}', "session: {tags: [run]}", ""),
        ('{bucket: data, prefix: t/, access: read, per: tenant, keys: ["a*.csv"], exclude: [private/]}', "", ""),
        ("{bucket: data, prefix: t/, access: list, per: tenant}", "", ""),
        (READ, "policies: ['arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess']", ""),
        (
            READ,
            "policies: [{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'bedrock:InvokeModel', Resource: '*'}]}]",
            "",
        ),
        (READ, "trust: ['sso:Engineers', ec2.amazonaws.com, pods.eks.amazonaws.com, 'arn:aws:iam::111122223333:role/hub']", ""),
        (
            READ,
            "trust: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/hub'}, Action: 'sts:AssumeRole', "
            "Condition: {Bool: {'aws:MultiFactorAuthPresent': 'true'}}}]",
            "",
        ),
        (READ, "", "encryption: kms, dsse: true"),
        (READ, "", "encryption: kms"),
        (
            "{bucket: data, prefix: raw/, access: read, actions: ['s3:GetObjectLegalHold', 's3:PutObjectRetention']}",
            "",
            "object_lock: {days: 1}",
        ),
    ],
)
def test_what_a_role_has_comes_back_as_it_was_declared(grants: str, service: str, bucket: str) -> None:
    declared, access, _ = came_back(grants, service, bucket)
    before, after = deployed(compile_access(declared, TARGET)), deployed(compile_access(access, TARGET))
    assert {role.name: role for role in after.roles} == {role.name: role for role in before.roles}
    wanted, found = declared.services["trainer"], access.services["trainer"]
    assert found.grants == tuple(replace(grant, bucket="acme-data") for grant in wanted.grants)
    assert [text for text in found.trust if not text.startswith("{")] == [text for text in wanted.trust if not text.startswith("{")]
    assert (found.session, access.buckets["public"].account) == (wanted.session, "other")


def test_nobody_is_let_in_or_given_a_tag_by_coming_back() -> None:
    """Tags that the trust lets no token set, and tags that it demands although no grant goes by them."""
    plan = compile_access(parse_access(DECLARED.format(grants=READ[:-1] + ", per: tenant}", service="", bucket="")), TARGET)
    account = deployed(plan)
    trainer, reader = account.roles
    untagged = replace(trainer, trust=reader.trust.replace("0oa2", "0oa1"))
    proposal = propose(replace(account, roles=(untagged, reader)), TARGET.region)
    assert proposal.access.services["trainer"].grants == ()
    assert any("it goes by session tags that not all it trusts may set" in str(remark) for remark in proposal.remarks)
    demanding = replace(reader, trust=trainer.trust)
    proposal = propose(replace(account, roles=(trainer, demanding)), TARGET.region)
    assert list(proposal.access.services) == ["trainer"]
    assert any("it demands session tags that no grant goes by" in str(remark) for remark in proposal.remarks)
