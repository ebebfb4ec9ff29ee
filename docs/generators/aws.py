"""The tables as text, for the reference pages: `python -m docs.generators.aws operations | keys | claims | quotas`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from bucketpass.aws import quotas
from bucketpass.aws.operations import OPERATIONS, Need
from bucketpass.aws.provider_claims import PROVIDER_CLAIMS
from bucketpass.requests.callers import PrincipalKind
from bucketpass.requests.key import Presence, RequestKey
from bucketpass.requests.keys import KEYS

__all__ = ["LISTINGS"]


def operations() -> Iterable[str]:
    """Each operation of S3 and what it needs."""
    for operation in OPERATIONS.values():
        yield operation.name
        yield from (f"    {_words(need)}" for need in operation.needs)


def _words(need: Need) -> str:
    where = [f"on the {need.on.value}" if need.on.value != "service" else "on no resource"]
    where += ["for each key"] if need.per_key else []
    where += [f"{need.versioned} where a version is named"] if need.versioned else []
    where += [f"where {' or '.join(need.headers)} is sent"] if need.headers else []
    return f"{need.action} {', '.join(where)}"


def keys() -> Iterable[str]:
    """Each condition key: its type, which callers' requests carry it, and for which actions."""
    for key in sorted(KEYS, key=lambda key: key.name.lower()):
        yield f"{key.name:<55} {key.type.value}{' (several values)' if key.multivalued else ''}"
        yield f"    {'; '.join(_callers(key))}; for {' '.join(key.actions) if key.actions != ('*',) else 'every action'}"


def _callers(key: RequestKey) -> Iterable[str]:
    for presence in (Presence.ALWAYS, Presence.SOMETIMES):
        kinds = [kind.value for kind in PrincipalKind if key.callers.get(kind) is presence]
        if kinds:
            yield f"{presence.value}: {'every caller' if len(kinds) == len(PrincipalKind) else ', '.join(kinds)}"


def claims() -> Iterable[str]:
    """The claims that are condition keys for some issuers alone."""
    for provider, names in PROVIDER_CLAIMS.items():
        yield provider
        yield f"    {', '.join(names)}"


def limits() -> Iterable[str]:
    """Each limit of AWS that is kept to."""
    for name in quotas.__all__:
        value = getattr(quotas, name)
        yield f"{name.lower():<45} {' to '.join(map(str, value)) if isinstance(value, tuple) else value}"


LISTINGS: dict[str, Callable[[], Iterable[str]]] = {"operations": operations, "keys": keys, "claims": claims, "quotas": limits}

if __name__ == "__main__":
    print("\n".join(LISTINGS[sys.argv[1]]()))
