"""`bucketpass init`: a first declaration and Pulumi program, from flags or from a few questions."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bucketpass.cli.json_output import print_json
from bucketpass.errors import InvalidInput
from bucketpass.issuers import PRESETS, Preset
from bucketpass.model.access import AccessLevel
from bucketpass.model.notes import nearest
from bucketpass.model.scaffold import Answers, scaffold

FIELDS = sorted({name for preset in PRESETS.values() for name in preset.fields})
LEVELS = [level.value for level in AccessLevel]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.usage = "bucketpass init [PRESET] [options]"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(_fields_by_preset())
    parser.add_argument("preset", nargs="?", metavar="PRESET", help="kind of identity provider; without one you are asked")
    parser.add_argument("--directory", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)")
    parser.add_argument("--issuer", metavar="PRESET", help="the same as PRESET")
    parser.add_argument("--url", help="the issuer URL, where the kind has no single one")
    parser.add_argument("--audience", action="append", default=[], help="the audience of its tokens; may be repeated")
    parser.add_argument("--service", metavar="NAME", help="name of the AI service (default: service)")
    parser.add_argument("--bucket", metavar="NAME", help="name of the bucket")
    parser.add_argument("--prefix", help="what the granted objects' keys start with (default: everything)")
    parser.add_argument("--access", action="append", default=[], choices=LEVELS, help="may be repeated (default: read)")
    parser.add_argument("--encryption", choices=("s3", "kms"), default="s3", help="of the bucket (default: s3)")
    parser.add_argument("--administrator", action="append", default=[], metavar="ARN", help="makes the bucket exclusive; may be repeated")
    parser.add_argument("--name", default="bucketpass", help="what roles are named after (default: bucketpass)")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    for name in FIELDS:  # listed by preset, below all options
        parser.add_argument(_flag(name), dest=f"field_{name}", metavar="VALUE", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Ask what flags left open, make the files' texts, and write them: all or none."""
    files = scaffold(_answers(arguments))
    folder: Path = arguments.directory
    there = [name for name in files if (folder / name).exists()]
    if there and not arguments.force:
        raise InvalidInput(f"`{folder / there[0]}` already exists", remedy="--force replaces it, --directory writes elsewhere")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
    except OSError as error:
        raise InvalidInput(f"cannot write to `{folder}`: {(error.strerror or str(error)).lower()}", remedy="--directory DIR") from None
    if arguments.json:
        print_json("init", {"directory": str(folder), "files": list(files)})
    else:
        print("wrote " + ", ".join(str(folder / name) for name in files))
        print("next: bucketpass check, then bucketpass up (see bucketpass sandbox --help for a place to try it)")
    return 0


def _answers(arguments: argparse.Namespace) -> Answers:
    preset = arguments.preset or arguments.issuer or _ask("kind of identity provider", "--issuer", "github")
    if preset not in PRESETS:
        raise InvalidInput(f"got the unknown issuer `{preset}`", remedy=nearest(preset, PRESETS))
    known = PRESETS[preset]
    claims = {name: value for name in known.fields if (value := getattr(arguments, f"field_{name}")) is not None}
    unknown = [name for name in FIELDS if name not in known.fields and getattr(arguments, f"field_{name}") is not None]
    if unknown:
        raise InvalidInput(f"{known.title} does not have `{_flag(unknown[0])}`", remedy=f"it has {', '.join(map(_flag, known.fields))}")
    url = arguments.url or (None if known.url else _ask(f"issuer URL of {known.title}", "--url", known.urls[0] if known.urls else ""))
    audience = tuple(arguments.audience)
    if not audience and not known.audience_of(url or known.url or ""):
        audience = (_ask("audience of its tokens", "--audience", ""),)
    claims = _completed(claims, known)
    for name, value in claims.items():
        if name in known.forms and not re.fullmatch(known.forms[name], value):
            raise InvalidInput(f"got `{_flag(name)} {value}`, expected {known.fields[name]}", remedy=f"write it as {known.title} shows it")
    bucket, prefix, service = arguments.bucket, arguments.prefix, arguments.service
    if bucket is None:
        # A person who is asked for the bucket is asked for what has a default too; a flag means a script, or somebody in a hurry.
        bucket = _ask("name of the bucket", "--bucket", "")
        prefix = input("what the granted objects' keys start with [everything]: ").strip() if prefix is None else prefix
        service = service or _ask("name of the AI service", "--service", "service")
    return Answers(
        preset=preset,
        claims=claims,
        bucket=bucket,
        service=service or "service",
        name=arguments.name,
        url=url,
        audience=audience,
        prefix=prefix or "",
        access=tuple(AccessLevel(level) for level in arguments.access) or (AccessLevel.READ,),
        encryption=arguments.encryption,
        administrators=tuple(arguments.administrator),
    )


def _completed(claims: dict[str, str], known: Preset) -> dict[str, str]:
    """The claims, and those that the nearest form of a subject needs beside them."""
    forms = [form.fields for form in known.subjects if claims.keys() <= set(form.fields)]
    # What fits no form is reported with the declaration's other mistakes.
    nearest_form = min(forms, key=len, default=tuple(claims)) if claims else known.subjects[0].fields
    missing = [name for name in nearest_form if name not in claims]
    others = [name for form in forms if len(form) == len(nearest_form) for name in form if name not in nearest_form]
    for name in missing:
        or_else = f"; or {', '.join(map(_flag, others))}" if len(missing) == 1 and others else ""
        claims = {**claims, name: _ask(f"{known.fields[name]}{or_else}", _flag(name), "")}
    return claims


def _flag(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _ask(what: str, flag: str, example: str) -> str:
    """What somebody types. Raises `InvalidInput` where nobody is there to ask."""
    if not sys.stdin.isatty():
        raise InvalidInput(f"`{flag}` is missing ({what})", remedy=f"{flag} {example or '...'}")
    answer = input(f"{what}{f' [{example}]' if example else ''}: ").strip() or example
    if not answer:
        raise InvalidInput(f"got no answer for {what}", remedy=f"{flag} ...")
    return answer


def _fields_by_preset() -> Iterator[str]:
    """How each kind of identity provider names a service: the options, one line a form of its subjects."""
    yield "who the service is, by preset (what is missing is asked for):"
    width = max(map(len, PRESETS))
    for preset in PRESETS.values():
        forms = dict.fromkeys(" ".join(map(_flag, form.fields)) for form in preset.subjects)
        for number, form in enumerate(forms):
            yield f"  {preset.name if number == 0 else '':<{width}}  {form}"
