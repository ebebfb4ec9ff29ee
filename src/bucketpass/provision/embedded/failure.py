"""Why a call failed, in one line, and whether it can have done something all the same."""

from __future__ import annotations

from bucketpass.errors import BucketpassError
from bucketpass.provision.embedded.resources.calls import error_code

__all__ = ["explain", "was_not_done"]

REMEDIES = {
    "EntityAlreadyExists": "choose another name, or take it over with ResourceOptions(import_=...)",
    "EntityAlreadyExistsException": "choose another name, or take it over with ResourceOptions(import_=...)",
    "BucketAlreadyOwnedByYou": "choose another name, or take it over with ResourceOptions(import_=...)",
    "AlreadyExistsException": "choose another name, or take it over with ResourceOptions(import_=...)",
    "BucketAlreadyExists": "choose another name: bucket names are shared by all accounts",
    "BucketNotEmpty": "empty it first, or set force_destroy=True and run `up` before it is deleted",
    "DeleteConflict": "detach what others attached to it first",
    "AccessDenied": "is the key an administrator's?",
    "InvalidAccessKeyId": "is the key the running endpoint's own?",
    "SignatureDoesNotMatch": "is the key the running endpoint's own?",
}


def explain(error: Exception) -> str:
    """`error` in one line for people, with AWS's code and a remedy where there is one."""
    if isinstance(error, BucketpassError):
        return "; ".join(str(diagnostic) for diagnostic in error.diagnostics())
    line = " ".join(str(error).split()) or type(error).__name__
    remedy = REMEDIES.get(error_code(error))
    return line if remedy is None else f"{line} ({remedy})"


def was_not_done(error: Exception) -> bool:
    """It is certain that nothing was done: AWS answered, and said no; or the call was never sent."""
    return bool(error_code(error)) or isinstance(error, BucketpassError)
