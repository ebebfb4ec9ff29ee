"""Preview, up and destroy at AWS, by Pulumi's own engine."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation

from bucketpass.errors import InvalidInput, MissingProgram, ProvisionError
from bucketpass.provision.automation.command import find_command
from bucketpass.provision.automation.events import Translation
from bucketpass.provision.embedded import Listener, Program, RunResult, ignore
from bucketpass.provision.embedded.values import Hidden, Value

__all__ = ["PulumiEngine", "Source", "selected_stack"]

# What the Automation API writes before each of the program's outputs.
LABEL = re.compile(r"^(stdout|stderr): ?")


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be made: the Pulumi program in `folder`, or the declaration `access` as it is."""

    folder: Path = Path()
    access: Path | None = None

    @property
    def words(self) -> str:
        """The source, for people."""
        return str(self.access or self.folder)


class PulumiEngine:
    """Pulumi's own engine. `backend`: where it keeps its state; None: where `pulumi login` said."""

    def __init__(self, command: automation.PulumiCommand, backend: str | None = None) -> None:
        self._command = command
        self._backend = backend

    def preview(self, source: Source, stack: str, listener: Listener = ignore, *, refreshed: bool = True) -> RunResult:
        """Report what `up` would do. Nothing is changed."""
        return self._run(source, stack, listener, lambda on, hear: _outputs_of(on.preview(on_event=hear, refresh=refreshed)), dry_run=True)

    def up(self, source: Source, stack: str, listener: Listener = ignore, *, refreshed: bool = True) -> RunResult:
        """AWS has what the program asks for, and no longer what it does not; or the result says what is missing."""
        return self._run(source, stack, listener, lambda on, hear: _outputs_of(on.up(on_event=hear, refresh=refreshed)))

    def destroy(self, source: Source, stack: str, listener: Listener = ignore) -> RunResult:
        """All resources of the stack are gone."""
        return self._run(source, stack, listener, lambda on, hear: _outputs_of(on.destroy(on_event=hear)), create=False)

    def _run(
        self,
        source: Source,
        stack: str,
        listener: Listener,
        work: Callable[[automation.Stack, Translation], Mapping[str, Value]],
        *,
        dry_run: bool = False,
        create: bool = True,
    ) -> RunResult:
        heard = Translation(listener, dry_run=dry_run)
        outputs: Mapping[str, Value] = {}
        error = ""
        try:
            outputs = work(self._stack(source, stack, automation.create_or_select_stack if create else automation.select_stack), heard)
        except automation.StackNotFoundError:
            raise ProvisionError(
                f"Pulumi has no stack `{stack}` of this project", remedy="`pulumi stack ls` names those there are"
            ) from None
        except automation.ConcurrentUpdateError:
            raise ProvisionError(
                f"stack `{stack}` is being changed by another run", remedy="wait for it, or `pulumi cancel` where it has died"
            ) from None
        except automation.CommandError as failed:
            error = _last_words(str(failed))
        return RunResult(tuple(heard.steps.values()), outputs, tuple(heard.messages), error)

    def _stack(self, source: Source, stack: str, find: Callable[..., automation.Stack]) -> automation.Stack:
        environment = {"PULUMI_BACKEND_URL": self._backend} if self._backend else {}
        options = automation.LocalWorkspaceOptions(env_vars=environment, pulumi_command=self._command)
        if source.access is None:
            if not (source.folder / "Pulumi.yaml").is_file():
                raise InvalidInput(f"there is no `Pulumi.yaml` in `{source.folder}`", remedy="name the program's folder with --program")
            return find(stack, work_dir=str(source.folder.resolve()), opts=options)
        program = Program.of_access(source.access)
        # Kept, since the stack's settings hold the salt of its secrets.
        folder = program.root / ".bucketpass" / "pulumi" / program.project
        folder.mkdir(parents=True, exist_ok=True)
        options.work_dir = str(folder)
        options.project_settings = automation.ProjectSettings(name=program.project, runtime="python", main=str(folder))
        made = find(stack, project_name=program.project, program=lambda: _played(program.main), opts=options)
        made.set_all_config({key: automation.ConfigValue(value) for key, value in program.config.items()})
        return made


def selected_stack(folder: Path, backend: str | None = None) -> str | None:
    """Return the stack that `pulumi stack select` chose in a program's folder; None where there is none, or Pulumi does not say."""
    environment = {"PULUMI_BACKEND_URL": backend} if backend else {}
    try:
        workspace = automation.LocalWorkspace(work_dir=str(folder.resolve()), env_vars=environment, pulumi_command=find_command())
        found = workspace.stack()
    except (MissingProgram, automation.CommandError, ValueError):
        return None
    return found.name if found is not None else None


def _played(program: Path) -> None:
    """The program has run in this process, as the Automation API asks for it."""
    runpy.run_path(str(program), run_name="__main__")


def _outputs_of(result: automation.PreviewResult | automation.UpResult | automation.DestroyResult) -> Mapping[str, Value]:
    """The program's exports, secrets hidden; none where the result has none."""
    if not isinstance(result, automation.UpResult):
        return {}
    return {name: Hidden(output.value) if output.secret else output.value for name, output in result.outputs.items()}


def _last_words(failure: str) -> str:
    """The last line that says what went wrong, of what `pulumi` printed; if none begins with `error:`, the last line."""
    lines = [LABEL.sub("", line.strip()) for line in failure.splitlines()]
    said = [line for line in lines if line and not line.startswith("code:")]
    errors = [line.removeprefix("error:").strip() for line in said if line.startswith("error:")]
    return (errors or said or ["pulumi ended without success"])[-1]
