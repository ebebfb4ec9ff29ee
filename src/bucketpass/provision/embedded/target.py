"""Which endpoint a run goes to: the sandbox of this folder, a URL, or a gateway of Ceph at one; the environment's only if a person agrees.

A running sandbox writes `.bucketpass/sandbox.json`: `url` (https), `http_url`, `ca_bundle`, `region`, `access_key_id`,
`secret_access_key` of its administrator. Environment: AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN, AWS_CA_BUNDLE, AWS_REGION, as AWS's own tools read them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bucketpass.errors import Place, RequestError, SandboxError
from bucketpass.provision.embedded.endpoint import Endpoint
from bucketpass.secret import Secret

__all__ = ["SANDBOX_FILE", "find_endpoint"]

SANDBOX_FILE = Path(".bucketpass") / "sandbox.json"
DEFAULT_REGION = "us-east-1"


def find_endpoint(to: str, folders: tuple[Path, ...], environ: Mapping[str, str], url: str | None = None) -> Endpoint:
    """The endpoint that `to` means: `sandbox`, a URL, or `rgw`, which is at `url`.

    The sandbox's file is looked for in `folders`, in that order.
    """
    if to == "rgw":
        if url is None and not environ.get("AWS_ENDPOINT_URL"):
            raise RequestError("`--to rgw` needs the URL of the gateway", remedy="set it with --endpoint")
        found = _from_environment(url or environ["AWS_ENDPOINT_URL"], environ)
        return replace(found, dialect="rgw", named_by_environment=url is None)
    if url is not None:
        raise RequestError(f"`--endpoint` does not go with `--to {to}`", remedy="use `--to rgw`, or name the URL with --to")
    if to == "aws":
        raise RequestError("`--to aws` is not in this release", remedy="run `pulumi up` in the program's folder: it is the same program")
    if to == "sandbox":
        file = next((folder / SANDBOX_FILE for folder in folders if (folder / SANDBOX_FILE).is_file()), None)
        if file is not None:
            return _sandbox(file)
        if not environ.get("AWS_ENDPOINT_URL"):
            looked = " nor ".join(dict.fromkeys(f"in `{folder.resolve()}`" for folder in folders))
            remedy = "start one here with `bucketpass sandbox`, go to the folder in which one was started, or name the URL of an endpoint"
            raise SandboxError(f"no sandbox is running {looked}", remedy=remedy)
        return replace(_from_environment(environ["AWS_ENDPOINT_URL"], environ), named_by_environment=True)
    return _from_environment(to, environ)


def _sandbox(file: Path) -> Endpoint:
    try:
        found = json.loads(file.read_text())
        bundle = found.get("authority") or found.get("ca_bundle")
        return Endpoint(
            url=_checked(found["url"]),
            region=found["region"],
            access_key_id=found["access_key_id"],
            secret_access_key=Secret(found["secret_access_key"]),
            ca_bundle=Path(bundle) if bundle else None,
            instance=found["access_key_id"],  # each start has a key of its own
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise SandboxError(
            "is not what a running sandbox writes", remedy="start `bucketpass sandbox` again", place=Place(str(file))
        ) from None


def _from_environment(url: str, environ: Mapping[str, str]) -> Endpoint:
    url = _checked(url)
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not environ.get(name)]
    if missing:
        raise RequestError(f"no key for `{url}`: {' and '.join(missing)} not set", remedy="export the key of the endpoint's administrator")
    token, bundle = environ.get("AWS_SESSION_TOKEN"), environ.get("AWS_CA_BUNDLE")
    return Endpoint(
        url=url,
        region=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        access_key_id=environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=Secret(environ["AWS_SECRET_ACCESS_KEY"]),
        ca_bundle=Path(bundle) if bundle else None,
        session_token=Secret(token) if token else None,
    )


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = f"`{url}` is not an endpoint, expected `sandbox`, `aws`, `rgw` or a URL such as `https://localhost:4566`"
        raise RequestError(message, remedy="name one of these with --to")
    # SECURITY: a host under AWS's own domains is AWS, whatever it is called here: its resources are Pulumi's to make.
    if parts.hostname.rstrip(".").endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")):
        raise RequestError(f"`{url}` is AWS itself", remedy="run `pulumi up` in the program's folder: it is the same program")
    return url
