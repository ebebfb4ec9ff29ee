import json
from pathlib import Path

import pytest

from bucketpass.cli.main import main

TEXT = """\
issuers: {ci: {preset: github}}
buckets: {data_set: {name: data-set}}
services:
  job:
    identity: {issuer: ci, repository: a/b, branch: main}
    grants: {bucket: data_set, prefix: raw_1/, access: read}
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(TEXT)
    new.write_text(TEXT.replace("access: read", "access: [read, delete]"))
    return [str(old), str(new)]


def test_the_table_says_who_gains_what(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *files]) == 1
    out = capsys.readouterr().out
    assert out.startswith("+ job may now delete data-set/raw_1/*\n    for example arn:aws:sts::111122223333:assumed-role/bucketpass-job/")
    assert "s3:DeleteObject arn:aws:s3:::data-set/raw_1/" in out
    assert main(["diff", files[0], files[0]]) == 0
    assert capsys.readouterr().out == "both mean the same\n"


def test_markdown_shows_names_as_they_are(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", *files, "--format", "markdown"])
    assert capsys.readouterr().out.startswith("### More access\n\n- **job** may now delete data-set/raw\\_1/\\* (for example arn:aws:sts")


def test_json_is_one_object(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", *files, "--json"])
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    example = change.pop("example")
    assert example["requests"][0]["action"] == "s3:DeleteObject"
    assert change == {"kind": "more", "subject": "job", "description": "may now delete data-set/raw_1/*", "path": "services.job.grants[0]"}


EXCLUSIVE = TEXT.replace("{name: data-set}", '{name: data-set, exclusive: true, administrators: ["arn:aws:iam::111122223333:role/admin"]}')


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (EXCLUSIVE, TEXT, "+ data_set a role of the account may now"),
        (TEXT, EXCLUSIVE, "- data_set a role of the account may no longer"),
        (
            EXCLUSIVE,
            EXCLUSIVE.replace('role/admin"', 'role/admin", "arn:aws:iam::111122223333:role/more"'),
            "+ data_set a role of the account",
        ),
        (
            TEXT.replace("access: read}", "access: read, conditions: {networks: [52.0.0.0/8]}}"),
            TEXT.replace("access: read}", "access: read, conditions: {networks: [52.0.0.0/8, 18.0.0.0/8]}}"),
            "+ job",
        ),
        (TEXT, TEXT.replace("branch: main", 'branch: "*", unsafe_wildcard: every branch is reviewed'), "+ job"),
        (TEXT, TEXT.replace("access: read", "access: read, versions: true"), "+ job"),
    ],
)
def test_what_is_gained_and_lost_is_what_requests_show(
    old: str, new: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / name for name in ("old.yaml", "new.yaml")]
    for path, text in zip(paths, (old, new), strict=True):
        path.write_text(text)
    assert main(["diff", *map(str, paths)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(one.startswith(expected) for one in lines)
    other = "-" if expected[0] == "+" else "+"
    assert not any(one.startswith(other) for one in lines)
    assert main(["prove", "--access", str(paths[1]), "--against", str(paths[0])]) == 1


@pytest.mark.parametrize("verb", ["diff", "prove"])
def test_the_exit_codes_stand_in_the_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    assert "exit codes: 0" in " ".join(capsys.readouterr().out.split())


def test_each_change_has_an_example_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grants = "grants: {bucket: data_set, prefix: raw_1/, access: read}"
    before = "grants: [{bucket: data_set, prefix: a/, access: read}, {bucket: data_set, prefix: b/, access: write}]"
    after = "grants: [{bucket: data_set, prefix: a/x/, access: read}, {bucket: data_set, prefix: b/, access: delete}]"
    issuers = '{ci: {preset: github}, okta: {preset: okta, url: "https://acme.okta.com", audience: s3}}'
    other = "identity: [{issuer: ci, repository: a/c, branch: main}, {issuer: okta, subject: x1}]"
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    text = TEXT.replace("{ci: {preset: github}}", issuers)
    old.write_text(text.replace(grants, before))
    new.write_text(text.replace(grants, after).replace("identity: {issuer: ci, repository: a/b, branch: main}", other))
    assert main(["diff", str(old), str(new), "--json"]) == 1
    shown = {one["description"]: one["example"]["requests"][0] for one in json.loads(capsys.readouterr().out)["changes"]}
    prefixes = {
        "may now delete data-set/b/*": "b/",
        "may no longer read and list data-set/a/*, but still data-set/a/x/*": "a/",
        "may no longer write data-set/b/*": "b/",
    }
    for description, prefix in prefixes.items():
        request = shown.pop(description)
        key = request["context"].get("s3:prefix", request["resource"].partition("/")[2])
        assert key.startswith(prefix), description
        assert request["action"] in {"s3:DeleteObject", "s3:ListBucket", "s3:GetObject", "s3:PutObject"}
    subjects = ["repo:a/c:ref:refs/heads/main", "x1", "repo:a/b:ref:refs/heads/main"]
    assert [next(value for key, value in request["context"].items() if key.endswith(":sub")) for request in shown.values()] == subjects
    assert [subject in description for subject, description in zip(subjects, shown, strict=True)] == [True] * 3
