"""`bucketpass usage` and `replay` as commands, and the same answers by Spark where it is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cloudtrail_records import s3_record, web_identity_record, write_trail
from tests.json_outputs import validated
from tests.unit.usage.conftest import DECLARATION

ROOT = Path(__file__).parents[2]
SPARK = ROOT / "build" / "clients" / "spark" / "bin" / "python"


def bucketpass(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bucketpass", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "access.yaml").write_text(DECLARATION)
    (tmp_path / "narrower.yaml").write_text(DECLARATION.replace("prefix: raw/", "prefix: raw/2026/"))
    read = s3_record("GetObject", parameters={"key": "raw/a"})
    refused = s3_record("GetObject", role="bucketpass-evaluator", error="AccessDenied", parameters={"key": "checkpoints/x"})
    write_trail(tmp_path / "logs", [read, read, refused, web_identity_record("bucketpass-trainer", "ASIAEXAMPLE", tags={"a": "b"})])
    return tmp_path


def test_usage_shows_each_grant_and_where_the_records_went(folder: Path) -> None:
    result = bucketpass(folder, "usage", "logs")
    assert result.returncode == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[2:5]] == [
        "services.trainer.grants[0]",
        "services.trainer.grants[1]",
        "services.evaluator.grants[0]",
    ]
    assert "4 records in 1 file: 3 S3 requests, 1 session; 1 of them copies" in result.stderr


def test_json_is_one_object_and_nothing_else_on_standard_output(folder: Path) -> None:
    result = bucketpass(folder, "usage", "logs", "--json", "--redact")
    found = validated(result.stdout)
    assert [(grant["status"], grant["requests"]) for grant in found["grants"]] == [("used", 1), ("unused", 0), ("unused", 0)]
    assert found["denied"][0]["example"]["key"] == "checkpoints/x"


def test_denied_and_strangers(folder: Path) -> None:
    assert "checkpoints/x" in bucketpass(folder, "usage", "logs", "--denied").stdout
    assert "nobody else" in bucketpass(folder, "usage", "logs", "--strangers").stdout


def test_what_would_break_ends_with_two(folder: Path) -> None:
    result = bucketpass(folder, "replay", "logs", "--to", "narrower.yaml", "--access", "access.yaml", "--json")
    assert (result.returncode, validated(result.stdout)["requests"]["breaks"]) == (2, 1)
    assert bucketpass(folder, "replay", "logs", "--to", "access.yaml").returncode == 0


def test_a_template_and_a_plan_are_changed_policies_too(folder: Path) -> None:
    template = bucketpass(folder, "plan", "--format", "cloudformation", "--access", "narrower.yaml")
    assert template.returncode == 0, template.stderr
    (folder / "template.json").write_text(template.stdout)
    result = bucketpass(folder, "replay", "logs", "--to", "template.json", "--access", "access.yaml", "--json")
    assert (result.returncode, validated(result.stdout)["requests"]["breaks"]) == (2, 1), result.stderr
    assert validated(result.stdout)["breaks"][0]["service"] == "trainer"
    resource = {
        "address": "aws_iam_role.trainer",
        "type": "aws_iam_role",
        "name": "trainer",
        "values": {"name": "bucketpass-trainer", "assume_role_policy": "{}", "inline_policy": []},
    }
    plan = {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [resource]}}}
    (folder / "plan.json").write_text(json.dumps(plan))
    result = bucketpass(folder, "replay", "logs", "--to", "plan.json", "--json")
    assert (result.returncode, validated(result.stdout)["requests"]["breaks"]) == (2, 1), result.stderr


def test_a_proposal_is_a_declaration(folder: Path) -> None:
    result = bucketpass(folder, "usage", "logs", "--propose")
    assert result.returncode == 0, result.stderr
    (folder / "proposed.yaml").write_text(result.stdout)
    assert bucketpass(folder, "check", "proposed.yaml").returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"terraform": {}, "resource": {"aws_iam_role": {}}}, "a Terraform configuration, expected a plan"),
        ({"schema": "bucketpass.run/1", "steps": []}, "what bucketpass prints, expected Pulumi's own preview"),
        ({"Resources": 3}, "no `Resources`"),
    ],
)
def test_what_is_easily_taken_for_policies_is_named(folder: Path, content: dict[str, object], message: str) -> None:
    (folder / "other.json").write_text(json.dumps(content))
    result = bucketpass(folder, "replay", "logs", "--to", "other.json")
    assert (result.returncode, result.stdout) == (3, "")
    assert message in result.stderr


def test_a_fraction_of_the_period_is_covered_with_since(folder: Path) -> None:
    days = [s3_record("GetObject", parameters={"key": f"raw/2026/{key}"}, time=f"2026-11-{27 + key}T10:00:00Z") for key in (1, 2, 3)]
    write_trail(folder / "three", [*days, s3_record("PutObject", role="somebody", parameters={"key": "x"}, time="2026-11-30T11:00:00Z")])
    whole = bucketpass(folder, "usage", "three", "--since", "90d", "--json")
    assert {grant["status"] for grant in validated(whole.stdout)["grants"][1:]} == {"not covered"}
    nothing = bucketpass(folder, "usage", "three", "--since", "90d", "--propose")
    assert (nothing.stdout, nothing.returncode) == (DECLARATION, 0)
    assert "no records of 87 days of the period" in nothing.stderr
    three = bucketpass(folder, "usage", "three", "--since", "3d", "--propose")
    assert (three.returncode, "prefix: raw/2026/" in three.stdout) == (0, True), three.stderr
    assert "services.trainer.grants[1]: removed" in three.stderr


def test_a_folder_without_a_readable_file_names_each(folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad" / "notes.txt").write_text("buy milk\n")
    (folder / "bad" / "cut.json").write_text('{"Records": [')
    result = bucketpass(folder, "usage", "bad")
    assert (result.returncode, result.stdout) == (3, "")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()[:2]] == ["warning", "warning"]
    assert "bad/notes.txt" in result.stderr and "bad/cut.json" in result.stderr


@pytest.mark.parametrize("options", [[], ["--strict"]])
def test_a_broken_file_is_named_and_only_strict_fails(folder: Path, options: list[str]) -> None:
    (folder / "logs" / "broken.json.gz").write_bytes(b"\x1f\x8bnonsense")
    result = bucketpass(folder, "usage", "logs", *options)
    assert result.returncode == len(options)
    assert "warning: logs/broken.json.gz: broken gzip" in result.stderr


def test_logs_that_are_none_are_a_mistake(folder: Path) -> None:
    (folder / "notes.txt").write_text("buy milk\n")
    for words in (["usage", "notes.txt"], ["usage", "nothing"], ["usage", "logs", "--since", "soon"]):
        result = bucketpass(folder, *words)
        assert (result.returncode, result.stdout) == (3, "")
        assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not SPARK.exists(), reason="Spark is not installed: make client-environments CLIENTS=spark (needs Java 17)")
def test_spark_and_duckdb_give_the_same_bytes(folder: Path) -> None:
    (folder / "store").mkdir()
    command = [str(SPARK), str(ROOT / "tests" / "clients" / "spark_usage.py"), "access.yaml", "narrower.yaml", "logs", "store"]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, timeout=580
    )
    assert result.returncode == 0, result.stderr[-3000:]
    first, second = result.stdout.strip().splitlines()[-2:]
    assert first == second


def test_learning_and_setup_print_what_can_be_used(folder: Path) -> None:
    result = bucketpass(folder, "learn", "logs", "--json")
    assert result.returncode == 0, result.stderr
    (folder / "learned.yaml").write_text(validated(result.stdout)["declaration"])
    assert bucketpass(folder, "check", "learned.yaml").returncode == 0
    setup = validated(bucketpass(folder, "usage", "setup", "--requests-per-month", "1000000", "--json").stdout)
    assert (setup["dollars_per_month"], len(setup["event_selectors"])) == (1.0, 2)


def test_a_contradiction_names_no_session_that_is_to_be_hashed(folder: Path) -> None:
    write_trail(folder / "logs", [s3_record("PutObject", parameters={"key": "raw/a"})], name="more.json.gz")
    plain, hashed = (bucketpass(folder, "usage", "logs", *options).stdout for options in ((), ("--redact",)))
    assert "(session) PutObject" in plain
    assert "(session)" not in hashed and "PutObject" in hashed
