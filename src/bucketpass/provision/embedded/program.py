"""A Pulumi program on disk, and its project's and stack's settings."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bucketpass.errors import InvalidInput, Place
from bucketpass.provision.embedded.sealing import sealer_of_passphrase
from bucketpass.secret import Secret

__all__ = ["Program"]

ACCESS_PROGRAM = Path(__file__).parents[1] / "access_program.py"


@dataclass(frozen=True, slots=True)
class Program:
    """A program: its project's name and folder, the file or folder that Python runs, and its configuration by full key."""

    project: str
    root: Path
    main: Path
    config: Mapping[str, str] = field(default_factory=dict, repr=False)  # some of it is secret
    secret_keys: frozenset[str] = frozenset()
    python: Path = Path(sys.executable)
    declaration: Path | None = None  # what is registered in the place of running anything

    @classmethod
    def load(cls, folder: Path, stack: str, passphrase: Secret | None = None) -> Self:
        """The program of the Pulumi.yaml in `folder`, with the configuration of Pulumi.<stack>.yaml, opened with `passphrase`."""
        file = folder / "Pulumi.yaml"
        project, name = _yaml(file), cls.project_of(folder)
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
        settings = _stack_settings(folder, stack)
        config = _config(name, project.get("config")) | _config(name, settings.get("config"), _opener(settings, passphrase))
        return cls(
            project=name,
            root=folder.resolve(),
            main=main.resolve(),
            config={key: value.text for key, value in config.items()},
            secret_keys=frozenset(key for key, value in config.items() if value.secret),
            python=_python(folder, options),
        )

    @property
    def provider_settings(self) -> Mapping[str, str]:
        """The inputs of AWS's default provider, as the configuration has them: nested ones as JSON text."""
        return {key.partition(":")[2]: value for key, value in self.config.items() if key.startswith("aws:")}

    @staticmethod
    def project_of(folder: Path) -> str:
        """The project's name in the Pulumi.yaml of `folder`."""
        file = folder / "Pulumi.yaml"
        name = _yaml(file).get("name")
        if not isinstance(name, str):
            raise InvalidInput("no project name, expected `name: ...`", place=Place(str(file)))
        return name

    @classmethod
    def of_access(cls, file: Path) -> Self:
        """The program that makes what the declaration in `file` says."""
        project = "bucketpass" if file.stem == "access" else f"bucketpass-{re.sub(r'[^A-Za-z0-9_.-]', '-', file.stem)}"
        return cls(project, file.parent.resolve(), ACCESS_PROGRAM, {"bucketpass:access": str(file.resolve())}, declaration=file.resolve())


def _yaml(file: Path) -> Mapping[str, object]:
    import yaml

    try:
        found = yaml.safe_load(file.read_text())
    except FileNotFoundError:
        raise InvalidInput(f"there is no `{file}`", remedy="name the folder of a Pulumi program") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"cannot be read as YAML: {' '.join(str(error).split())}", place=Place(str(file))) from None
    if not isinstance(found, Mapping):
        raise InvalidInput("is not a YAML object", place=Place(str(file)))
    return found


def _stack_settings(folder: Path, stack: str) -> Mapping[str, object]:
    file = folder / f"Pulumi.{stack}.yaml"
    return _yaml(file) if file.is_file() and file.stat().st_size else {}


@dataclass(frozen=True, slots=True)
class _Setting:
    text: str
    secret: bool = False


def _opener(settings: Mapping[str, object], passphrase: Secret | None) -> Callable[[str], str] | None:
    """What opens the encrypted values of a stack's settings, where there is a passphrase."""
    kept = settings.get("encryptionsalt")
    return sealer_of_passphrase(passphrase, kept).open if isinstance(kept, str) and passphrase is not None else None


def _config(project: str, given: object, opener: Callable[[str], str] | None = None) -> dict[str, _Setting]:
    """Configuration as Pulumi hands it to a program: full keys, text values (JSON where they are not plain)."""
    if not isinstance(given, Mapping):
        return {}
    found: dict[str, _Setting] = {}
    for key, value in given.items():
        full = str(key) if ":" in str(key) else f"{project}:{key}"
        plain = value.get("value", value.get("default")) if isinstance(value, Mapping) and {"value", "default"} & value.keys() else value
        secret = _holds_secret(plain)
        if secret and opener is None:
            raise InvalidInput(
                f"configuration `{full}` is encrypted by Pulumi",
                remedy="set PULUMI_CONFIG_PASSPHRASE; secrets of other providers only Pulumi's own engine can open",
            )
        if opener is not None:
            plain = _opened(plain, opener)
        if plain is not None:
            found[full] = _Setting(plain if isinstance(plain, str) else json.dumps(plain), secret)
    return found


def _holds_secret(value: object) -> bool:
    match value:
        case {"secure": str()}:
            return True
        case Mapping():
            return any(map(_holds_secret, value.values()))
        case list():
            return any(map(_holds_secret, value))
        case _:
            return False


def _opened(value: object, opener: Callable[[str], str]) -> object:
    match value:
        case {"secure": str(sealed)}:
            return opener(sealed)
        case Mapping():
            return {key: _opened(inner, opener) for key, inner in value.items()}
        case list():
            return [_opened(inner, opener) for inner in value]
        case _:
            return value


def _python(folder: Path, options: object) -> Path:
    """The Python of the project's virtual environment, where it says that it has one; else this one."""
    named = options.get("virtualenv") if isinstance(options, Mapping) else None
    python = folder / str(named) / "bin" / "python"
    return python if named and python.is_file() else Path(sys.executable)
