"""The component package over gRPC, started as Pulumi starts it, with the embedded engine in the place of Pulumi's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToJson
from pulumi.runtime.proto import errors_pb2, provider_pb2, provider_pb2_grpc, status_pb2
from tests.served_engine import engine_at

from bucketpass.provision.components.package import schema_text
from bucketpass.provision.embedded import Endpoint, Message, Step
from bucketpass.provision.embedded.endpoint import RegionClients

pytestmark = pytest.mark.slow
PACKAGE = Path(__file__).parents[2] / "pulumi"
# Pulumi's own marks: of what is not known yet, and of an output, which is unknown where it has no value.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
OUTPUT = {"4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
ISSUER = {"preset": "okta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3-data"]}


@dataclass
class Run:
    """A run of the engine, and the package's own process, which registers its resources there."""

    address: str
    stub: Any
    dry_run: bool
    events: list[Step | Message] = field(default_factory=list)

    def construct(self, kind: str, name: str, inputs: dict[str, Any], **options: Any) -> dict[str, Any]:
        struct = struct_pb2.Struct()
        struct.update(inputs)
        request = provider_pb2.ConstructRequest(
            project="package",
            stack="dev",
            dryRun=self.dry_run,
            parallel=8,
            monitorEndpoint=self.address,
            type=f"bucketpass:index:{kind}",
            name=name,
            inputs=struct,
            **options,
        )
        state = self.stub.Construct(request, timeout=30).state
        return {name: json.loads(MessageToJson(value)) for name, value in state.fields.items()}

    def kinds(self) -> list[str]:
        return sorted({step.type.rpartition(":")[2] for step in self.events if isinstance(step, Step)})


@contextmanager
def started(endpoint: Endpoint, folder: Path, *, dry_run: bool = False) -> Iterator[Run]:
    with engine_at(endpoint, folder, "package", dry_run=dry_run) as engine:
        process = subprocess.Popen(
            [sys.executable, str(PACKAGE), engine.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield Run(engine.address, provider_pb2_grpc.ResourceProviderStub(channel), dry_run, engine.events)
        finally:
            process.terminate()
            process.communicate(timeout=10)


def mistakes(error: grpc.RpcError) -> list[Any]:
    """The properties that an error is about, as Pulumi's engine reads them."""
    trailing: Any = error.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailing)["grpc-status-details-bin"])
    found = errors_pb2.InputPropertiesError()
    assert status.details[0].Unpack(found)
    return list(found.errors)


def test_the_schema_over_the_wire_is_the_one_that_is_kept(endpoint: Endpoint, tmp_path: Path) -> None:
    with started(endpoint, tmp_path) as run:
        answer = run.stub.GetSchema(provider_pb2.GetSchemaRequest(), timeout=30)
    assert json.loads(answer.schema) == json.loads(schema_text())


def test_a_whole_declaration_is_constructed(endpoint: Endpoint, tmp_path: Path) -> None:
    inputs = {
        "issuers": {"okta": ISSUER},
        "buckets": {"package-whole": {"encryption": "kms", "lifecycle": {"expireDays": 30}}},
        "services": {
            "whole": {
                "identity": [{"issuer": "okta", "claims": {"client_id": "0oa1"}}],
                "grants": [{"bucket": "package-whole", "prefix": "raw/", "access": ["read"]}],
            }
        },
    }
    with started(endpoint, tmp_path) as run:
        state = run.construct("FederatedAccess", "ai", inputs)
    assert state["bucketNames"] == {"package-whole": "package-whole"}
    aws = RegionClients(endpoint, endpoint.region)
    role = aws.iam.get_role(RoleName=state["roleNames"]["whole"])["Role"]
    aws.close()
    assert "acme.okta.com/oauth2/default:sub" in json.dumps(role["AssumeRolePolicyDocument"])
    assert "BucketPolicy" in run.kinds()


def test_the_parts_are_constructed_one_after_the_other(endpoint: Endpoint, tmp_path: Path) -> None:
    with started(endpoint, tmp_path) as run:
        issuer = run.construct("OidcIssuer", "other", {**ISSUER, "url": "https://other.okta.com/oauth2/default"})
        data = run.construct("ProtectedBucket", "package-parts", {"encryption": "kms"})
        role = run.construct(
            "ServiceRole",
            "parts",
            {
                "issuer": {"preset": "okta", "url": issuer["url"], "audience": ["s3-data"]},
                "identity": {"claims": {"client_id": "0oa1"}},
                "grants": [{"bucket": data["bucketName"], "prefix": "raw/", "access": ["read"]}],
                "keys": [data["keyArn"]],
            },
        )
    assert role["roleName"] == "parts"
    aws = RegionClients(endpoint, endpoint.region)
    document = aws.iam.get_policy_version(PolicyArn=role["policyArns"][0], VersionId="v1")["PolicyVersion"]["Document"]
    aws.close()
    assert data["keyArn"] in json.dumps(document)


@pytest.mark.parametrize("unknown", [UNKNOWN, OUTPUT], ids=["plain", "output"])
def test_in_a_preview_nothing_is_made_and_what_is_not_known_stays_so(unknown: Any, endpoint: Endpoint, tmp_path: Path) -> None:
    inputs = {
        "issuer": {"preset": "github"},
        "identity": {"claims": {"repository": "acme/eval", "environment": "production"}},
        "grants": [{"bucket": unknown, "prefix": "raw/", "access": ["read"]}],
    }
    with started(endpoint, tmp_path, dry_run=True) as run:
        state = run.construct("ServiceRole", "planned", inputs)
    assert state["roleArn"] == UNKNOWN
    aws = RegionClients(endpoint, endpoint.region)
    names = [role["RoleName"] for role in aws.iam.list_roles()["Roles"]]
    aws.close()
    assert "planned" not in names


def test_a_secret_claim_stays_secret_in_the_trust_that_is_made_of_it(endpoint: Endpoint, tmp_path: Path) -> None:
    inputs = {
        "issuer": {"preset": "github"},
        "identity": {"claims": {"subject": {**OUTPUT, "value": "repo:acme/hidden:pull_request", "secret": True}}},
        "grants": [{"bucket": "anything", "access": ["read"]}],
    }
    with started(endpoint, tmp_path) as run:
        run.construct("OidcIssuer", "github", {"preset": "github"})
        run.construct("ServiceRole", "hidden", inputs)
    aws = RegionClients(endpoint, endpoint.region)
    trust = json.dumps(aws.iam.get_role(RoleName="hidden")["Role"]["AssumeRolePolicyDocument"])
    aws.close()
    assert "acme/hidden" in trust
    kept = "".join(file.read_text() for file in tmp_path.glob("*.json"))
    assert "hidden" in kept
    assert "acme/hidden" not in kept


def test_a_mistake_in_the_arguments_is_told_with_its_place(endpoint: Endpoint, tmp_path: Path) -> None:
    with started(endpoint, tmp_path) as run, pytest.raises(grpc.RpcError) as refused:
        run.construct("OidcIssuer", "wrong", {"preset": "oktta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3"]})
    assert "OidcIssuer wrong" in str(refused.value)
    assert [(one.property_path, "did you mean `okta`?" in one.reason) for one in mistakes(refused.value)] == [("preset", True)]


@pytest.mark.parametrize(
    ("grant", "path", "words"),
    [
        ({"bucket": "datasets", "prefx": "raw/"}, "grants[0].prefx", "did you mean `prefix`?"),
        ({"bucket": "datasets", "conditions": {"vpc_endpoints": ["vpce-1"]}}, "grants[0].conditions.vpc_endpoints", "`vpcEndpoints`"),
        ({"bucket": "datasets", "access": ["reed"]}, "grants[0].access[0]", "did you mean `read`?"),
        ({"bucket": "datasets", "access": ["read"], "objectTags": {"a b|": "x"}}, "grants[0].objectTags.a b|", "the name of a tag"),
    ],
)
def test_a_mistake_is_an_error_of_its_argument_and_nothing_is_made(
    grant: dict[str, Any], path: str, words: str, endpoint: Endpoint, tmp_path: Path
) -> None:
    inputs = {"issuer": {"preset": "github"}, "identity": {"claims": {"repository": "acme/x", "environment": "p"}}, "grants": [grant]}
    with started(endpoint, tmp_path) as run, pytest.raises(grpc.RpcError) as caught:
        run.construct("ServiceRole", "misspelt", inputs)
    assert [(one.property_path, words in one.reason) for one in mistakes(caught.value)] == [(path, True)]
    assert 'File "' not in str(caught.value)
    assert run.kinds() == []


def test_two_components_of_a_program_share_an_issuer_and_do_not_create_one_thing_twice(endpoint: Endpoint, tmp_path: Path) -> None:
    issuer = {"preset": "auth0", "url": "https://two.auth0.com/", "audience": ["s3"]}
    claims = {"claims": {"client_id": "c1"}}
    grants = [{"bucket": "anything", "prefix": "raw/", "access": ["read"]}]
    with started(endpoint, tmp_path, dry_run=True) as run:
        shared = run.construct("OidcIssuer", "shared", issuer)["arn"]
        assert shared.endswith(":oidc-provider/two.auth0.com/")
        run.construct("ServiceRole", "job", {"issuer": {**issuer, "provider": shared}, "identity": claims, "grants": grants})
        services = {"job": {"name": "job", "identity": [{"issuer": "it", **claims}], "grants": grants}}
        inputs = {"issuers": {"it": issuer}, "buckets": {"anything": {"create": False}}, "services": services}
        with pytest.raises(grpc.RpcError) as refused:
            run.construct("FederatedAccess", "tenant", inputs)
    reasons = {one.property_path: one.reason.partition(" (")[0] for one in mistakes(refused.value)}
    assert reasons == {
        "issuers.it": "the OIDC provider for `https://two.auth0.com/` is created by OidcIssuer shared already, and AWS has one",
    }
    # No argument names it, so the error itself does: Pulumi prints "property  has a problem" for one without a name.
    assert "FederatedAccess tenant: the role `job` is created by ServiceRole job already" in str(refused.value)
