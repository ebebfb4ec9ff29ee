"""Errors on standard error for people, and as JSON on standard output for programs."""

from __future__ import annotations

import sys

from bucketpass.cli.json_output import print_json
from bucketpass.cli.terminal import show_finding
from bucketpass.errors import BucketpassError, Severity
from bucketpass.findings.formats import finding_object

__all__ = ["show_error"]


def show_error(error: BucketpassError, *, as_json: bool) -> None:
    """Print every diagnostic."""
    if as_json:
        print_json("error", {"error": error.code, "diagnostics": [finding_object(diagnostic) for diagnostic in error.diagnostics()]})
        return
    for diagnostic in error.diagnostics():
        show_finding(diagnostic, file=sys.stderr)
    count = sum(diagnostic.severity is Severity.ERROR for diagnostic in error.diagnostics())
    if count > 1:
        print(f"{count} errors; nothing was done", file=sys.stderr)
