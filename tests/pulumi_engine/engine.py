"""Stacks of Pulumi's own engine whose programs run in the test's process, with the sandbox in the place of AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation
from pulumi.automation import OpType
from tests.pulumi_engine.install import PULUMI

__all__ = ["MARKS", "PulumiStack"]

# Of each module whose tests run Pulumi's own engine.
MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("pulumi"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # Pulumi's SDK leaves the event loops of inline programs open.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@dataclass
class PulumiStack:
    """A stack with a state and home of its own in `folder`. `program` may be replaced between runs, as a person edits it."""

    folder: Path
    port: int
    program: Callable[[], Any] = lambda: None
    project: str = "engines"
    name: str = "dev"
    config: Mapping[str, str] = field(default_factory=dict)
    _made: automation.Stack | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the program `pulumi` has to know: no service, no plug-in from elsewhere, this provider for `aws`."""
        return {
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'states'}",
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DEBUG_PROVIDERS": f"aws:{self.port}",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "AWS_REGION": "eu-central-1",
        }

    def stack(self) -> automation.Stack:
        """The stack with the program as it is now; made at first use."""
        if self._made is None:
            work = self.folder / "work"
            for folder in (work, self.folder / "states"):
                folder.mkdir(parents=True, exist_ok=True)
            options = automation.LocalWorkspaceOptions(
                work_dir=str(work),
                env_vars=self.environment,
                pulumi_command=automation.PulumiCommand(str(PULUMI.parents[1])),
                project_settings=automation.ProjectSettings(name=self.project, runtime="python", main=str(work)),
            )
            self._made = automation.create_or_select_stack(self.name, project_name=self.project, program=self.program, opts=options)
            if self.config:
                self._made.set_all_config({name: automation.ConfigValue(value) for name, value in self.config.items()})
        self._made.workspace.program = self.program
        return self._made

    def preview(self, **options: Any) -> dict[str, int]:
        """Return how many resources each operation would be done to; raises `CommandError` with Pulumi's words where it cannot be done."""
        return _counts(self.stack().preview(**options).change_summary)

    def up(self, **options: Any) -> automation.UpResult:
        """Apply the program."""
        return self.stack().up(**options)

    def applied(self) -> dict[str, int]:
        """Apply the program, and return how many resources each operation was done to."""
        return _counts(self.up().summary.resource_changes or {})

    def refresh(self, **options: Any) -> dict[str, int]:
        """Bring the state up to what is there, and return the numbers of resources by what was found of them."""
        return _counts(self.stack().refresh(**options).summary.resource_changes or {})

    def destroy(self, **options: Any) -> dict[str, int]:
        """Delete what the stack has."""
        return _counts(self.stack().destroy(**options).summary.resource_changes or {})

    def unprotect(self) -> None:
        """Nothing in the state is protected any more."""
        stack = self.stack()
        deployment = stack.export_stack()
        for one in (deployment.deployment or {}).get("resources", ()):
            one.pop("protect", None)
        stack.import_stack(deployment)

    def resources(self) -> dict[str, Mapping[str, Any]]:
        """The resources in the stack's state, by URN, as Pulumi's deployment format has them."""
        return {one["urn"]: one for one in (self.stack().export_stack().deployment or {}).get("resources", ())}


def _counts(summary: Mapping[OpType, int]) -> dict[str, int]:
    return {OpType(operation).value: number for operation, number in summary.items()}
