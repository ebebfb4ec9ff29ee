"""Settings for all tests."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is slow now and then; that says nothing of the code under test.
settings.register_profile("bucketpass", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bucketpass")

# A shell script starts `make test &` with SIGINT ignored, and an ignored signal stays so in every process below. Tests interrupt
# processes, which are to have the signal as a person's terminal gives it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def socket_folder() -> Iterator[Path]:
    """A folder for Unix sockets, whose paths have 107 bytes at most: TMPDIR may be longer than that."""
    with tempfile.TemporaryDirectory(prefix="bp-", dir="/tmp") as folder:
        yield Path(folder)
