import json

import pytest

from bucketpass.cli.show_error import show_error
from bucketpass.errors import DeclarationError, Diagnostic, Place

ERROR = DeclarationError(diagnostics=(Diagnostic("declaration", "a", "b", Place("f", 1, 2)), Diagnostic("declaration", "c")))


def test_people_read_standard_error_and_programs_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(ERROR, as_json=False)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error f:1:2 declaration\n  a\n  remedy: b\nerror declaration\n  c\n2 errors; nothing was done\n"
    show_error(ERROR, as_json=True)
    captured = capsys.readouterr()
    assert ([one["message"] for one in json.loads(captured.out)["diagnostics"]], captured.err) == (["a", "c"], "")
