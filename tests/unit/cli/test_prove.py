import json
from pathlib import Path

import pytest
from tests.unit.prove import foreign
from tests.unit.prove.worlds import SIMPLE

from bucketpass.cli.main import main


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "access.yaml"
    path.write_text(SIMPLE)
    return str(path)


def test_a_declaration_that_is_carried_out_is_proved(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file]) == 0
    assert "16 proved" in capsys.readouterr().out


def test_a_counterexample_is_shown_and_is_exit_code_1(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--never", "GetObject s3://datasets/raw/*", "--by", "trainer"]) == 1
    out = capsys.readouterr().out
    assert "s3:GetObject arn:aws:s3:::datasets/raw/" in out
    assert "1 counterexample" in out


def test_no_time_is_unknown_and_exit_code_4(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--seconds", "0", "--only", "requests", "--json"]) == 4
    written = json.loads(capsys.readouterr().out)
    assert written["verdict"] == "unknown"
    assert written["guarantees"][0]["reasons"] == ["the time that was given ran out"]


def test_json_is_one_object(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--only", "tokens", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in written["guarantees"]] == ["tokens of trainer", "tokens of evaluator"]


def test_an_aws_managed_policy_is_read_from_the_catalogue(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    attached = "    policies: ['arn:aws:iam::aws:policy/AmazonS3FullAccess']\n"
    Path(file).write_text(SIMPLE.replace("    grants:", f"{attached}    grants:", 1))
    assert main(["prove", "--access", file, "--only", "requests of", "--only", "administration by", "--json"]) == 1
    trainer, administration, evaluator, _ = json.loads(capsys.readouterr().out)["guarantees"]
    assert (trainer["verdict"], evaluator["verdict"], administration["verdict"]) == ("proved", "proved", "counterexample")
    assert any(assumed.startswith("managed policy AmazonS3FullAccess (v") for assumed in trainer["assumed"])


def test_markdown_is_for_a_pull_request(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--only", "public", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("### bucketpass prove: proved\n")


def test_the_declarations_own_guarantees_are_asked_too(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text(SIMPLE + "guarantees:\n  no-raw: {never: 'GetObject s3://datasets/raw/*'}\n")
    assert main(["prove", "--access", file, "--only", "no-raw", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["guarantees"][0]["name"] == "no-raw"


def test_what_changed_since_another_version(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(SIMPLE.replace("prefix: raw/, access: read", "prefix: raw/, access: [read, delete]"))
    assert main(["prove", "--access", file, "--against", str(old), "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert [one["relation"] for one in written["differences"]] == ["equal", "less", "equal", "equal", "equal", "equal"]
    assert main(["prove", "--access", file, "--against", file]) == 0
    assert "trainer: requests equal" in capsys.readouterr().out


def written(path: Path, effect: str, *, principal: bool = False, alone: bool = False, **more: object) -> str:
    who = {"Principal": "*"} if principal else {}
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*", **who},
        {"Effect": effect, **who, **({} if "NotResource" in more else {"Resource": "*"}), **more},
    ]
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements[1:] if alone else statements}))
    return str(path)


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """Verdict by guarantee."""
    main(["prove", *arguments, "--json"])
    return {one["name"]: one["verdict"] for one in json.loads(capsys.readouterr().out)["guarantees"]}


def test_a_service_control_policy_can_take_a_grant_away_and_keep_a_promise(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scp = written(tmp_path / "scp.json", "Deny", Action="s3:GetObject")
    never = ["--never", "GetObject s3://datasets/raw/*", "--by", "trainer"]
    assert asked(capsys, "--access", file, *never)[f"never {never[1]} by trainer"] == "counterexample"
    assert asked(capsys, "--access", file, *never, "--scp", scp)[f"never {never[1]} by trainer"] == "proved"
    found = asked(capsys, "--access", file, "--scp", scp)
    broken = {name for name, verdict in found.items() if verdict != "proved"}
    assert broken == {"requests of trainer", "requests of evaluator", "others at datasets"}


def test_a_resource_control_policy_on_the_organisation_needs_to_know_it(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strangers = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    rcp = written(tmp_path / "rcp.json", "Deny", principal=True, alone=True, Action=["s3:*", "kms:*"], Condition=strangers)
    given = ["--access", file, "--only", "requests", "--rcp", rcp]
    assert set(asked(capsys, *given).values()) == {"counterexample"}
    assert set(asked(capsys, *given, "--organization", "o-abcdefghij").values()) == {"proved"}
    assert set(asked(capsys, *given, "--organization", "o-another").values()) == {"counterexample"}


def test_a_policy_against_plain_http_takes_nothing_from_what_is_asked_with_tls_alone(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = {"BoolIfExists": {"aws:SecureTransport": "false"}}
    rcp = written(tmp_path / "rcp.json", "Deny", principal=True, alone=True, Action=["s3:*", "kms:*", "sts:*"], Condition=plain)
    assert set(asked(capsys, "--access", file, "--rcp", rcp).values()) == {"proved"}


def test_a_resource_control_policy_can_refuse_tokens(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign_repositories = {"StringNotLikeIfExists": {"token.actions.githubusercontent.com:sub": "repo:other/*"}}
    rcp = written(
        tmp_path / "rcp.json", "Deny", principal=True, alone=True, Action="sts:AssumeRoleWithWebIdentity",
        Condition={**foreign_repositories, "Null": {"token.actions.githubusercontent.com:sub": "false"}},
    )  # fmt: skip
    found = asked(capsys, "--access", file, "--only", "tokens", "--rcp", rcp)
    assert found == {"tokens of trainer": "proved", "tokens of evaluator": "counterexample"}


def test_an_endpoint_policy_can_take_a_grant_away_and_proves_nothing_impossible(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = written(
        tmp_path / "endpoint.json", "Deny", principal=True, Action="*", NotResource=["arn:aws:s3:::datasets", "arn:aws:s3:::datasets/raw/*"]
    )
    never = ["--never", "GetObject s3://datasets/checkpoints/*"]
    found = asked(capsys, "--access", file, "--only", "requests", "--endpoint-policy", endpoint)
    assert found == {"requests of trainer": "counterexample", "requests of evaluator": "counterexample"}
    assert (
        asked(capsys, "--access", file, *never, "--endpoint-policy", endpoint)[f"never {never[1]} by trainer or evaluator"]
        == "counterexample"
    )


def test_a_boundary_of_a_file_is_known(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SIMPLE.replace("  trainer:\n", "  trainer:\n    permissions_boundary: arn:aws:iam::111122223333:policy/edge\n")
    Path(file).write_text(text)
    given = ["--access", file, "--only", "requests of trainer"]
    assert asked(capsys, *given) == {"requests of trainer": "unknown"}
    everything = written(tmp_path / "boundary.json", "Allow", Action="s3:*")
    assert asked(capsys, *given, "--boundary", everything) == {"requests of trainer": "proved"}
    nothing_written = written(tmp_path / "boundary.json", "Deny", Action="s3:PutObject")
    assert asked(capsys, *given, "--boundary", nothing_written) == {"requests of trainer": "counterexample"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--only", "nothing"],
        ["--by", "trainer"],
        ["--never", "GetObjct s3://datasets/x"],
        ["--never", "GetObject s3://datasets/x", "--by", "x"],
        ["--explain", "nonsense"],
        ["--replay", "--against", "FILE"],
    ],
)
def test_what_cannot_be_asked_is_exit_code_3_with_the_remedy(file: str, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, *(file if word == "FILE" else word for word in arguments)]) == 3
    assert "remedy:" in capsys.readouterr().err


@pytest.mark.parametrize(("code", "found"), [("tenants", "whose tags differ reach no object"), ("public-bucket", "public-bucket")])
def test_a_kind_of_guarantee_and_a_finding_are_explained(code: str, found: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--explain", code]) == 0
    assert found in capsys.readouterr().out


def test_each_answer_says_what_it_is_about_and_what_it_assumes(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--access", file, "--only", "others"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  over: ") and "kinds of principals" in line for line in lines)
    assert any(line.startswith("  assumed: ") for line in lines)


def test_a_second_opinion_is_counted(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cvc5")
    assert main(["prove", "--access", file, "--only", "public", "--second-opinion"]) == 0
    assert "cvc5 agreed on 1 of 1 questions" in capsys.readouterr().err


def test_the_faults_of_policy_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, document in (("trust", foreign.CLASSIC_TRUST), ("policy", foreign.CLASSIC_POLICY), ("bucket", foreign.DOCUMENTED_BUCKET)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    files = ["--trust", str(tmp_path / "trust.json"), "--role-policy", str(tmp_path / "policy.json")]
    files += [
        "--bucket-policy",
        str(tmp_path / "bucket.json"),
        "--provider",
        foreign.OKTA.url,
        "--client-id",
        "s3-data",
        "--bucket",
        "data",
    ]
    assert main(["prove", *files, "--json"]) == 1
    written = json.loads(capsys.readouterr().out)
    assert [finding["code"] for finding in written["findings"]] == [
        "scheme-in-key",
        "scheme-in-key",
        "trust-admits-nobody",
        "changes-permissions",
    ]
    assert main(["prove", *files]) == 1
    out = capsys.readouterr().out
    assert "remedy: Remove `https://` from the key." in out
    assert "4 findings" in out


def test_policy_files_without_faults_are_exit_code_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trust.json").write_text(json.dumps(foreign.DOCUMENTED_TRUST))
    (tmp_path / "bucket.json").write_text(json.dumps(foreign.DOCUMENTED_BUCKET))
    files = ["--trust", str(tmp_path / "trust.json"), "--bucket-policy", str(tmp_path / "bucket.json"), "--provider", foreign.GITHUB.url]
    assert main(["prove", *files, "--client-id", "sts.amazonaws.com", "--bucket", "data", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("### bucketpass prove: faults\n")


def test_a_bucket_policy_is_asked_about_the_bucket_that_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def proved(*words: str, **statement: object) -> tuple[int, str]:
        path = tmp_path / "bucket.json"
        allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::theirs/*", **statement}
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        code = main(["prove", "--bucket-policy", str(path), *words])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    everybody, delegated = {"Principal": "*"}, {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}
    code, text = proved(**everybody)
    assert (code, "unsigned requests reach the bucket" in text, "arn:aws:s3:::theirs/x" in text) == (1, True, True)
    assert proved("--bucket", "mine", **everybody)[0] == 3
    assert proved(**everybody, Resource=["arn:aws:s3:::theirs/*", "arn:aws:s3:::mine/*"])[0] == 3
    code, text = proved(**everybody, Condition=delegated)
    assert "not decided whether principals of other accounts reach the bucket" in text


@pytest.mark.parametrize("option", ["--trust", "--bucket-policy", "--role-policy"])
def test_one_policy_alone_is_all_that_is_spoken_of(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = {
        "--trust": foreign.DOCUMENTED_TRUST,
        "--bucket-policy": foreign.DOCUMENTED_BUCKET,
        "--role-policy": foreign.DOCUMENTED_POLICY,
    }
    (tmp_path / "policy.json").write_text(json.dumps(documents[option]))
    assert main(["prove", option, str(tmp_path / "policy.json"), "--bucket", "data"]) == 0
    assert capsys.readouterr().out == "0 findings\n"


def test_a_role_s_policy_alone_that_changes_permissions_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(foreign.CLASSIC_POLICY))
    assert main(["prove", "--role-policy", str(tmp_path / "policy.json"), "--json"]) == 1
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["findings"]] == ["changes-permissions"]


def test_a_policy_of_any_size_is_read(tmp_path: Path) -> None:
    statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::data/{number}/*"} for number in range(2000)]
    (tmp_path / "policy.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert main(["prove", "--role-policy", str(tmp_path / "policy.json")]) == 0
