"""A plain install: every verb works, or says in one form which extra it lacks; no traceback anywhere."""

import subprocess
import sys
from pathlib import Path

import pytest

EXTRAS = [
    "boto3",
    "botocore",
    "cryptography",
    "cvc5",
    "duckdb",
    "google",
    "grpc",
    "jinja2",
    "joserfc",
    "moto",
    "msgspec",
    "opentelemetry",
    "pulumi",
    "pulumi_aws",
    "pyarrow",
    "rich",
    "semver",
    "sqlglot",
    "trustme",
    "werkzeug",
    "z3",
]
WITHOUT_EXTRAS = f"""
import sys

sys.modules.update(dict.fromkeys({EXTRAS}))
from bucketpass.cli.main import main

sys.exit(main(sys.argv[1:]))
"""
DECIDE = "trainer get s3://datasets/raw/1"
ENDPOINT = "--to http://localhost:1"


def without_extras(command: str, folder: Path) -> tuple[int, str, str]:
    environment = {"PATH": str(folder), "HOME": str(folder), "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, *command.split()],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "access.yaml").write_text((Path(__file__).parents[3] / "examples" / "access.yaml").read_text())
    return tmp_path


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("demo", "all"),
        (f"up {ENDPOINT}", "pulumi"),
        (f"preview {ENDPOINT}", "pulumi"),
        (f"down --yes {ENDPOINT}", "pulumi"),
        ("preview --to aws", "pulumi"),
        ("up --to aws --yes", "pulumi"),
        ("down --to aws --yes", "pulumi"),
        ("import --directory new", "pulumi"),
        (f"decide {DECIDE} --deployed aws", "pulumi"),
        ("prove --deployed aws", "pulumi"),
        ("prove --second-opinion", "prove"),
        ("sandbox", "sandbox"),
        ("sandbox tail", "sandbox"),
        ("sandbox token trainer", "sandbox"),
    ],
)
def test_a_verb_names_the_extra_that_it_lacks(command: str, extra: str, folder: Path) -> None:
    code, out, err = without_extras(command, folder)
    assert (code, out) == (3, "")
    assert err.startswith("error missing-extra\n")
    assert err.endswith(f"  remedy: pip install '.[{extra}]', in a clone of bucketpass\n")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("check", 0),
        ("plan", 0),
        ("plan --format terraform", 0),
        ("plan --format cloudformation", 0),
        ("diff access.yaml access.yaml", 0),
        (f"decide {DECIDE}", 0),
        (f"explain {DECIDE}", 0),
        ("explain trust-without-subject", 0),
        ("configure trainer --for systemd --region us-east-1 --account 111122223333", 0),
        ("init --issuer github --repository a/b --branch main --bucket data-acme --directory new", 0),
        ("token", 1),
        ("doctor", 1),
        ("exec -- true", 3),
        ("serve", 3),
        ("credential-process", 3),
    ],
)
def test_a_verb_that_needs_no_extra_works_without(command: str, expected: int, folder: Path) -> None:
    code, _, err = without_extras(command, folder)
    assert code == expected
    assert "Traceback" not in err
    assert "missing-extra" not in err
