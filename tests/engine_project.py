"""A program in a folder that the embedded engine runs on a sandbox."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from bucketpass.provision.embedded import Endpoint, Engine, Program, RunResult, Stack
from bucketpass.sandbox import Sandbox

__all__ = ["Project", "endpoint_of", "good"]


class Project:
    """A program of which each run may have other text and other settings of the stack."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.folder = folder
        self.engine = engine
        self.settings: dict[str, Any] = {}
        (folder / "Pulumi.yaml").write_text(f"name: {folder.name}\nruntime: python\n")

    def load(self, text: str, stack: str = "dev") -> tuple[Program, Stack]:
        header = "import json\nimport pulumi\nimport pulumi_aws as aws\n"
        (self.folder / "__main__.py").write_text(header + textwrap.dedent(text))
        (self.folder / f"Pulumi.{stack}.yaml").write_text(json.dumps({"config": self.settings}))
        program = Program.load(self.folder, stack)
        return program, Stack.of(program, stack)

    def up(self, text: str, stack: str = "dev", **options: Any) -> RunResult:
        return self.engine.up(*self.load(text, stack), **options)

    def preview(self, text: str, stack: str = "dev") -> RunResult:
        return self.engine.preview(*self.load(text, stack))

    def destroy(self) -> RunResult:
        self.settings = {}
        return self.engine.destroy(self.load("")[1])


def endpoint_of(sandbox: Sandbox) -> Endpoint:
    """The sandbox as its administrator reaches it."""
    admin = sandbox.admin
    return Endpoint(sandbox.https_url, sandbox.options.region, admin.access_key_id, admin.secret, sandbox.authority_file)


def good(result: RunResult) -> RunResult:
    """`result`, if everything went well; else the reasons are the test's failure."""
    reasons = [f"{step.name}: {step.reason}" for step in result.failed]
    assert result.ok, (result.error, reasons, [message.text for message in result.messages])
    return result
