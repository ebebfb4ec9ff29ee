import argparse
from pathlib import Path

import pytest

from bucketpass.cli.declared import add_access, add_target, compiled, identity_claims, show_map_line, target_of
from bucketpass.compile import Target
from bucketpass.errors import DeclarationError, InvalidInput, RequestError
from bucketpass.model import parse_access
from bucketpass.model.reader import parse_declaration


def target(*words: str) -> Target:
    parser = argparse.ArgumentParser()
    add_access(parser)
    add_target(parser)
    return target_of(parser.parse_args(words))


def test_arguments_come_before_the_environment_and_that_before_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCOUNT_ID", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert target() == Target("111122223333", "us-east-1", "aws", region_assumed=True)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "444455556666")
    assert target() == Target("444455556666", "cn-north-1", "aws-cn")
    assert target("--account", "777788889999", "--region", "us-gov-west-1") == Target("777788889999", "us-gov-west-1", "aws-us-gov")


def test_an_account_has_twelve_digits() -> None:
    with pytest.raises(InvalidInput, match="12 digits"):
        target("--account", "1")


def test_what_is_deployed_leads_to_its_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a b.yaml"
    show_map_line(file, "sandbox")
    assert capsys.readouterr().out == ""
    file.touch()
    show_map_line(file, "https://example.com")
    assert capsys.readouterr().out == f"access map: bucketpass report '{file}' --deployed https://example.com\n"


def test_an_identity_has_the_claims_of_its_own_tokens() -> None:
    access = parse_access(
        "issuers:\n  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3}\n  ci: {preset: github}\n"
        "buckets: {data: {}}\nservices:\n  job:\n    identity:\n      - {issuer: okta, client_id: one}\n"
        "      - {issuer: ci, repository: a/b, environment: prod}\n"
        "    grants: [{bucket: data, access: read}]\n"
    )
    assert identity_claims(access, "job", 1)["sub"] == "repo:a/b:environment:prod"
    with pytest.raises(RequestError, match="has no identity 2"):
        identity_claims(access, "job", 2)
    with pytest.raises(RequestError, match=r"no service `jobb` is declared.*did you mean `job`"):
        identity_claims(access, "jobb", 0)


def test_what_cannot_be_compiled_is_reported_where_it_is_written() -> None:
    declaration = parse_declaration(
        "issuers:\n  ci: {preset: github}\nbuckets: {data: {}}\nservices:\n  job:\n"
        "    identity: {issuer: ci, repository: a/b, environment: prod}\n"
        "    grants: {bucket: data, access: read, conditions: {networks: [10.0.0.0/8]}}\n",
        "access.yaml",
    )
    with pytest.raises(DeclarationError) as refused:
        compiled(declaration, Target("111122223333", "us-east-1"))
    (found,) = refused.value.diagnostics()
    assert (found.place.file, found.place.line, found.place.path) == ("access.yaml", 7, "services.job.grants[0].conditions.networks[0]")
