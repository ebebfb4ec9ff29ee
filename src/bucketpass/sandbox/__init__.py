"""An embedded AWS on loopback that really refuses: issuer, STS, IAM, KMS and S3 in one process.

::

    from bucketpass.sandbox import Sandbox, SandboxOptions

    with Sandbox(SandboxOptions(access=access)) as sandbox:
        sandbox.https_url, sandbox.ca_file, sandbox.admin
        token = sandbox.mint("trainer")

- `listener`, `certificates`: one port for https and http; `bucketpass.wire` reads what comes
- `front`: which service, who signed; `sigv4`, `chunked`, `payload`, `credentials` are the proof
- `issuer` mints tokens; `tokens`, `discovery` and `sts` take them
- `parse` and `locate` say what an S3 request is for, `authorizer` puts it and what `state` holds before `bucketpass.decide`
- `s3` with `buckets`, `keys` and `objects`; `iam`; `kms`
- `events`: what was asked, decided and answered; `trail` writes them as CloudTrail does, `follow` reads them from afar
- `journal` keeps what was deployed, `runfile` tells other programs where the sandbox is, `pytest_plugin` is for their tests
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bucketpass.sandbox.service import Sandbox, SandboxOptions

__all__ = ["Sandbox", "SandboxOptions"]


def __getattr__(name: str) -> object:
    """The public name: imported when first asked for, so that the pytest plugin costs nothing until a test wants a sandbox."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bucketpass.sandbox import service

    return getattr(service, name)
