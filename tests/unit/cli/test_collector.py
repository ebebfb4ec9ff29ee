import gc
from pathlib import Path

from bucketpass.cli.collector import collector_paused


def test_the_collector_is_off_inside_and_as_it_was_after() -> None:
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_no_library_call_touches_the_callers_collector() -> None:
    source = Path(__file__).parents[3] / "src" / "bucketpass"
    touching = {str(path.relative_to(source)) for path in source.rglob("*.py") if "gc.disable(" in path.read_text()}
    # Commands are processes of their own, and so are these two.
    assert {path for path in touching if not path.startswith("cli/")} == {"provision/embedded/runner.py", "credentials/process.py"}
