"""A token for people."""

from tests.fake_machine import fake_machine
from tests.tokens import unsigned_token

from bucketpass.identity.report import TokenReport, report_token
from bucketpass.identity.token import UnverifiedToken, read_token
from bucketpass.identity.variable import VariableSource

NOW = 1_800_000_000


def report(**claims: object) -> TokenReport:
    token = read_token(unsigned_token(claims={"exp": NOW + 60, **claims}))
    assert isinstance(token, UnverifiedToken)
    return report_token(VariableSource(fake_machine(), "T"), token, now=float(NOW))


def test_the_keys_are_those_that_aws_makes_of_the_claims() -> None:
    keys = report(azp="client").keys
    assert keys["issuer.test:aud"] == "client"
    assert keys["issuer.test:oaud"] == "s3-data"
    assert keys["issuer.test:sub"] == "trainer"


def test_claims_that_aws_does_not_know_are_no_keys() -> None:
    assert not any("department" in name for name in report(department="ml").keys)


def test_a_token_that_aws_would_refuse_is_named() -> None:
    assert report(exp=NOW - 301).fault == "the token expired 301 s ago"
    assert report(aud=["a", "b"]).fault is not None
    assert report().fault is None


def test_several_audiences_beside_azp_are_noted_since_a_trust_pins_one() -> None:
    assert report(aud=["s3-data", "account"], azp="trainer").note == (
        "the token has 2 audiences (`s3-data`, `account`): a trust policy that pins one refuses it"
    )
    assert report(aud=["s3-data"], azp="trainer").note == report(aud=["a", "b"]).note == ""


def test_a_token_with_no_audience_in_its_list_lacks_it() -> None:
    """As Ory Hydra's are, where no audience was asked for."""
    assert report(aud=[]).fault == "the token has no `aud`"


def test_a_claim_that_aws_cannot_read_has_a_remedy() -> None:
    shown = report(**{"https://aws.amazon.com/tags": {"principal_tags": {"team": ["a", "b"]}}})
    assert shown.fault == "session tag `team` has 2 values, expected one"
    assert shown.remedy


def test_a_token_for_certain_roles_is_none_that_aws_refuses() -> None:
    shown = report(**{"https://aws.amazon.com/roles": ["arn:aws:iam::111122223333:role/trainer"]})
    assert shown.fault is None
    assert shown.keys["sts:RoleAuthorizedByIdp"] == "true"


def test_the_object_is_json_and_has_no_signature() -> None:
    shown = report().as_object()
    assert shown["seconds_left"] == 60
    assert "signature" not in str(shown)
