import pytest
from tests.unit.prove.worlds import SIMPLE, TENANTS, World, broken, verdict

from bucketpass.errors import RequestError
from bucketpass.prove.never import declared_nevers, never
from bucketpass.prove.question import Verdict, prove

WORLD = World.of(SIMPLE)


@pytest.mark.parametrize(
    ("text", "by", "expected"),
    [
        ("GetObject s3://datasets/secret/*", "trainer", Verdict.PROVED),
        ("GetObject s3://datasets/*", "trainer", Verdict.COUNTEREXAMPLE),
        ("GetObject s3://datasets/*/1", "trainer", Verdict.COUNTEREXAMPLE),
        ("s3:putobject s3://datasets/raw/*", "trainer", Verdict.PROVED),
        ("PutObject,GetObject s3://datasets/checkpoints/*", "evaluator", Verdict.COUNTEREXAMPLE),
        ("Put*,Delete* s3://datasets/checkpoints/*", "evaluator", Verdict.PROVED),
        ("ListBucket s3://datasets/secret/*", "trainer", Verdict.PROVED),
        ("ListBucket s3://datasets/raw/x/*", "trainer", Verdict.COUNTEREXAMPLE),
        ("GetBucketPolicy s3://datasets", "trainer", Verdict.PROVED),
    ],
)
def test_what_must_never_be_is_proved_or_found(text: str, by: str, expected: Verdict) -> None:
    assert verdict(never(text, [by], WORLD.access, WORLD.deployment)) is expected


def test_a_counterexample_has_the_token_that_leads_to_it() -> None:
    answer = prove(never("GetObject s3://datasets/*", ["trainer"], WORLD.access, WORLD.deployment))
    assert answer.counterexample is not None
    assert answer.counterexample.token == {"iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "s3-data"}


def test_without_a_service_it_is_said_of_all() -> None:
    guarantee = never("PutObject s3://datasets/checkpoints/*", [], WORLD.access, WORLD.deployment)
    assert guarantee.name == "never PutObject s3://datasets/checkpoints/* by trainer or evaluator"
    assert broken(guarantee) == "s3:PutObject arn:aws:s3:::datasets/checkpoints/: trainer may, and never should"


@pytest.mark.parametrize(
    ("text", "by", "words"),
    [
        ("GetObjct s3://datasets/*", "trainer", "got `s3:GetObjct`, expected an S3 action on a bucket or an object"),
        ("GetObject,Nothing s3://datasets/*", "trainer", "got `s3:Nothing`"),
        ("GetObject", "trainer", "expected actions and a place"),
        ("GetObject datasets/x", "trainer", "expected actions and a place"),
        ("GetObject s3:///x", "trainer", "expected a bucket"),
        ("GetObject s3://datasets/x", "trane", "got the unknown service `trane`"),
        ("kms:Decrypt s3://datasets/x", "trainer", "got `kms:Decrypt`"),
        ("* s3://datasts/x", "trainer", "got the bucket `datasts`, which is not declared .did you mean `datasets`."),
        ("* s3://data*/x", "trainer", "got the bucket `data[*]`, which is not declared"),
        ("* s3://elsewhere", "trainer", "got the bucket `elsewhere`, which is not declared .known: `datasets`"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_a_proof(text: str, by: str, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        never(text, [by], WORLD.access, WORLD.deployment)


def test_the_declaration_can_keep_its_own() -> None:
    text = (
        SIMPLE
        + "guarantees:\n  no-secrets: {never: 'GetObject s3://datasets/secret/*', by: trainer}\n  all: {never: '* s3://datasets/raw/*'}\n"
    )
    world = World.of(text)
    found = {guarantee.name: verdict(guarantee) for guarantee in declared_nevers(world.access, world.deployment)}
    assert found == {"no-secrets": Verdict.PROVED, "all": Verdict.COUNTEREXAMPLE}


def test_a_mistake_in_the_declaration_says_where() -> None:
    world = World.of(SIMPLE + "guarantees:\n  wrong: {never: 'GetObjct s3://datasets/secret/*'}\n")
    with pytest.raises(RequestError) as caught:
        list(declared_nevers(world.access, world.deployment))
    assert caught.value.diagnostics()[0].place.path == "guarantees.wrong.never"


def test_a_bucket_goes_by_its_name_on_aws_or_in_the_declaration() -> None:
    world = World.of(TENANTS.replace("homes: {}", "homes: {name: acme-homes}"))
    for name in ("acme-homes", "homes"):
        assert verdict(never(f"GetObject s3://{name}/other/*", [], world.access, world.deployment)) is Verdict.PROVED
        assert verdict(never(f"GetObject s3://{name}/shared/*", [], world.access, world.deployment)) is Verdict.COUNTEREXAMPLE


def test_a_bucket_whose_policy_is_not_known_proves_nothing() -> None:
    world = World.of(TENANTS.replace("homes: {}", "homes: {create: false}"))
    assert verdict(never("GetObject s3://homes/x", [], world.access, world.deployment)) is Verdict.UNKNOWN
