"""Small things that all handlers do around a call to AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.values import Properties, Value, table

__all__ = ["bucket_tags", "error_code", "ignoring", "key_values", "plain_tags", "require_operation", "tag_changes", "unless"]

T = TypeVar("T")


def error_code(error: Exception) -> str:
    """Return AWS's code of an error, such as `NoSuchEntity`; empty where AWS did not return the error."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, Mapping) else ""


# What an endpoint answers to an operation that it does not have.
NOT_THERE = frozenset({"NotImplemented", "MethodNotAllowed", "405", "501", "InvalidAction"})


def require_operation(what: str, ask: Callable[[], object]) -> None:
    """Raise `ProvisionError` if the endpoint does not have the operation that `ask` calls; any other answer shows that it has it.

    So that nothing of a program is made where a part of it cannot be.
    """
    try:
        ask()
    except Exception as error:
        if (code := error_code(error)) in NOT_THERE:
            raise ProvisionError(
                f"the endpoint does not have {what} ({code})",
                remedy="Run the program with `pulumi up` at AWS, or keep these resources in a program of their own.",
            ) from None
        if not code:
            raise


@contextmanager
def ignoring(*codes: str) -> Iterator[None]:
    """The block is done, or AWS answered with one of `codes`."""
    try:
        yield
    except Exception as error:
        if error_code(error) not in codes:
            raise


def unless(codes: Sequence[str], call: Callable[[], T]) -> T | None:
    """What `call` returns, or None where AWS answers with one of `codes`."""
    try:
        return call()
    except Exception as error:
        if error_code(error) not in codes:
            raise
    return None


def key_values(properties: Properties, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """The tags to set, as AWS's list of keys and values."""
    return [{key: name, value: str(tag)} for name, tag in sorted(table(properties, "tagsAll").items())]


def plain_tags(found: Iterable[Mapping[str, object]], key: str = "Key", value: str = "Value") -> dict[str, Value]:
    """AWS's list of tags as an object, without those that belong to AWS itself."""
    return {str(tag[key]): str(tag[value]) for tag in found if not str(tag[key]).startswith("aws:")}


def bucket_tags(aws: RegionClients, bucket: str) -> dict[str, Value]:
    """Return all tags of a bucket, those that AWS set among them: S3 takes only all of them at once, and refuses to lose AWS's."""
    found = unless(("NoSuchTagSet",), lambda: aws.s3.get_bucket_tagging(Bucket=bucket))
    return {tag["Key"]: tag["Value"] for tag in found["TagSet"]} if found else {}


def tag_changes(old: Properties, new: Properties) -> tuple[list[str], bool]:
    """Which tags have to be removed, and whether any has to be set."""
    before, after = table(old, "tagsAll"), table(new, "tagsAll")
    return [name for name in before if name not in after], any(before.get(name) != tag for name, tag in after.items())
