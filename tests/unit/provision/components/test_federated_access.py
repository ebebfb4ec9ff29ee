"""`FederatedAccess` with typed arguments is the same as with a declaration."""

import json
from typing import Any

import pulumi
from tests.pulumi_programs import registered, values
from tests.unit.provision.test_component import ACCESS, made

from bucketpass.provision.components.federated_access import FederatedAccess

ARGS: Any = {
    "issuers": {"okta": {"preset": "okta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3-data"]}},
    "buckets": {"datasets": {"encryption": "kms"}},
    "services": {
        "trainer": {
            "identity": [{"issuer": "okta", "claims": {"client_id": "0oa1trainer"}}],
            "grants": [{"bucket": "datasets", "prefix": "raw/", "access": ["read"]}],
        }
    },
}


def test_arguments_make_what_the_same_declaration_makes() -> None:
    typed = {(resource.type, resource.name): resource for resource in registered(lambda: FederatedAccess("ai", ARGS))}
    assert typed == {(resource.type, resource.name): resource for resource in made(ACCESS)}


def test_a_client_that_is_made_by_the_same_program_is_trusted() -> None:
    def program() -> None:
        identity = {"issuer": "okta", "claims": {"client_id": pulumi.Output.from_input("0oaMADE")}}
        FederatedAccess("ai", ARGS | {"services": {"trainer": ARGS["services"]["trainer"] | {"identity": [identity]}}})

    (role,) = (resource for resource in registered(program) if resource.type.endswith(":Role"))
    (condition,) = (statement["Condition"] for statement in json.loads(role.inputs["assumeRolePolicy"])["Statement"])
    assert condition["StringEquals"]["acme.okta.com/oauth2/default:sub"] == ["0oaMADE"]


def test_the_outputs_are_those_of_the_declaration() -> None:
    assert values(lambda: {"names": FederatedAccess("ai", ARGS).role_names}) == {"names": {"trainer": "bucketpass-trainer"}}
