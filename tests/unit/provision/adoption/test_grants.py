"""From what policies allow to grants, and what stays out."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.provision.adoption.accounts import ID, allow, parsed

from bucketpass.compile import Target, compile_access
from bucketpass.decide import AuthorizationRequest, NamedPolicy, PolicySet, Principal, PrincipalKind, decide
from bucketpass.model import Access, AccessLevel, Bucket, Grant, Identity, Issuer, Listing, Service
from bucketpass.policy import PolicyDocument
from bucketpass.provision.adoption.grants import grants

BUCKET = "arn:aws:s3:::data"
READ, WRITE, DELETE, LIST = AccessLevel.READ, AccessLevel.WRITE, AccessLevel.DELETE, AccessLevel.LIST
WRITING = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]


def found(*statements: dict[str, Any]) -> tuple[list[Grant], list[str]]:
    taken, remarks = grants("p", parsed(*statements))
    return taken, [str(remark) for remark in remarks]


def listing(*prefixes: str) -> dict[str, Any]:
    return allow("s3:ListBucket", BUCKET, StringLike={"s3:prefix": list(prefixes)})


def test_getting_and_listing_a_prefix_is_to_read_it() -> None:
    assert found(allow("s3:GetObject", f"{BUCKET}/raw/*"), listing("raw/*")) == ([Grant("data", "raw/", (READ,))], [])


def test_getting_without_listing_is_that_action_alone() -> None:
    assert found(allow("s3:GetObject", f"{BUCKET}/raw/*")) == ([Grant("data", "raw/", (), actions=("s3:GetObject",))], [])


def test_getting_a_prefix_and_listing_the_bucket_are_two_grants() -> None:
    assert found(allow("s3:GetObject", f"{BUCKET}/raw/*"), allow("s3:ListBucket", BUCKET))[0] == [
        Grant("data", "raw/", (), actions=("s3:GetObject",)),
        Grant("data", "", (LIST,)),
    ]


def test_writing_and_deleting_are_levels_and_the_rest_are_actions() -> None:
    statement = allow([*WRITING, "s3:DeleteObject", "s3:PutObjectTagging"], f"{BUCKET}/c/*")
    assert found(statement)[0] == [Grant("data", "c/", (WRITE, DELETE), actions=("s3:PutObjectTagging",))]


def test_a_put_alone_is_not_made_a_writer() -> None:
    assert found(allow("s3:PutObject", f"{BUCKET}/c/*"))[0] == [Grant("data", "c/", (), actions=("s3:PutObject",))]


def test_one_object_is_a_key() -> None:
    assert found(allow("s3:GetObject", f"{BUCKET}/models/v1.bin"))[0] == [Grant("data", access=(READ,), key="models/v1.bin")]


def test_escaped_characters_are_the_characters() -> None:
    assert found(allow("s3:DeleteObject", f"{BUCKET}/a${{*}}b/*"))[0] == [Grant("data", "a*b/", (DELETE,))]


def test_a_listing_of_a_prefix_in_all_its_forms_is_one() -> None:
    assert found(listing("raw", "raw/", "raw/*"))[0] == [Grant("data", "raw/", (LIST,), listing=Listing.FOLDER)]


def test_what_clients_list_besides_is_declared_as_it_was() -> None:
    grant = Grant("data", "a/raw/", (READ,), listing=Listing.BUCKET_ROOT, head=True)
    access = Access({"it": Issuer("modal")}, {"data": Bucket()}, {"svc": Service((Identity("it", {"subject": "x"}),), (grant,))})
    role = compile_access(access, Target(ID, "eu-west-1")).roles[0]
    statements = [traced.statement for policy in role.policies for traced in policy.document.statements]
    taken, remarks = grants("p", statements)
    assert (taken, remarks) == ([grant], [])


@pytest.mark.parametrize(
    ("resource", "listed", "grant"),
    [
        ("*/public/*", "*", Grant("data", "", (READ,), keys=("*/public/*",))),
        ("raw/*.csv", "raw/*", Grant("data", "raw/", (READ,), keys=("*.csv",))),
        ("raw/2026-??.csv", "raw/2026-*", Grant("data", "raw/", (READ,), keys=("2026-??.csv",))),
    ],
)
def test_a_pattern_of_keys_is_declared_as_it_is(resource: str, listed: str, grant: Grant) -> None:
    assert found(allow("s3:GetObject", f"{BUCKET}/{resource}"), listing(listed)) == ([grant], [])


def test_what_is_denied_below_a_grant_is_excluded() -> None:
    denied = {**allow("s3:*", [f"{BUCKET}/raw/private/*", f"{BUCKET}/raw/*.tmp"]), "Effect": "Deny"}
    taken, remarks = found(allow("s3:GetObject", f"{BUCKET}/raw/*"), listing("raw/*"), denied)
    assert (taken, remarks) == ([Grant("data", "raw/", (READ,), exclude=("*.tmp", "private/"))], [])


def test_what_is_denied_elsewhere_is_said() -> None:
    denied = {**allow("s3:*", f"{BUCKET}/other/*"), "Effect": "Deny"}
    taken, remarks = found(allow("s3:DeleteObject", f"{BUCKET}/raw/*"), denied)
    assert (taken, ["it denies `data/other/`" in remark for remark in remarks]) == ([Grant("data", "raw/", (DELETE,))], [True])


def test_a_listing_that_no_grant_can_have_is_said() -> None:
    head = {"Null": {"s3:delimiter": "true", "s3:max-keys": "true"}, "StringEqualsIfExists": {"s3:prefix": ""}}
    levels = {"StringEquals": {"s3:prefix": ["", "x/"], "s3:delimiter": "/"}}
    taken, remarks = found(allow("s3:ListBucket", BUCKET, **head), allow("s3:ListBucket", BUCKET, **levels))
    assert taken == []
    assert ["HeadBucket" in remark for remark in remarks] == [True, False, False]


def test_actions_on_the_bucket_are_declared_for_the_bucket() -> None:
    assert found(allow("s3:GetBucketLocation", BUCKET))[0] == [Grant("data", access=(), actions=("s3:GetBucketLocation",))]


def test_names_of_actions_are_read_in_any_case() -> None:
    assert found(allow("S3:deleteobject", f"{BUCKET}/*"))[0] == [Grant("data", "", (DELETE,))]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ({**allow("s3:GetObject", f"{BUCKET}/*"), "Effect": "Deny"}, "it denies"),
        ({"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*"}, "NotAction"),
        ({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": f"{BUCKET}/secret/*"}, "NotResource"),
        (allow(["sqs:SendMessage", "kms:Decrypt"], "*"), "kms:Decrypt, sqs:SendMessage, which is not S3"),
        (allow("s3:GetObject", "*"), "not one bucket's prefix"),
        (allow("s3:GetObject", "arn:aws:s3:::data-*/*"), "not one bucket's prefix"),
        (allow("s3:GetObject", f"{BUCKET}/a${{*}}/*.csv"), "not one bucket's prefix"),
        (allow("s3:GetObject", f"{BUCKET}/${{aws:username}}/*"), "not one bucket's prefix"),
        (allow("s3:GetObject", f"{BUCKET}/*", IpAddress={"aws:SourceIp": "10.0.0.0/8"}), "cannot be declared as it is"),
        (allow("s3:ListBucket", BUCKET, StringEquals={"s3:prefix": "raw/"}), "cannot be declared as it is"),
        (allow("s3:NoSuchThing", BUCKET), "cannot be declared as it is"),
    ],
)
def test_what_cannot_be_declared_is_left_out_and_said(statement: dict[str, Any], words: str) -> None:
    taken, remarks = found(statement)
    assert taken == []
    (remark,) = remarks
    assert remark.startswith("p, statement 0: ")
    assert words in remark


def test_a_wildcard_of_actions_is_taken_for_the_levels_that_it_holds_and_that_is_said() -> None:
    taken, remarks = found(allow(["s3:Get*", "s3:List*"], [BUCKET, f"{BUCKET}/*"]))
    assert taken == [Grant("data", "", (READ,))]
    assert [remark.rpartition(": ")[2] for remark in remarks] == ["nothing", "read", "list", "nothing"]


ACTIONS = st.sampled_from(
    ["s3:GetObject", "s3:ListBucket", "s3:DeleteObject", *WRITING, "s3:*", "s3:Get*", "s3:PutObjectTagging", "s3:GetObjectVersion"]
)
RESOURCES = st.sampled_from(
    [
        BUCKET,
        f"{BUCKET}/*",
        f"{BUCKET}/raw/*",
        f"{BUCKET}/raw/1",
        f"{BUCKET}/raw",
        f"{BUCKET}/r*w",
        f"{BUCKET}/raw/*1",
        "*",
        "arn:aws:s3:::other/*",
    ]
)
HEAD = {"Null": {"s3:delimiter": "true", "s3:max-keys": "true"}, "StringEqualsIfExists": {"s3:prefix": ""}}
CONDITIONS = st.sampled_from(
    [
        {},
        HEAD,
        {"StringLike": {"s3:prefix": ["raw/*"]}},
        {"StringLike": {"s3:prefix": ["raw", "raw/", "raw/*"]}},
        {"StringEqualsIfExists": {"s3:prefix": ["", "raw/"]}, "StringEquals": {"s3:delimiter": "/"}},
    ]
)
STATEMENTS = st.builds(
    lambda actions, resources, condition: allow(actions, resources, **condition),
    st.lists(ACTIONS, min_size=1, max_size=3, unique=True),
    st.lists(RESOURCES, min_size=1, max_size=2, unique=True),
    CONDITIONS,
)
DENIED = st.lists(RESOURCES, min_size=1, max_size=2, unique=True).map(lambda resources: {**allow("s3:*", resources), "Effect": "Deny"})
SESSION = Principal(PrincipalKind.ROLE_SESSION, arn=f"arn:aws:iam::{ID}:role/r", account=ID)
ASKED = [
    *product(
        ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:PutObjectTagging", "s3:AbortMultipartUpload"],
        [f"{BUCKET}/raw", f"{BUCKET}/raw/1", f"{BUCKET}/raw/2", f"{BUCKET}/other", "arn:aws:s3:::other/1"],
        [{}],
    ),
    *product(["s3:ListBucket"], [BUCKET, "arn:aws:s3:::other"], [{}, {"s3:prefix": "raw/"}, {"s3:prefix": "raw/x"}, {"s3:prefix": "r"}]),
    *product(
        ["s3:ListBucket"],
        [BUCKET],
        [{"s3:prefix": "raw"}, {"s3:prefix": "", "s3:delimiter": "/"}, {"s3:prefix": "raw/", "s3:delimiter": "/"}, {"s3:max-keys": "1"}],
    ),
]


def allowed(document: PolicyDocument) -> set[int]:
    layers = PolicySet(identity=(NamedPolicy("p", document),))
    return {
        number
        for number, (action, resource, context) in enumerate(ASKED)
        if decide(AuthorizationRequest(SESSION, action, resource, context), layers).allowed
    }


@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_what_is_declared_never_allows_what_was_not_allowed(statements: list[dict[str, Any]]) -> None:
    original = parsed(*statements)
    taken, _ = grants("p", original)
    if not taken:
        return
    access = Access(
        {"it": Issuer("modal")},
        {grant.bucket: Bucket(create=False) for grant in taken},
        {"svc": Service((Identity("it", {"subject": "x"}),), tuple(taken))},
    )
    role = compile_access(access, Target(ID, "eu-west-1")).roles[0]
    declared = PolicyDocument(tuple(statement for policy in role.policies for statement in policy.document.document.statements))
    assert allowed(declared) <= allowed(PolicyDocument(original))


@given(st.lists(st.one_of(STATEMENTS, DENIED), min_size=1, max_size=4))
def test_what_is_not_declared_as_it_was_is_said(statements: list[dict[str, Any]]) -> None:
    """Without a remark, the grants allow all that was allowed."""
    original = parsed(*statements)
    taken, remarks = grants("p", original)
    if remarks or not taken:
        return
    access = Access(
        {"it": Issuer("modal")},
        {grant.bucket: Bucket(create=False) for grant in taken},
        {"svc": Service((Identity("it", {"subject": "x"}),), tuple(taken))},
    )
    role = compile_access(access, Target(ID, "eu-west-1")).roles[0]
    declared = PolicyDocument(tuple(statement for policy in role.policies for statement in policy.document.document.statements))
    assert allowed(declared) == allowed(PolicyDocument(original))
