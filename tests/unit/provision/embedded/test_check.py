"""Inputs as the engine works with them."""

import json
import re

import pytest

from bucketpass.errors import RequestError
from bucketpass.provision.embedded.check import check
from bucketpass.provision.embedded.cloud import ProviderSettings
from bucketpass.provision.embedded.goal import Goal
from bucketpass.provision.embedded.resources.registry import handler_of
from bucketpass.provision.embedded.values import UNKNOWN, Hidden, Properties, Value

ROLE, BUCKET, ALIAS = "aws:iam/role:Role", "aws:s3/bucket:Bucket", "aws:kms/alias:Alias"
TRUST = {"Version": "2012-10-17", "Statement": []}


def checked(
    kind: str, inputs: Properties, old: Properties | None = None, *, tags: Properties | None = None, dry_run: bool = False
) -> dict[str, Value]:
    return check(
        handler_of(kind),
        Goal(kind, "Trainer", custom=True, inputs=inputs),
        old or {},
        ProviderSettings("eu-central-1", tags or {}),
        dry_run=dry_run,
    )


def test_defaults_are_filled_in() -> None:
    assert checked(ROLE, {"name": "r", "assumeRolePolicy": "{}"})["maxSessionDuration"] == 3600


@pytest.mark.parametrize("given", [TRUST, json.dumps(TRUST), json.dumps(TRUST, indent=4)])
def test_a_policy_is_compact_json_whichever_way_it_was_given(given: Value) -> None:
    assert checked(ROLE, {"assumeRolePolicy": given})["assumeRolePolicy"] == '{"Version":"2012-10-17","Statement":[]}'


def test_a_policy_with_an_unknown_in_it_is_unknown_and_with_a_secret_secret() -> None:
    assert checked(ROLE, {"assumeRolePolicy": {"Statement": [UNKNOWN]}})["assumeRolePolicy"] is UNKNOWN
    assert checked(ROLE, {"assumeRolePolicy": {"Id": Hidden("x")}})["assumeRolePolicy"] == Hidden('{"Id":"x"}')


@pytest.mark.parametrize(
    ("kind", "inputs", "name", "pattern"),
    [
        (ROLE, {}, "name", r"Trainer-[0-9a-f]{7}"),
        (BUCKET, {}, "bucket", r"trainer-[0-9a-f]{7}"),
        (ALIAS, {}, "name", r"alias/Trainer-[0-9a-f]{7}"),
        (ROLE, {"namePrefix": "app-"}, "name", r"app-[0-9a-f]{26}"),
        (BUCKET, {"bucketPrefix": "app-"}, "bucket", r"app-[0-9a-f]{26}"),
        (ALIAS, {"namePrefix": "alias/app"}, "name", r"alias/app[0-9a-f]{26}"),
        (ROLE, {"name": "mine"}, "name", "mine"),
    ],
)
def test_a_name_is_made_up_where_the_program_gives_none(kind: str, inputs: Properties, name: str, pattern: str) -> None:
    assert re.fullmatch(pattern, str(checked(kind, inputs)[name]))


def test_a_made_up_name_stays_and_never_is_longer_than_aws_takes() -> None:
    assert checked(ROLE, {}, {"name": "Trainer-1234567"})["name"] == "Trainer-1234567"
    long = Goal(ROLE, "x" * 90, custom=True)
    assert len(str(check(handler_of(ROLE), long, {}, ProviderSettings("eu-central-1"), dry_run=False)["name"])) == 64


def test_a_preview_makes_up_no_name() -> None:
    assert checked(ROLE, {}, dry_run=True)["name"] is UNKNOWN


def test_a_providers_tags_join_the_resources_own() -> None:
    inputs = checked(ROLE, {"tags": {"team": "a"}}, tags={"team": "x", "cost": "1"})
    assert (inputs["tags"], inputs["tagsAll"]) == ({"team": "a"}, {"team": "a", "cost": "1"})


def test_a_property_that_the_engine_does_not_know_is_an_error_not_ignored() -> None:
    with pytest.raises(RequestError, match="`unheardOf` of `aws:iam/role:Role` is not supported") as refused:
        checked(ROLE, {"unheardOf": [{"name": "x"}]})
    assert "pulumi up" in str(refused.value)
    with pytest.raises(RequestError, match="did you mean `description`"):
        checked(ROLE, {"descripton": "x"})


def test_a_regional_resource_has_its_providers_region_unless_it_says_another() -> None:
    assert checked(BUCKET, {})["region"] == "eu-central-1"
    assert checked(BUCKET, {"region": "us-east-1"})["region"] == "us-east-1"
    assert "region" not in checked(ROLE, {})
