from collections.abc import Iterator

import pytest
from tests.engines.ceph import ceph, missing_programs
from tests.engines.issuer import Issuer, issuer
from tests.engines.lab import Lab
from tests.engines.site import Site
from tests.identity_providers.tls import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Site]:
    """Ceph's gateway, one for all tests of the session."""
    if absent := missing_programs():
        pytest.skip(f"Ceph is not installed: there is no `{absent[0]}`; `make engines` installs it")
    with ceph(tmp_path_factory.mktemp("ceph"), authority) as running:
        yield running


@pytest.fixture
def tokens(authority: Authority) -> Iterator[Issuer]:
    """An issuer over https whose tokens the test chooses."""
    with issuer(authority) as running:
        yield running


@pytest.fixture
def lab(gateway: Site, tokens: Issuer) -> Iterator[Lab]:
    """The gateway with the issuer as a provider and a bucket of the test's own; roles and provider go with the test."""
    with Lab.opened(gateway, tokens) as opened:
        yield opened
