"""`python -m tests.recorded FOLDER [--json]`: replay every file of FOLDER; 1 where an answer differs, 2 where a file cannot be read."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.recorded.replay import FileReport, UnknownRowsError, replay_folder


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.recorded", description="Replay recorded answers of live AWS.")
    parser.add_argument("folder", type=Path, help="folder of recorded rows, one JSON file a kind")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    options = parser.parse_args(arguments)
    try:
        reports = replay_folder(options.folder)
    except (OSError, ValueError, UnknownRowsError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"files": {report.name: report.as_json() for report in reports}}, indent=1))
    else:
        print("\n".join(line for report in reports for line in _lines(report)))
    return 0 if all(report.agreed == report.rows for report in reports) else 1


def _lines(report: FileReport) -> list[str]:
    head = f"{report.name}: {report.rows} rows, {report.agreed} agreed"
    return [head, *(f"  row {one.row}: {one.where}: expected {one.expected}, got {one.got}: {one.asked}" for one in report.differences)]


if __name__ == "__main__":
    sys.exit(main())
