"""The report as one HTML file, which asks no network for anything: style, program and data stand in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime
from html import escape
from importlib.resources import files

from bucketpass.report.content import Report, report_object
from bucketpass.version import VERSION

__all__ = ["html_page"]


def html_page(report: Report, written: datetime) -> str:
    """The page. written: the time that it shows as its own.

    The file may load nothing at all (Content-Security-Policy), and runs the one program in it, which is named by its hash.
    """
    page, style, program = (_part(name) for name in ("page.html", "page.css", "page.js"))
    shown = {**report_object(report), "version": VERSION, "written": f"{written:%Y-%m-%d %H:%M} UTC"}
    # SECURITY: names and prefixes are others' text. No tag can begin in the data, and the program shows it as text alone.
    data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    parts = {
        "TITLE": escape(f"Access map of {report.file}"),
        "POLICY": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(program)}'",
        "STYLE": style,
        "PROGRAM": program,
        "DATA": data,
    }
    return re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], page)


def _part(name: str) -> str:
    return (files("bucketpass.report") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
