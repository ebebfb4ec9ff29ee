"""How the program's log looks: lines for people, or one JSON object a line."""

from __future__ import annotations

import json
import logging
import sys
import time

__all__ = ["JsonFormatter", "log_to_standard_error"]


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: its time, level and message, and what the log says of a change of state."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without line breaks."""
        shown = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "bucketpass", {}),
        }
        return json.dumps(shown)


def log_to_standard_error(form: str) -> None:
    """The log of `bucketpass` goes to standard error in this form, its good news too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter("%(levelname)s: %(message)s"))
    log = logging.getLogger("bucketpass")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
