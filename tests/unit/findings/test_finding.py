import pytest

from bucketpass.errors import Severity
from bucketpass.findings import CODES, Finding


def test_what_a_finding_does_not_say_itself_the_registry_says() -> None:
    finding = Finding("whole-bucket", "all of it")
    assert (finding.severity, finding.remedy, finding.entry) == (Severity.WARNING, "Give the grant a `prefix`.", CODES["whole-bucket"])
    assert Finding("whole-bucket", "all of it", "Do this.").remedy == "Do this."


def test_a_code_that_the_registry_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        Finding("whole-bucker", "all of it")
