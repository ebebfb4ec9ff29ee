"""A Pulumi program on disk, its project's and stack's settings, and the process that it runs in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bucketpass.errors import InvalidInput, Place
from bucketpass.provision.embedded.events import Listener, Message
from bucketpass.provision.embedded.naming import StackName

__all__ = ["PARALLEL", "Process", "Program"]

RUNNER = Path(__file__).with_name("runner.py")
# What nearly every program that this engine can run will import: loaded while the engine itself still gets ready.
PRELOADED = ("pulumi_aws",)
PARALLEL = 16
ACCESS_PROGRAM = Path(__file__).parents[1] / "access_program.py"


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its project's name and folder, the file or folder that Python runs, and its configuration by full key."""

    project: str
    root: Path
    main: Path
    config: Mapping[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    python: Path = Path(sys.executable)

    @classmethod
    def load(cls, folder: Path, stack: str) -> Self:
        """The program of the Pulumi.yaml in `folder`, with the configuration of Pulumi.<stack>.yaml."""
        file = folder / "Pulumi.yaml"
        project = _yaml(file)
        name = project.get("name")
        if not isinstance(name, str):
            raise InvalidInput("no project name, expected `name: ...`", place=Place(str(file)))
        runtime = project.get("runtime")
        language, options = (runtime.get("name"), runtime.get("options")) if isinstance(runtime, Mapping) else (runtime, None)
        if language != "python":
            raise InvalidInput(
                f"runtime `{language}` cannot be run by the embedded engine, expected `python`",
                remedy="run it with `pulumi up`",
                place=Place(str(file)),
            )
        main = folder / str(project.get("main", "."))
        if not (main.is_file() or (main / "__main__.py").is_file()):
            raise InvalidInput(f"no program at `{main}`, expected a `__main__.py`", place=Place(str(file)))
        return cls(
            project=name,
            root=folder.resolve(),
            main=main.resolve(),
            config=_config(name, project.get("config")) | _config(name, _stack_settings(folder, stack).get("config")),
            python=_python(folder, options),
        )

    @classmethod
    def of_access(cls, file: Path) -> Self:
        """The program that makes what the declaration in `file` says."""
        project = "bucketpass" if file.stem == "access" else f"bucketpass-{file.stem}"
        return cls(project, file.parent.resolve(), ACCESS_PROGRAM, {"bucketpass:access": str(file.resolve())})


def _yaml(file: Path) -> Mapping[str, object]:
    import yaml

    try:
        found = yaml.safe_load(file.read_text())
    except FileNotFoundError:
        raise InvalidInput(f"there is no `{file}`", remedy="name the program's folder with --program") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"cannot be read as YAML: {' '.join(str(error).split())}", place=Place(str(file))) from None
    if not isinstance(found, Mapping):
        raise InvalidInput("is not a YAML object", place=Place(str(file)))
    return found


def _stack_settings(folder: Path, stack: str) -> Mapping[str, object]:
    file = folder / f"Pulumi.{stack}.yaml"
    return _yaml(file) if file.is_file() and file.stat().st_size else {}


def _config(project: str, given: object) -> dict[str, str]:
    """Configuration as Pulumi hands it to a program: full keys, text values (JSON where they are not plain)."""
    if not isinstance(given, Mapping):
        return {}
    found: dict[str, str] = {}
    for key, value in given.items():
        full = str(key) if ":" in str(key) else f"{project}:{key}"
        plain = value.get("value", value.get("default")) if isinstance(value, Mapping) and {"value", "default"} & value.keys() else value
        if isinstance(plain, Mapping) and "secure" in plain:
            raise InvalidInput(
                f"configuration `{full}` is encrypted by Pulumi, which the embedded engine cannot read",
                remedy="use another stack, whose secrets come from the environment",
            )
        if plain is not None:
            found[full] = plain if isinstance(plain, str) else json.dumps(plain)
    return found


def _python(folder: Path, options: object) -> Path:
    """The Python of the project's virtual environment, where it says that it has one; else this one."""
    named = options.get("virtualenv") if isinstance(options, Mapping) else None
    python = folder / str(named) / "bin" / "python"
    return python if named and python.is_file() else Path(sys.executable)


class Process:
    """A process that has begun to load what programs need, and that waits for the program to run.

    Starting it early hides the second that importing pulumi and pulumi-aws takes behind the engine's own start.
    """

    def __init__(self, program: Program, listener: Listener) -> None:
        self._program = program
        self._listener = listener
        self._process = subprocess.Popen(  # noqa: S603 - the user's own program, run on purpose
            # SECURITY: -P keeps the folder of runner.py off the program's path, where its modules would shadow others.
            [str(program.python), "-P", str(RUNNER), *PRELOADED],
            cwd=program.root,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._pumps = [
            threading.Thread(target=self._pump, args=(stream, severity), daemon=True)
            for stream, severity in ((self._process.stdout, "info"), (self._process.stderr, "error"))
            if stream is not None
        ]
        for pump in self._pumps:
            pump.start()

    def run(self, name: StackName, address: str, *, dry_run: bool) -> int:
        """The program has run against the services at `address`; its exit code."""
        program = self._program
        order = {
            "program": str(program.main),
            "arguments": [],
            "root": str(program.root),
            "project": name.project,
            "stack": name.stack,
            "address": address,
            "parallel": PARALLEL,
            "dry_run": dry_run,
            "config": dict(program.config),
            "secret_keys": sorted(program.secret_keys),
        }
        with suppress(BrokenPipeError):  # it ended before it read: its exit code and its own words say why
            if self._process.stdin is not None:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.close()
        code = self._process.wait()
        for pump in self._pumps:
            pump.join()
        return code

    def _pump(self, stream: IO[str], severity: str) -> None:
        for line in stream:
            self._listener(Message(severity, line.rstrip("\n")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None and not stream.closed:
                stream.close()


def _environment() -> dict[str, str]:
    """This process's environment, as Pulumi's language host passes it on, without the endpoint's key.

    SECURITY: a program needs no key of the endpoint: the engine makes its resources. What it does not have it cannot leak.
    """
    return {name: value for name, value in os.environ.items() if name not in _KEPT_BACK} | {"PYTHONUNBUFFERED": "1"}


_KEPT_BACK = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
