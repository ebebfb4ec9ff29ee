"""AI services reach S3 with the identity they already have.

::

    access = bucketpass.load("access.yaml")                       # what people declare, checked
    bucketpass.provision.FederatedAccess("ai", access=access)     # made with Pulumi
    bucketpass.boto3_session().client("s3")                       # in the AI service
"""

from __future__ import annotations

from bucketpass.version import VERSION

TYPE_CHECKING = False  # type checkers know the name; `typing` itself costs a credential process 4 ms
if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import boto3

    from bucketpass import configure as configure
    from bucketpass import credentials as credentials
    from bucketpass import decide as decide
    from bucketpass import model as model
    from bucketpass import prove as prove
    from bucketpass import provision as provision
    from bucketpass import sandbox as sandbox
    from bucketpass.credentials import Provider
    from bucketpass.model import Access

__version__ = VERSION
# Imported when first used: a credential process starts in milliseconds only if `import bucketpass` imports nothing.
ROOMS = frozenset(
    {"configure", "credentials", "decide", "deployment", "errors", "identity", "model", "policy", "prove", "provision", "sandbox"}
)
__all__ = ["__version__", "boto3_session", "load"]


def __getattr__(name: str) -> ModuleType:
    """The room of this name, such as `bucketpass.provision`."""
    if name not in ROOMS:
        raise AttributeError(f"module `bucketpass` has no attribute `{name}`")
    from importlib import import_module

    return import_module(f"bucketpass.{name}")


def boto3_session(provider: Provider | None = None, *, region_name: str | None = None) -> boto3.Session:
    """A boto3 session with the service's credentials, good for as long as the process runs. `bucketpass.credentials` has more."""
    from bucketpass.credentials.adapters import boto

    return boto.boto3_session(provider, region_name=region_name)


def load(path: str | Path) -> Access:
    """The declaration in the file `path`, checked. Raises `DeclarationError` with every mistake and its line."""
    # Imported here: a credential process starts in milliseconds only if `import bucketpass` imports nothing.
    from pathlib import Path

    from bucketpass.model import load_access

    return load_access(Path(path))
