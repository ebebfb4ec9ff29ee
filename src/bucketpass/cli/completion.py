"""`bucketpass completion SHELL`: the script by which a shell completes verbs, options, and the names that a declaration has.

The scripts ask `bucketpass complete -- WORDS` for what can stand in place of the last word: a candidate a line, with a tab and a
description after it; the line FILES stands for the shell's own completion of file names.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bucketpass.cli.commands import COMMANDS
from bucketpass.errors import BucketpassError

if TYPE_CHECKING:
    from bucketpass.compile.plan import RolePlan

__all__ = ["FILES", "SCRIPTS", "add_arguments", "candidates", "complete", "run"]

FILES = ":files"
Candidate = tuple[str, str]

BASH = """\
_bucketpass() {
    local line=${COMP_LINE:0:COMP_POINT} words current value IFS=$' \\t'
    read -ra words <<< "$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    current=${words[-1]}
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        if [[ $value == :files ]]; then
            compopt -o default
        else
            # Readline takes `:` and `=` for the ends of words.
            [[ $current == *[:=]* ]] && value=${value#"${current%"${current##*[:=]}"}"}
            COMPREPLY+=("$value")
        fi
    done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -F _bucketpass bucketpass
"""
ZSH = """\
#compdef bucketpass
_bucketpass() {
    local line value description
    local -a found
    for line in "${(@f)$(${words[1]} complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        value=${line%%$'\\t'*}
        description=${line#*$'\\t'}
        if [[ $value == :files ]]; then
            _files
        elif [[ -n $value ]]; then
            found+=("${value//:/\\\\:}:$description")
        fi
    done
    (( ${#found} )) && _describe bucketpass found
}
compdef _bucketpass bucketpass
"""
FISH = """\
function __bucketpass_complete
    set -l words (commandline --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    for found in ($words[1] complete -- $words[2..-1] 2>/dev/null)
        if test (string split \\t -- $found)[1] = :files
            __fish_complete_path (commandline --current-token)
        else
            echo $found
        end
    end
end
complete --command bucketpass --no-files --arguments '(__bucketpass_complete)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
S3_VERBS = ("get", "head", "put", "upload", "delete", "list", "copy")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    parser.add_argument(
        "shell", choices=SCRIPTS, help='put `eval "$(bucketpass completion bash)"` into ~/.bashrc, or the like for zsh and fish'
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    print(SCRIPTS[arguments.shell], end="")
    return 0


def complete(words: Sequence[str]) -> None:
    """Print what can stand in place of the last word. Nothing that is wrong with a declaration is an error here."""
    for value, description in candidates(words):
        print(f"{value}\t{description}" if description else value)


def candidates(words: Sequence[str]) -> list[Candidate]:
    """What can stand in place of the last of `words`, which begin with the verb: with the same beginning, each with its description."""
    *before, current = words or [""]
    found = _of_verb(before, current) if before else [(verb, entry.help) for verb, entry in COMMANDS.items()]
    return [one for one in found if one[0] == FILES or one[0].startswith(current)]


def _of_verb(before: Sequence[str], current: str) -> list[Candidate]:
    verb, *rest = before
    if verb not in COMMANDS:
        return []
    parser = argparse.ArgumentParser(add_help=False)
    import_module(f"bucketpass.cli.{COMMANDS[verb].module}").add_arguments(parser)
    actions = parser._actions
    options = {option: action for action in actions for option in action.option_strings}
    declared = _Declared(before)
    if rest and (action := options.get(rest[-1])) is not None and action.nargs != 0:
        return declared.values(action)
    if current.startswith("-"):
        return [(option, _help(action)) for option, action in options.items() if option.startswith("--")]
    taken = {index + 1 for index, word in enumerate(rest) if word in options and options[word].nargs != 0}
    number = sum(index not in taken and not word.startswith("-") for index, word in enumerate(rest))
    positional = [action for action in actions if not action.option_strings]
    return declared.values(positional[number]) if number < len(positional) else []


def _help(action: argparse.Action) -> str:
    return action.help if action.help is not None and action.help != argparse.SUPPRESS else ""


class _Declared:
    """The names of the declaration that a command line is about: `--access FILE` on it, or access.yaml."""

    def __init__(self, words: Sequence[str]) -> None:
        self._file = Path(dict(pairwise(words)).get("--access", "access.yaml"))

    def values(self, action: argparse.Action) -> list[Candidate]:
        """What an argument can be."""
        if action.choices is not None:
            return [(str(choice), "") for choice in action.choices]
        kind = str(action.metavar or action.dest).removesuffix("/").upper()
        for name in (action.dest.upper(), kind):
            if name in _KINDS:
                return list(_KINDS[name](self._file))
        return []


def _services(file: Path) -> Iterator[Candidate]:
    from bucketpass.model import load_access

    for name, service in load_access(file).services.items():
        yield name, ", ".join(dict.fromkeys(f"{grant.bucket}/{grant.prefix}" for grant in service.grants))


def _names(file: Path) -> Iterator[Candidate]:
    """Services and issuers."""
    from bucketpass.model import load_access

    yield from _services(file)
    yield from ((name, "issuer") for name in load_access(file).issuers)


def _roles(file: Path) -> Sequence[RolePlan]:
    from bucketpass.cli.declared import target_of
    from bucketpass.compile import compile_access
    from bucketpass.model import load_access

    return compile_access(load_access(file), target_of(argparse.Namespace(account=None, region=None))).roles


def _role_arns(file: Path) -> Iterator[Candidate]:
    yield from ((role.arn, role.service) for role in _roles(file))


def _role_names(file: Path) -> Iterator[Candidate]:
    yield from ((role.name, role.service) for role in _roles(file))


def _buckets(file: Path) -> Iterator[Candidate]:
    from bucketpass.model import load_access

    access = load_access(file)
    yield from ((access.bucket_name(name), "") for name in access.buckets)


def _uris(file: Path) -> Iterator[Candidate]:
    from bucketpass.model import load_access

    access = load_access(file)
    grants = [(name, grant) for name, service in access.services.items() for grant in service.grants]
    uris: dict[str, list[str]] = {f"s3://{bucket}/": [] for bucket, _ in _buckets(file)}
    for service, grant in grants:
        bucket = access.bucket_name(grant.bucket)
        uris.setdefault(f"s3://{bucket}/{grant.key or grant.prefix}", []).append(service)
    yield from ((uri, ", ".join(dict.fromkeys(services))) for uri, services in uris.items())


def _prefixes(file: Path) -> Iterator[Candidate]:
    """Where a narrower session may reach: BUCKET/PREFIX."""
    yield from ((uri.removeprefix("s3://"), services) for uri, services in _uris(file))


def _guarantees(file: Path) -> Iterator[Candidate]:
    """Words by which guarantees are chosen: whose they are."""
    from bucketpass.model import load_access

    access = load_access(file)
    yield from _services(file)
    yield from _buckets(file)
    yield from ((name, "guarantee") for name in access.guarantees)


def _presets(_: Path) -> Iterator[Candidate]:
    from bucketpass.issuers import PRESETS

    yield from ((preset.name, preset.title) for preset in PRESETS.values())


def _services_and_codes(file: Path) -> Iterator[Candidate]:
    from bucketpass.findings import CODES

    yield from _tolerant(_services)(file)
    yield from ((code.name, code.title) for code in CODES.values())


def _files(_: Path) -> Iterator[Candidate]:
    yield FILES, ""


def _tolerant(read: Callable[[Path], Iterator[Candidate]]) -> Callable[[Path], Iterator[Candidate]]:
    """`read`, without what a declaration that is missing or wrong does not have."""

    def values(file: Path) -> Iterator[Candidate]:
        try:
            yield from read(file)
        except (BucketpassError, OSError):
            return

    return values


# Destination or metavar of an argument, in capitals -> what it can be.
_KINDS: dict[str, Callable[[Path], Iterator[Candidate]]] = {
    "SERVICE": _tolerant(_services),
    "SERVICE|ISSUER": _tolerant(_names),
    "SERVICE|CODE": _services_and_codes,
    "S3_URI": _tolerant(_uris),
    "S3://BUCKET/PREFIX": _tolerant(_uris),
    "BUCKET": _tolerant(_buckets),
    "ROLE_ARN": _tolerant(_role_arns),
    "ROLE": _tolerant(_role_names),
    "VERB": lambda _: ((verb, "") for verb in S3_VERBS),
    "PRESET": _presets,
    "PREFIX": _tolerant(_prefixes),
    "ONLY": _tolerant(_guarantees),
    "TO": lambda _: ((target, "") for target in ("sandbox", "aws", "rgw")),
    "DEPLOYED": lambda _: ((target, "") for target in ("sandbox", "aws")),
    **dict.fromkeys(("FILE", "DIR", "PATH", "OLD", "NEW", "FOLDER", "COMMAND"), _files),
}
