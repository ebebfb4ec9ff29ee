from bucketpass.errors import Diagnostic, Place
from bucketpass.model.mistake import mistake


def test_a_mistake_has_its_path_and_remedy() -> None:
    assert mistake("a.b", "wrong", "mend it") == Diagnostic("declaration", "wrong", "mend it", Place(path="a.b"))
