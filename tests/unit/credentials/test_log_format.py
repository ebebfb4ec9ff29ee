"""The log as JSON."""

import json
import logging

from bucketpass.credentials.log_format import JsonFormatter


def test_a_line_is_one_object_with_what_changed() -> None:
    record = logging.LogRecord("bucketpass", logging.WARNING, "", 0, "%s", ("failed:\n why",), None)
    record.created, record.msecs = 0.25, 250.0
    record.bucketpass = {"event": "renewal-failed", "cause": "http-503", "seconds_left": 7}
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.250Z",
        "level": "warning",
        "message": "failed:\n why",
        "event": "renewal-failed",
        "cause": "http-503",
        "seconds_left": 7,
    }


def test_a_record_of_others_has_no_more_than_its_message() -> None:
    record = logging.LogRecord("bucketpass", logging.INFO, "", 0, "hello", (), None)
    assert set(json.loads(JsonFormatter().format(record))) == {"time", "level", "message"}
