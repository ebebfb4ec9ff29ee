"""A whole account, proposed."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.provision.adoption.accounts import GITHUB, ID, OKTA, allow, document, trust

from bucketpass.compile import Target, compile_access
from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.errors import ProvisionError
from bucketpass.model import AccessLevel, parse_access
from bucketpass.policy import parse_policy, policy_json
from bucketpass.provision.adoption import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole, propose

RULES = document(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::data/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
)
READ = document(
    allow("s3:GetObject", "arn:aws:s3:::data/raw/*"), allow("s3:ListBucket", "arn:aws:s3:::data", StringLike={"s3:prefix": "raw/*"})
)
ROLE = FoundRole(
    "Trainer",
    f"arn:aws:iam::{ID}:role/ai/Trainer",
    document(trust(OKTA, sub="0oa1", aud="s3-data")),
    (FoundPolicy("by-hand", READ),),
    path="/ai/",
    description="made by hand",
    max_session_seconds=14_400,
    permissions_boundary=f"arn:aws:iam::{ID}:policy/boundary",
    tags={"team": "ml"},
)
ACCOUNT = Account(ID, (OKTA,), (ROLE,), (FoundBucket("data", RULES), FoundBucket("unused")))


def remarks(account: Account) -> list[str]:
    return [str(remark) for remark in propose(account, "eu-west-1").remarks]


def test_a_role_keeps_its_name_and_everything_about_it() -> None:
    access = propose(ACCOUNT, "eu-west-1").access
    service = access.services["Trainer"]
    assert (service.name, service.path, service.description) == ("Trainer", "/ai/", "made by hand")
    assert (service.session.seconds, service.permissions_boundary, service.tags) == (14_400, ROLE.permissions_boundary, {"team": "ml"})
    assert [(grant.bucket, grant.prefix, grant.access) for grant in service.grants] == [("data", "raw/", (AccessLevel.READ,))]


def test_a_bucket_is_not_made_and_its_policy_is_kept() -> None:
    buckets = propose(ACCOUNT, "eu-west-1").access.buckets
    assert list(buckets) == ["data"]
    assert (buckets["data"].create, buckets["data"].policy) == (False, RULES)


def test_roles_that_trust_a_cluster_and_others_at_its_url_have_one_issuer() -> None:
    cluster = FoundProvider(f"arn:aws:iam::{ID}:oidc-provider/k8s.acme.io", "k8s.acme.io", ("sts.amazonaws.com",))
    subjects = {"pod": "system:serviceaccount:ml:train", "robot": "robot-7"}
    roles = tuple(
        replace(ROLE, name=name, arn=f"arn:aws:iam::{ID}:role/{name}", trust=document(trust(cluster, sub=sub, aud="sts.amazonaws.com")))
        for name, sub in subjects.items()
    )
    access = propose(replace(ACCOUNT, providers=(cluster,), roles=roles), "eu-west-1").access
    assert [issuer.preset for issuer in access.issuers.values()] == ["generic"]
    assert {name: service.identity[0].claims for name, service in access.services.items()} == {
        name: {"subject": sub} for name, sub in subjects.items()
    }
    pods = propose(replace(ACCOUNT, providers=(cluster,), roles=roles[:1]), "eu-west-1").access
    assert [issuer.preset for issuer in pods.issuers.values()] == ["kubernetes"]


def test_the_text_is_the_declaration() -> None:
    proposal = propose(ACCOUNT, "eu-west-1")
    assert parse_access(proposal.text) == proposal.access


def test_the_old_policy_stays_and_that_is_said() -> None:
    assert remarks(ACCOUNT) == [
        "role Trainer, policy by-hand: it stays as it is beside the declared policy; remove it once the service works without"
    ]


def test_a_role_that_nobody_can_be_declared_for_is_left_out_and_said() -> None:
    open_to_all = replace(ROLE, name="Open", trust=document(trust(OKTA, aud="s3-data")), policies=())
    proposal = propose(replace(ACCOUNT, roles=(ROLE, open_to_all)), "eu-west-1")
    assert list(proposal.access.services) == ["Trainer"]
    assert "role Open: none of the principals that it trusts can be declared; the role is left out" in map(str, proposal.remarks)


def test_a_role_that_breaks_a_rule_of_the_declaration_is_left_out_and_said() -> None:
    strange = replace(ROLE, name="R" * 64, tags={"bad\ttag": "x"}, policies=())
    proposal = propose(replace(ACCOUNT, roles=(ROLE, strange)), "eu-west-1")
    assert list(proposal.access.services) == ["Trainer"]
    assert any("it cannot be declared (" in str(remark) for remark in proposal.remarks)


def test_a_provider_with_more_clients_than_are_declared_is_not_taken_over() -> None:
    wider = replace(OKTA, client_ids=("s3-data", "legacy"))
    proposal = propose(replace(ACCOUNT, providers=(wider,)), "eu-west-1")
    assert proposal.access.issuers["okta"].provider == "existing"
    assert f"{OKTA.arn}: no declared role needs its client IDs legacy; it stays as it is" in map(str, proposal.remarks)
    assert "OpenIdConnectProvider" not in json.dumps(proposal.imports)


def test_a_provider_that_nobody_uses_is_said() -> None:
    assert f"{GITHUB.arn}: no declared role trusts it; it is left out" in remarks(replace(ACCOUNT, providers=(OKTA, GITHUB)))


def test_a_document_that_cannot_be_read_is_said() -> None:
    broken = replace(ROLE, policies=(FoundPolicy("broken", '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}'),))
    assert any(
        remark.startswith("role Trainer, policy broken: it cannot be read (") for remark in remarks(replace(ACCOUNT, roles=(broken,)))
    )


def test_a_bucket_policy_that_cannot_be_read_is_left_alone_and_said() -> None:
    proposal = propose(replace(ACCOUNT, buckets=(FoundBucket("data", "{}"),)), "eu-west-1")
    assert proposal.access.buckets["data"].policy is None
    assert any("it is left alone" in str(remark) for remark in proposal.remarks)


def test_a_bucket_of_another_account_is_said() -> None:
    assert any(remark.startswith("bucket data: it is not in this account") for remark in remarks(replace(ACCOUNT, buckets=())))


def test_the_key_of_a_bucket_is_declared_so_that_the_role_may_use_it() -> None:
    key = f"arn:aws:kms:eu-west-1:{ID}:key/k"
    proposal = propose(replace(ACCOUNT, buckets=(FoundBucket("data", None, key, bucket_key=True),)), "eu-west-1")
    assert (proposal.access.buckets["data"].encryption, proposal.access.buckets["data"].policy) == (key, "none")
    aliased = replace(ACCOUNT, buckets=(FoundBucket("data", None, "alias/data"),))
    assert any("its key is `alias/data`, which is not an ARN" in remark for remark in remarks(aliased))


def test_what_could_not_be_read_is_said() -> None:
    assert "role X: it could not be read (AccessDenied); it is left out" in remarks(replace(ACCOUNT, unread=(("role X", "AccessDenied"),)))


def test_roles_whose_names_are_the_same_word_are_told_apart() -> None:
    roles = (replace(ROLE, name="a+b", policies=()), replace(ROLE, name="a,b", policies=()))
    services = propose(replace(ACCOUNT, roles=roles), "eu-west-1").access.services
    assert {name: service.name for name, service in services.items()} == {"a-b": "a+b", "a-b-2": "a,b"}


def test_an_account_of_which_nothing_can_be_declared_is_refused_with_the_first_reason() -> None:
    with pytest.raises(ProvisionError, match="no role of the account could be declared"):
        propose(Account(ID), "eu-west-1")


SUBJECTS = ["0oa1", "0oa2", "0oa*", "*"]
AUDIENCES = ["s3-data", "other"]
TAGS = "https://aws.amazon.com/tags"
TOKENS: list[dict[str, object]] = [
    {"sub": sub, "aud": aud, **tags, **source}
    for sub in ("0oa1", "0oa2", "0oaX", "0oa*")
    for aud in AUDIENCES
    for tags in ({}, {TAGS: {"principal_tags": {"tenant": ["a"]}}}, {TAGS: {"principal_tags": {"team": ["a"]}}})
    for source in ({}, {"https://aws.amazon.com/source_identity": "me"})
]
SUB, AUD, SCHEME = f"{OKTA.url}:sub", f"{OKTA.url}:aud", f"https://{OKTA.url}:sub"
SOME = st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=2, unique=True)
AUDIENCE = st.sampled_from([{}, {AUD: ["s3-data"]}, {AUD: ["s3-data", "other"]}])
EXACT = st.builds(lambda sub, aud: {"StringEquals": {SUB: sub, **aud}}, SOME, AUDIENCE)
LIKE = st.builds(lambda sub, aud: {"StringLike": {SUB: sub}, **({"StringEquals": aud} if aud else {})}, SOME, AUDIENCE)
ODD = st.sampled_from(
    [
        *([{}] * 6),
        {"StringNotEquals": {SUB: ["0oa2"]}},
        {"StringEqualsIfExists": {AUD: ["other"]}},
        {"StringEquals": {SCHEME: ["0oa1"]}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["tenant"]}},
    ]
)
FENCES = st.sampled_from([{}, {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}])
MORE_ACTIONS = st.lists(st.sampled_from(["sts:TagSession", "sts:SetSourceIdentity"]), max_size=2, unique=True)
TRUSTS = st.builds(
    lambda effect, actions, conditions, odd, fence: {
        "Effect": effect,
        "Principal": {"Federated": OKTA.arn},
        "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
        "Condition": {**conditions, **odd, **fence},
    },
    st.sampled_from([*(["Allow"] * 9), "Deny"]),
    MORE_ACTIONS,
    EXACT | LIKE,
    ODD,
    FENCES,
)


def let_in(trust_policy: str) -> set[int]:
    provider = TrustedProvider(OKTA.arn, f"https://{OKTA.url}", ("s3-data", "other"))
    role = TrustedRole(ROLE.arn, NamedPolicy("trust", parse_policy(trust_policy)))
    asked = (WebIdentityRequest(provider.url, claims, role, provider) for claims in TOKENS)
    return {number for number, request in enumerate(asked) if assume_role_with_web_identity(request).allowed}


@given(st.lists(TRUSTS, min_size=1, max_size=3))
def test_whoever_the_proposal_lets_in_was_let_in_before(statements: list[dict[str, object]]) -> None:
    written = document(*statements)
    account = replace(ACCOUNT, roles=(replace(ROLE, trust=written),), providers=(replace(OKTA, client_ids=("other", "s3-data")),))
    try:
        proposal = propose(account, "eu-west-1")
    except ProvisionError:
        return
    roles = compile_access(proposal.access, Target(ID, "eu-west-1")).roles
    after = {number for role in roles for number in let_in(policy_json(role.trust.document))}
    assert after <= let_in(written)


def test_whom_else_the_role_trusts_stays_declared_and_what_may_not_be_is_told() -> None:
    instances = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
    text = document(trust(OKTA, sub="0oa1", aud="s3-data"), instances, everybody)
    account = replace(ACCOUNT, roles=(replace(ROLE, trust=text),))
    proposal = propose(account, "eu-west-1")
    (kept,) = proposal.access.services["Trainer"].trust
    assert json.loads(kept) == {**instances, "Action": ["sts:AssumeRole"], "Principal": {"Service": ["ec2.amazonaws.com"]}}
    told = [str(remark) for remark in proposal.remarks if "trust" in remark.place]
    assert told == ["role Trainer, trust, statement 2: it is not about web identity; it is left out"]
    again = parse_access(proposal.text)
    assert again.services["Trainer"].trust == (kept,)


def test_a_policy_that_lets_in_listed_principals_alone_is_said_to_refuse_further_services() -> None:
    listed = {"ArnNotLikeIfExists": {"aws:PrincipalArn": [ROLE.arn]}}
    closed = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::datasets/*", "Condition": listed}
    open_ = {**closed, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    for statement, expected in ((closed, 1), (open_, 0)):
        buckets = tuple(replace(bucket, policy=document(statement)) for bucket in ACCOUNT.buckets[:1])
        told = [str(remark) for remark in propose(replace(ACCOUNT, buckets=buckets), "eu-west-1").remarks]
        assert len([words for words in told if "a further service has to be added there" in words]) == expected
