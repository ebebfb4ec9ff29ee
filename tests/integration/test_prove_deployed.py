"""`bucketpass prove --deployed sandbox`: whether what is really there keeps the guarantees of the declaration."""

import json
from pathlib import Path

import pytest
from tests.integration.test_decide_deployed import sandbox
from tests.sandboxes import ACCESS

from bucketpass.cli.main import main

pytestmark = pytest.mark.slow


def test_what_is_deployed_is_proved_and_what_has_drifted_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    access = tmp_path / "access.yaml"
    access.write_text(ACCESS)
    monkeypatch.chdir(tmp_path)

    def proved() -> dict[str, str]:
        capsys.readouterr()
        main(["prove", "--deployed", "sandbox", "--json"])
        return {one["name"]: one["verdict"] for one in json.loads(capsys.readouterr().out)["guarantees"]}

    with sandbox(tmp_path):
        assert main(["up", "--access", "access.yaml", "--json"]) == 0
        assert set(proved().values()) == {"proved"}
        access.write_text(ACCESS.replace("subject: 0oa1trainer", "subject: 0oa2trainer"))
        assert {name for name, verdict in proved().items() if verdict == "counterexample"} == {"tokens of trainer"}
        assert main(["prove", "--deployed", "sandbox", "--role", "bucketpass-trainer", "--bucket", "datasets"]) == 0
        assert "0 findings" in capsys.readouterr().out
