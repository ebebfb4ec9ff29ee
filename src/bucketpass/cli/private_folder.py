"""The folder `.bucketpass` beside a program: the state of its stacks, the keys of a sandbox that runs here."""

from __future__ import annotations

from pathlib import Path

__all__ = ["NAME", "make_private_folder"]

NAME = ".bucketpass"


def make_private_folder(beside: Path) -> None:
    """The folder is there, its owner's alone, and git does not see it."""
    folder = beside / NAME
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SECURITY: it holds an administrator's key and what seals the state's secrets; `git add .` would publish them.
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")
