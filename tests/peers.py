"""Programs of others that tests run against: which are here, and a failure where one is missing that is expected: `python -m tests.peers`.

BUCKETPASS_EXPECT_PEERS names those that must be here, with commas between, or `all`: CI sets it. Tests skip what is missing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.engines import ceph
from tests.engines.install import missing_packages
from tests.identity_providers import keycloak
from tests.identity_providers.provider import PROVIDERS
from tests.identity_providers.provider import missing as missing_provider
from tests.pulumi_engine import install as pulumi

__all__ = ["EXPECTED", "PEERS", "main"]

EXPECTED = "BUCKETPASS_EXPECT_PEERS"
ROOT = Path(__file__).parents[1]


def _first(names: object) -> str:
    found = list(names) if isinstance(names, list | tuple) else []
    return f"there is no `{found[0]}`" if found else ""


def _providers() -> str:
    absent = [program for name in PROVIDERS if (program := missing_provider(name))]
    return _first(absent)


def _environments() -> str:
    wanted = sorted(path.stem for path in (ROOT / "tests" / "clients").glob("*.txt"))
    absent = [name for name in wanted if not (ROOT / "build" / "clients" / name / ".installed").exists()]
    return f"no environment {', '.join(f'`{name}`' for name in absent)}: make client-environments" if absent else ""


# Name -> why it cannot be run against here, or nothing.
PEERS: Mapping[str, Callable[[], str]] = {
    "ceph": lambda: _first(ceph.missing_programs()),
    "identity-providers": _providers,
    "keycloak": lambda: f"there is no `{absent}`" if (absent := keycloak.missing()) else "",
    "pulumi": pulumi.missing,
    "clients": _environments,
    "axe": lambda: "" if (ROOT / "build" / "axe" / "package" / "axe.min.js").exists() else "no axe-core: make browser",
    "debian-packages": lambda: f"not installed: {' '.join(absent)}" if (absent := missing_packages()) else "",
}


def main(peers: Mapping[str, Callable[[], str]] = PEERS, variables: Mapping[str, str] = os.environ) -> int:
    """Print what is here and what is not; 1 where something is missing that is expected, 2 where an unknown peer is."""
    named = {name.strip() for name in variables.get(EXPECTED, "").split(",") if name.strip()}
    unknown = named - peers.keys() - {"all"}
    if unknown:
        print(f"{EXPECTED} names {', '.join(sorted(unknown))}, expected {', '.join(peers)} or all", file=sys.stderr)
        return 2
    absent = {name: why for name, find in peers.items() if (why := find())}
    for name in peers:
        print(f"peer {name}: {f'MISSING, ITS TESTS ARE SKIPPED: {absent[name]}' if name in absent else 'here'}", file=sys.stderr)
    wanted = [name for name in absent if name in named or "all" in named]
    if wanted:
        print(f"missing, and expected by {EXPECTED}: {', '.join(wanted)}", file=sys.stderr)
    return 1 if wanted else 0


if __name__ == "__main__":
    raise SystemExit(main())
