"""`decide`, the sandbox and Ceph's gateway answer alike, but for the differences that the dialect lists."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.engines.agreement import ACCOUNT, GENERATED, REGION, SEED, Row
from tests.engines.ceph import missing_programs
from tests.engines.declarations import declarations

from bucketpass.compile import Target, compile_access
from bucketpass.model import parse_access

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("engines")
@pytest.mark.skipif(bool(missing_programs()), reason="Ceph is not installed; `make engines` installs it")
def test_three_judges_agree_on_the_example_and_a_generated_declaration() -> None:
    """`make engines` asks for twenty generated declarations; a process of its own has the sandbox that a process can have."""
    command = [sys.executable, "-m", "tests.engines.agreement", "--json", "--generated", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["engines_unexplained"] == 0
    assert found["engines_rows"] >= 200
    assert found["engines_allowed"] >= 30


def test_every_declaration_that_make_engines_asks_for_can_be_made() -> None:
    urls = {name: f"https://localhost/{name}" for name in ("own", "second")}
    for declared in declarations(urls, ACCOUNT, GENERATED, SEED):
        plan = compile_access(parse_access(yaml.safe_dump(declared, allow_unicode=True)), Target(ACCOUNT, REGION))
        assert len(plan.roles) == len(declared["services"])


@pytest.mark.parametrize(
    ("predicted", "sandbox", "gateway", "difference", "unexplained"),
    [
        (True, True, True, "", False),
        (True, True, False, "", True),
        (True, True, False, "leeway", False),
        (True, False, True, "leeway", True),
        (False, False, True, "", True),
    ],
)
def test_only_a_listed_difference_of_the_gateway_explains_a_row(
    predicted: bool, sandbox: bool, gateway: bool, difference: str, unexplained: bool
) -> None:
    row = Row("example", "trainer", "GetObject", "b/k", predicted, sandbox, gateway, difference)
    assert row.unexplained is unexplained
