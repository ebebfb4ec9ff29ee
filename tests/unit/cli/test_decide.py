"""`bucketpass decide`."""

import json
from pathlib import Path

import pytest
from tests.unit.cli.test_deciding import ACCESS

from bucketpass.cli.main import main


def decided(folder: Path, *words: str) -> int:
    (folder / "access.yaml").write_text(ACCESS)
    return main(["decide", *words, "--access", str(folder / "access.yaml")])


def test_an_allowed_request_ends_with_0_and_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(tmp_path, "trainer", "get", "s3://datasets/raw/1") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("ALLOWED\n")
    assert "(not verified)" in printed
    assert "+ s3:GetObject arn:aws:s3:::datasets/raw/1: allowed by statement" in printed


def test_a_refused_request_ends_with_2_and_the_changes_of_the_declaration_that_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decided(tmp_path, "trainer", "put", "s3://datasets/raw/1") == 2
    printed = capsys.readouterr().out
    assert printed.startswith("DENIED\n")
    first, second = printed.splitlines()[-2:]
    assert first == "  change   services.trainer.grants[0].access: add `write`"
    assert second == "  or       services.trainer.grants: add `{bucket: datasets, prefix: raw/, access: write}`"


def test_a_listing_of_the_whole_bucket_is_refused_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(tmp_path, "trainer", "list", "s3://datasets") == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(set(lines))
    assert [line for line in lines if "s3:prefix" in line] == []


def test_a_token_that_has_expired_is_taken_to_be_valid_and_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = {"iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "s3-data"}
    for more, words in (
        ({"exp": 1_000_000_000}, "assumed  the token has not expired; it did at 2001-09-09T01:46:40+00:00, and STS refuses it now"),
        ({"nbf": 32_000_000_000}, "assumed  the token is valid already; it will be at 2984-"),
        ({"exp": 32_000_000_000}, ""),
        ({"exp": 1e300}, ""),  # no time that STS reads: such a token is refused
        ({"exp": 32_000_000_000, "nbf": True}, ""),
    ):
        code = 2 if 1e300 in more.values() or more.get("nbf") is True else 0
        assert decided(tmp_path, "trainer", "get", "s3://datasets/raw/1", "--claims", json.dumps(claims | more)) == code
        printed = capsys.readouterr().out
        assert words in printed and ("STS refuses" in printed) is bool(words)


def test_a_token_that_is_not_the_services_is_refused_with_its_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claims = {"iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "other"}
    assert decided(tmp_path, "trainer", "get", "s3://datasets/raw/1", "--claims", json.dumps(claims)) == 2
    printed = capsys.readouterr().out
    assert (
        "error trust policy of bucketpass-trainer missing-client-id\n    audience in the token is `other`, the provider allows `s3-data`"
        in printed
    )


def test_an_acl_is_refused_unless_the_buckets_ownership_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["trainer", "put", "s3://datasets/raw/1", "--header", "x-amz-acl=private"]
    assert decided(tmp_path, *words) == 2
    assert "S3       AccessControlListNotSupported" in capsys.readouterr().out
    assert decided(tmp_path, *words, "--object-ownership", "ObjectWriter") == 2
    assert "AccessControlListNotSupported" not in capsys.readouterr().out


def test_a_session_tag_is_given_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tagged = ACCESS.replace("access: read", "access: read, per: tenant")
    (tmp_path / "access.yaml").write_text(tagged)
    words = ["decide", "trainer", "get", "s3://datasets/raw/one/1", "--access", str(tmp_path / "access.yaml")]
    assert main(words) == 2
    assert main([*words, "--tag", "tenant=one"]) == 0
    assert main([*words, "--tag", "tenant=two"]) == 2
    assert main([*words, "--tag", "tenant"]) == 3
    assert "expected NAME=VALUE" in capsys.readouterr().err


def test_what_is_not_known_of_a_bucket_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(tmp_path, "trainer", "get", "s3://datasts/raw/1") == 2
    printed = capsys.readouterr().out
    assert "assumed  bucket datasts has no policy that concerns this: it is not declared (did you mean `datasets`?)" in printed
    assert "  change " not in printed


def test_the_json_output_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(tmp_path, "trainer", "get", "s3://datasets/raw/1", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {"schema", "allowed", "reason", "role", "token", "assume_role", "requests", "findings", "changes", "assumed"}
    assert printed["token"] == {"verified": False, "iss": "https://acme.okta.com/oauth2/default", "sub": "0oa1trainer", "aud": "s3-data"}


def test_a_service_that_is_not_declared_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert decided(tmp_path, "nobody", "get", "s3://datasets/raw/1") == 3
    assert "known: trainer" in capsys.readouterr().err
