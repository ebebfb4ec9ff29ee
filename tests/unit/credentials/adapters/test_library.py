"""Adapters whose library is not installed."""

import subprocess
import sys

import pytest

from bucketpass.credentials.adapters.library import missing_library, needs_library
from bucketpass.errors import MissingLibrary

# Each adapter, with everything that this package does not depend on made impossible to import.
PROGRAM = """
import sys
for module in ("boto3", "botocore", "aiobotocore", "s3fs", "pyarrow", "duckdb", "lance_namespace", "daft"):
    sys.modules[module] = None
from bucketpass import credentials
name, library = sys.argv[1:]
try:
    getattr(credentials, name)()
except Exception as error:
    assert type(error).__name__ == "MissingLibrary", repr(error)
    assert "\\n" not in str(error)
    print(error)
"""


@pytest.mark.parametrize(
    ("adapter", "library"),
    [
        ("boto3_session", "botocore"),
        ("botocore_session", "botocore"),
        ("aiobotocore_session", "aiobotocore"),
        ("s3_filesystem", "aiobotocore"),
        ("storage_options", "aiobotocore"),
        ("pyarrow_filesystem", "aiobotocore"),
        ("lance_namespace", "lance_namespace"),
        ("daft_credentials_provider", "daft"),
    ],
)
def test_an_adapter_without_its_library_says_in_one_line_what_to_install(adapter: str, library: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, adapter, library], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"`{library}` is not installed (pip install {library.replace('_', '-')})", done.stderr


def test_a_module_of_ours_that_is_missing_is_a_broken_installation() -> None:
    error = ModuleNotFoundError(name="bucketpass.credentials.none")
    assert missing_library(error) is error


def test_a_function_that_finds_its_library_is_left_alone() -> None:
    assert needs_library(lambda number: number + 1)(1) == 2
    with pytest.raises(MissingLibrary):
        needs_library(lambda: __import__("no_such_library"))()
