"""AI services reach S3 with the identity they already have.

::

    access = bucketpass.load("access.yaml")                       # what people declare, checked
    bucketpass.provision.FederatedAccess("ai", access=access)     # made with Pulumi
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know the name; `typing` itself costs a credential process 4 ms
if TYPE_CHECKING:
    from pathlib import Path

    from bucketpass.model import Access

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(path: str | Path) -> Access:
    """The declaration in the file `path`, checked. Raises `DeclarationError` with every mistake and its line."""
    # Imported here: a credential process starts in milliseconds only if `import bucketpass` imports nothing.
    from pathlib import Path

    from bucketpass.model import load_access

    return load_access(Path(path))
