"""SPIFFE's own library against a Workload API on a Unix socket."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.tokens import unsigned_token

from bucketpass.errors import IdentityError
from bucketpass.identity.spiffe import SpiffeSource, workload_api

grpc = pytest.importorskip("grpc")
messages = pytest.importorskip("spiffe._proto.workload_pb2")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

SPIFFE_ID = "spiffe://acme.test/trainer"


@pytest.fixture
def agent(socket_folder: Path) -> Iterator[str]:
    """An agent that knows one workload, and gives it a JWT-SVID for any audience but `forbidden`."""

    def fetch(request: object, context: object) -> object:
        audience = list(request.audience)  # type: ignore[attr-defined]
        if audience == ["forbidden"]:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")  # type: ignore[attr-defined]
        token = unsigned_token(SPIFFE_ID, claims={"aud": audience})
        return messages.JWTSVIDResponse(svids=[messages.JWTSVID(spiffe_id=SPIFFE_ID, svid=token)])

    handler = grpc.unary_unary_rpc_method_handler(
        fetch, request_deserializer=messages.JWTSVIDRequest.FromString, response_serializer=messages.JWTSVIDResponse.SerializeToString
    )
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("SpiffeWorkloadAPI", {"FetchJWTSVID": handler}),))
    socket = f"unix://{socket_folder / 'agent.sock'}"
    server.add_insecure_port(socket.replace("unix://", "unix:"))
    server.start()
    yield socket
    server.stop(None).wait()


def test_the_agents_svid_is_the_token(agent: str) -> None:
    source = SpiffeSource(workload_api, agent, "s3-data")
    assert source.fetch().reveal().startswith("ey")


def test_an_agent_that_knows_nothing_of_the_workload_is_told(agent: str) -> None:
    with pytest.raises(IdentityError, match="gave no token"):
        SpiffeSource(workload_api, agent, "forbidden").fetch()


def test_no_agent_is_told(tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="gave no token"):
        SpiffeSource(workload_api, f"unix://{tmp_path / 'none.sock'}", "s3-data").fetch()
