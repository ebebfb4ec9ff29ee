from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.identity_providers.keys import SigningKey
from tests.identity_providers.provider import PROVIDERS, Provider, missing
from tests.identity_providers.tls import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(params=tuple(PROVIDERS))
def provider(request: pytest.FixtureRequest, tmp_path: Path, authority: Authority) -> Iterator[Provider]:
    """Each identity provider in its turn, signing with an RS256 key called `first`."""
    if absent := missing(request.param):
        pytest.skip(f"`{request.param}` needs {absent}; `make engines` installs it")
    with PROVIDERS[request.param](tmp_path, authority, SigningKey("first")) as running:
        yield running
