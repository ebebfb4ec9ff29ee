"""DuckDB's secret, against a connection that remembers what it was told."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tests.integration.fake_sts import ROLE

from bucketpass.credentials.adapters.duckdb import duckdb_secret, identifier, literal
from bucketpass.credentials.claims import TokenIdentity
from bucketpass.credentials.host import Held
from bucketpass.credentials.provider import Provider
from bucketpass.credentials.values import Credentials, Refusal
from bucketpass.secret import Secret

if TYPE_CHECKING:
    import duckdb


class Connection:
    def __init__(self) -> None:
        self.statements: list[str] = []

    def cursor(self) -> "Connection":
        return self

    def execute(self, statement: str) -> None:
        self.statements.append(statement)


def test_the_secret_is_made_and_replaced_at_each_renewal() -> None:
    numbers = iter(range(1, 9))

    def fetch_credentials(**asked: object) -> Held | Refusal:
        now = time.time()
        keys = Credentials(f"ASIA{next(numbers)}", Secret("it's"), Secret("t"), now, now + 60, ROLE, TokenIdentity("i", "s"))
        return Held(keys, now + 30)

    connection, provider = Connection(), Provider(fetch_credentials)
    duckdb_secret(cast("duckdb.DuckDBPyConnection", connection), provider, region="us-east-1")
    provider._renew = 0.0
    provider.renew_if_due()
    assert connection.statements == [
        f"CREATE OR REPLACE SECRET \"bucketpass\" (TYPE s3, key_id 'ASIA{n}', secret 'it''s', session_token 't', region 'us-east-1')"
        for n in (1, 2)
    ]


def test_keys_that_a_renewal_has_overtaken_do_not_come_back() -> None:
    def keys(number: int) -> Credentials:
        return Credentials(f"ASIA{number}", Secret("s"), Secret("t"), number, number + 60.0, ROLE, TokenIdentity("i", "s"))

    class Renewing:
        """A provider that renews while its caller has the old keys in hand."""

        def subscribe(self, listener: Callable[[Credentials], None]) -> None:
            self.listener = listener

        def current(self) -> Credentials:
            self.listener(keys(2))
            return keys(1)

    connection = Connection()
    duckdb_secret(cast("duckdb.DuckDBPyConnection", connection), cast("Provider", Renewing()))
    assert ["ASIA2" in one for one in connection.statements] == [True]


def test_quotes_end_neither_a_string_nor_a_name() -> None:
    assert literal("a'b") == "'a''b'"
    assert identifier('a"b') == '"a""b"'
