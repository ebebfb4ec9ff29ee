"""Keeps the pages true: every relative link leads somewhere, and every generated block is what its command prints.

A generated block is a code block after a line `<!-- generated: COMMAND -->`, or all text between that line and
`<!-- end of generated -->`. COMMAND is run by `python -m` without a shell, such as `bucketpass --help`.
`python -m docs.check --write` brings the blocks up to date, and the files that are generated as a whole.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from docs.generators import json_schemas

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
GENERATED = re.compile(
    r"(?P<head><!-- generated: (?P<command>[^\n]+?) -->\n(?P<fence>```\w*\n)?)"
    r"(?P<text>.*?)(?P<tail>(?(fence)```|<!-- end of generated -->)\n)",
    re.DOTALL,
)
PRINTING_CODES = (0, 2)  # done; denied, which is an answer
# Files of the declaration's fields, in the order in which one follows from the other.
COMMANDS = {
    "src/bucketpass/model/access.schema.json": "bucketpass.model.schema",
    "src/bucketpass/provision/components/arguments.py": "bucketpass.provision.components.generate",
    "pulumi/schema.json": "bucketpass.provision.components.package",
}


def pages() -> list[Path]:
    """All Markdown pages of the project."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def broken_links(page: Path) -> list[str]:
    """The relative links of `page` that lead nowhere."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)
    return [target for target in LINK.findall(prose) if not (page.parent / target).exists()]


def output_of(command: str) -> str:
    """What `python -m COMMAND` prints, in a terminal of 100 columns without colours."""
    result = subprocess.run(  # noqa: S603  the commands stand in our own pages
        [sys.executable, "-m", *shlex.split(command)],
        cwd=ROOT,
        env={"PATH": str(Path(sys.executable).parent), "COLUMNS": "100", "NO_COLOR": "1", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode not in PRINTING_CODES:
        raise subprocess.CalledProcessError(result.returncode, result.args, result.stdout, result.stderr)
    return "\n".join(line.rstrip() for line in result.stdout.splitlines()) + "\n"


def with_fresh_blocks(text: str) -> str:
    """`text` with every generated block as its command prints it now."""
    return GENERATED.sub(lambda found: found["head"] + output_of(found["command"]) + found["tail"], text)


def files() -> Iterator[tuple[Path, str]]:
    """Yield each file that is generated as a whole, and its text, which may follow from files before it."""
    yield from ((ROOT / name, output_of(command)) for name, command in COMMANDS.items())
    yield from json_schemas.files().items()


def main() -> int:
    """Print what is not true; the value is the exit code."""
    complaints = []
    for page in pages():
        name = page.relative_to(ROOT)
        complaints += [f"{name}: the link `{target}` leads nowhere" for target in broken_links(page)]
        text = page.read_text()
        fresh = with_fresh_blocks(text)
        if fresh != text and "--write" in sys.argv:
            page.write_text(fresh)
        elif fresh != text:
            complaints.append(f"{name}: a generated block is old (remedy: python -m docs.check --write)")
    for file, text in files():
        if (file.read_text() if file.exists() else "") == text:
            continue
        if "--write" in sys.argv:
            file.write_text(text)
        else:
            complaints.append(f"{file.relative_to(ROOT)}: the file is old (remedy: python -m docs.check --write)")
    print("\n".join(complaints) or f"{len(pages())} pages are true")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
