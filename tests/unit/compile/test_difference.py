from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bucketpass.compile.difference import MOVE, ChangeKind, differences
from bucketpass.model import (
    Access,
    AccessLevel,
    Bucket,
    Grant,
    GrantConditions,
    Identity,
    Issuer,
    Listing,
    Perimeter,
    Relaxation,
    Service,
    Session,
    parse_access,
)
from bucketpass.model.access import Lifecycle, LifecycleRule, Never, Quotas, StorageClass

READ, WRITE = (AccessLevel.READ,), (AccessLevel.WRITE,)
JOB = Service((Identity("ci", {"repository": "a/b", "branch": "main"}),), (Grant("data", "raw/"),))
ADMIN = "arn:aws:iam::111122223333:role/admin"
SUBJECT = "repo:a/b:ref:refs/heads/main of https://token.actions.githubusercontent.com for sts.amazonaws.com"


def access(job: Service | None = JOB, bucket: Bucket | None = None, issuer: Issuer | None = None) -> Access:
    services = {"job": job} if job else {}
    return Access({"ci": issuer or Issuer("github")}, {"data": bucket or Bucket()}, services)


def changes(old: Access, new: Access) -> list[tuple[str, str]]:
    return [(change.kind.value, f"{change.owner} {change.description}") for change in differences(old, new)]


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((Grant("data", "raw/"),), []),
        ((Grant("data", "raw/"), Grant("data", "raw/x/")), []),
        ((Grant("data", "raw/x/"), Grant("data", "raw/")), []),
        ((Grant("data", "raw/"), Grant("data", key="raw/1")), []),
        ((Grant("data", "raw/"), Grant("data", "out/", WRITE)), [("more", "job may now write data/out/*")]),
        (
            (Grant("data", ""),),
            [("more", "job may now read and list data/*, before only data/raw/*")],
        ),
        (
            (Grant("data", "raw/x/"),),
            [("less", "job may no longer read and list data/raw/*, but still data/raw/x/*")],
        ),
        ((Grant("data", "raw/", versions=True),), [("more", "job may now read old versions of and list old versions of data/raw/*")]),
        ((Grant("data", "raw/"), Grant("data", key="a/b")), [("more", "job may now read data/a/b")]),
        ((), [("less", "job may no longer read and list data/raw/*")]),
        (
            (Grant("data", "raw/", conditions=GrantConditions(not_after=datetime(2026, 1, 1, tzinfo=UTC))),),
            [("less", "job may no longer read and list data/raw/*, but still data/raw/* (until 2026-01-01 00:00:00+00:00)")],
        ),
        (
            (Grant("data", "raw/", (*READ, AccessLevel.DELETE), versions=True),),
            [("more", "job may now delete, delete old versions of, read old versions of and list old versions of data/raw/*")],
        ),
        ((Grant("data", "raw/", head=True),), [("more", "job may now list data/*, before only data/raw/*")]),
        ((Grant("data", "raw/", listing=Listing.FOLDER),), [("more", "job may now list data/raw*, before only data/raw/*")]),
        (
            (Grant("data", "raw/", keys=("*.csv",)),),
            [("less", "job may no longer read and list data/raw/*, but still data/raw/* (matching *.csv)")],
        ),
        (
            (Grant("data", "raw/", exclude=("x/",)),),
            [("less", "job may no longer read and list data/raw/*, but still data/raw/* (but not raw/x/)")],
        ),
        ((Grant("data", "raw/"), Grant("data", "t/", per="tenant")), [
            ("more", "job may now read and list data/t/<tenant>/*"),
            ("more", "job takes from tokens the session tag tenant"),
        ]),
    ],
)  # fmt: skip
def test_what_a_service_gains_or_loses_is_told(grants: tuple[Grant, ...], expected: list[tuple[str, str]]) -> None:
    assert changes(access(), access(replace(JOB, grants=grants)))[: len(expected) or None] == expected


def test_creating_alone_is_less_than_writing() -> None:
    before, after = (access(replace(JOB, grants=(Grant("data", "raw/", (level,)),))) for level in (AccessLevel.WRITE, AccessLevel.CREATE))
    assert changes(before, after) == [("less", "job may no longer write data/raw/*, but still data/raw/* (new objects only)")]


def test_whose_tokens_of_an_organization_and_for_others_get_in_is_told() -> None:
    organization = replace(JOB, identity=(Identity("ci", {"organization": "acme", "owner_id": "7"}),))
    assert ("more", f"job admits repo:acme/* (a pattern){SUBJECT.partition('main')[2]}, repository_owner_id 7") in changes(
        access(), access(organization)
    )


def test_a_gain_one_way_is_a_loss_the_other_way() -> None:
    more = access(replace(JOB, grants=(*JOB.grants, Grant("data", "out/", WRITE))))
    assert changes(access(), more) == [("more", "job may now write data/out/*")]
    assert changes(more, access()) == [("less", "job may no longer write data/out/*")]


def test_a_new_service_is_told_with_all_that_it_brings() -> None:
    assert changes(access(None), access()) == [
        ("more", "job is a new service"),
        ("more", f"job admits {SUBJECT}"),
        ("more", "job may now read and list data/raw/*"),
    ]
    assert [kind for kind, _ in changes(access(), access(None))] == ["less"] * 3


def test_who_gets_in_is_told() -> None:
    other = replace(JOB, identity=(Identity("ci", {"repository": "a/*", "branch": "main"}, {"workflow": ("x",)}, "many"),))
    assert changes(access(), access(other)) == [
        (
            "more",
            "job admits repo:a/*:ref:refs/heads/main (a pattern) of https://token.actions.githubusercontent.com"
            " for sts.amazonaws.com, workflow x",
        ),
        ("less", f"job no longer admits {SUBJECT}"),
    ]
    assert [kind for kind, _ in changes(access(), access(issuer=Issuer("github", audience=("other",))))] == ["more", "less"]


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (Bucket(exclusive=True, administrators=(ADMIN,)), [
            ("more", f"data has the administrator {ADMIN}"),
            ("less", "data exclusive: no, now yes"),
        ]),
        (Bucket(encryption="kms"), [("other", "data encryption: s3, now kms")]),
        (Bucket(relax={Relaxation.TLS: "old"}), [("more", "data has no longer the guard rail tls")]),
        (Bucket(perimeter=Perimeter("o-1234567890")), [("other", "data perimeter: none, now organization o-1234567890")]),
    ],
)  # fmt: skip
def test_what_changes_about_a_bucket_is_told(bucket: Bucket, expected: list[tuple[str, str]]) -> None:
    assert changes(access(), access(bucket=bucket)) == expected


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (Bucket(region="us-east-1"), "data region: none, now us-east-1"),
        (Bucket(tags={"team": "ml"}), "data tags: none, now team ml"),
        (Bucket(vpc_access_points={"lab": "vpc-1"}), "data vpc access points: none, now lab vpc-1"),
        (Bucket(lifecycle=Lifecycle(rules=(LifecycleRule(transitions={StorageClass.GLACIER: 9}),))),
         "data lifecycle: incomplete uploads days 7, now incomplete uploads days 7, rules transitions GLACIER 9"),
    ],
)  # fmt: skip
def test_every_other_setting_of_a_bucket_is_reported(bucket: Bucket, expected: str) -> None:
    assert changes(access(), access(bucket=bucket)) == [("other", expected)]


POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (replace(JOB, trust=(ADMIN,)), ("more", f"job trust: none, now {ADMIN}")),
        (replace(JOB, policies=(POLICY,)), ("more", f"job policies: none, now {POLICY}")),
        (replace(JOB, tags={"team": "ml"}), ("other", "job tags: none, now team ml")),
        (replace(JOB, description="trains"), ("other", "job description: none, now trains")),
        (replace(JOB, force_detach=True), ("other", "job force detach: no, now yes")),
    ],
)
def test_whom_a_role_trusts_and_what_else_it_has_is_reported(job: Service, expected: tuple[str, str]) -> None:
    assert changes(access(), access(job)) == [expected]
    back = {"more": "less"}.get(expected[0], expected[0])
    assert [kind for kind, _ in changes(access(job), access())] == [back]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"name": "lab"}, [
            "the declaration name: bucketpass, now lab",
            "job is replaced, for its role is `bucketpass-job`, now `lab-job`; whoever names its ARN has to name the new one",
        ]),
        ({"tags": {"team": "ml"}}, ["the declaration tags: none, now team ml"]),
        ({"quotas": Quotas(managed_policies=20)}, [
            "the declaration quotas: trust policy 2048, managed policies 10, now trust policy 2048, managed policies 20",
        ]),
        ({"issuers": {"ci": Issuer("github", thumbprints=("0" * 40,))}}, [f"ci thumbprints: none, now {'0' * 40}"]),
        ({"issuers": {"ci": Issuer("github", provider="existing")}}, ["ci provider: create, now existing"]),
    ],
)  # fmt: skip
def test_what_is_set_for_all_and_how_aws_knows_an_issuer_is_reported(settings: Mapping[str, Any], expected: list[str]) -> None:
    assert changes(access(), replace(access(), **settings)) == [("other", text) for text in expected]


def test_a_prefix_of_names_replaces_roles_and_the_buckets_that_are_made() -> None:
    found = [text for _, text in changes(access(), replace(access(), name_prefix="lab-"))]
    assert "the declaration name prefix: none, now lab-" in found
    assert [text for text in found if "replaced" in text] == [
        "job is replaced, for its role is `bucketpass-job`, now `lab-job`; whoever names its ARN has to name the new one",
        f"data is replaced, for its name is another one; {MOVE}",
    ]
    same = access(replace(JOB, name="trainer"), Bucket("datasets"))
    assert changes(same, replace(same, name="lab")) == [("other", "the declaration name: bucketpass, now lab")]
    assert changes(access(), access(replace(JOB, name="bucketpass-job"))) == [("other", "job name: none, now bucketpass-job")]


def test_longer_sessions_are_more() -> None:
    longer = access(replace(JOB, session=Session(seconds=7200)))
    assert [change.kind for change in differences(access(), longer)] == [ChangeKind.MORE]
    assert [change.kind for change in differences(longer, access())] == [ChangeKind.LESS]


def test_buckets_come_and_go() -> None:
    empty = Access({}, {}, {})
    one = Access({}, {"data": Bucket()}, {})
    assert changes(empty, one) == [("other", "data is a new bucket")]
    assert changes(one, empty) == [("other", "data is no longer declared; its data stays")]


def test_guarantees_come_change_and_go() -> None:
    one = replace(access(), guarantees={"secret": Never("GetObject s3://data/secret/*")})
    other = replace(access(), guarantees={"secret": Never("GetObject s3://data/secret/*", ("job",))})
    assert changes(access(), one) == [("other", "secret guarantees: never GetObject s3://data/secret/* by anyone")]
    assert changes(one, other) == [("other", "secret guarantees: never GetObject s3://data/secret/* by job")]
    assert changes(one, access()) == [("other", "secret is no longer guaranteed")]


def test_each_change_says_where_it_stands() -> None:
    more = access(replace(JOB, grants=(*JOB.grants, Grant("data", "out/", WRITE))))
    assert [change.path for change in differences(access(), more)] == ["services.job.grants[1]"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("{}", "{object_lock: {days: 3}}", "is replaced, for a bucket gets its object lock when it is made"),
        ("{object_lock: {days: 2}}", "{object_lock: {days: 3}}", ""),
        ("{object_lock: {days: 2}}", "{}", ""),
        ("{}", "{name: other-data}", "is replaced, for its name is another one"),
        ("{}", "{regional: true}", "is replaced, for its name is another one"),
    ],
)
def test_a_bucket_that_would_be_replaced_is_named(before: str, after: str, words: str) -> None:
    old, new = (parse_access(f"issuers: {{}}\nbuckets: {{datasets: {bucket}}}\nservices: {{}}") for bucket in (before, after))
    found = [change.description for change in differences(old, new) if "replaced" in change.description]
    assert [text.partition(";")[0] for text in found] == ([words] if words else [])
