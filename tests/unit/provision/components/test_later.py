"""Arguments that wait for, and are as secret as, the values alone that are in them."""

import json
from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import Registered, registered

from bucketpass.policy.unknown_parts import has_unknown_parts
from bucketpass.provision import FederatedAccess

ISSUERS = {"okta": {"preset": "okta", "url": "https://acme.okta.com/oauth2/default", "audience": ["s3-data"]}}


def unknown(of: str = "made") -> Any:
    """What only AWS knows: unknown in a preview."""
    import pulumi_aws as aws

    return aws.s3.Bucket(of, bucket=f"{of}-bucket").arn


def policy_of(found: list[Registered], kind: str, name: str) -> Any:
    (argument,) = ({"Role": "assumeRolePolicy"}.get(kind, "policy"),)
    (value,) = (one.inputs[argument] for one in found if one.type.endswith(f":{kind}") and one.name == name)
    return value


def two_services(**changed: Any) -> Any:
    def service(claim: Any) -> dict[str, Any]:
        return {
            "identity": [{"issuer": "okta", "claims": {"client_id": claim}}],
            "grants": [{"bucket": "data", "prefix": "raw/", "access": ["read"]}],
        }

    services = {"first": service("0oa1"), "second": service("0oa2")}
    for path, value in changed.items():
        name, _, field = path.partition("_")
        services[name] = {**services[name], field: value}
    return {
        "issuers": ISSUERS,
        "buckets": {"data": {"exclusive": True, "administrators": ["arn:aws:iam::111122223333:role/Admin"]}},
        "services": services,
    }


def test_an_unknown_value_is_shown_in_an_otherwise_readable_document_and_leaves_the_others_alone() -> None:
    def program() -> None:
        arguments = two_services()
        arguments["services"]["first"]["identity"][0]["claims"]["client_id"] = unknown()
        FederatedAccess("ai", arguments)

    found = registered(program, preview=True)
    trust = json.loads(policy_of(found, "Role", "ai-bucketpass-first"))
    (conditions,) = {json.dumps(statement["Condition"]) for statement in trust["Statement"]}
    assert '<claims of \\"made\\">' in conditions
    assert "s3-data" in conditions
    for kind, name in (("Role", "ai-bucketpass-second"), ("Policy", "ai-bucketpass-first"), ("BucketPolicy", "ai-data")):
        assert not has_unknown_parts(policy_of(found, kind, name))
    assert "known-later" not in str(found)


def test_a_secret_hides_its_own_documents_alone() -> None:
    def program() -> None:
        arguments = two_services()
        arguments["services"]["first"]["identity"][0]["claims"]["client_id"] = pulumi.Output.secret("0oa-secret")
        FederatedAccess("ai", arguments)

    for preview in (True, False):
        found = registered(program, preview=preview)
        secret = {(one.type.rpartition(":")[2], one.name, *one.secret) for one in found if one.secret}
        assert secret == {("Role", "ai-bucketpass-first", "assumeRolePolicy")}
        assert "0oa-secret" in policy_of(found, "Role", "ai-bucketpass-first")


def test_a_document_depends_on_what_is_in_it_alone() -> None:
    def program() -> None:
        arguments = two_services()
        arguments["services"]["first"]["identity"][0]["claims"]["client_id"] = unknown()
        FederatedAccess("ai", arguments)

    needed = {one.name: one.dependencies for one in registered(program) if one.type.endswith(":Role")}
    assert "made" in needed["ai-bucketpass-first"]
    assert "made" not in needed["ai-bucketpass-second"]


OUTPUTS: dict[str, Any] = {
    "permissions_boundary": "arn:aws:iam::111122223333:policy/Boundary",
    "description": "It trains.",
    "tags": {"team": "ml"},
    "keys": ["arn:aws:kms:eu-west-1:111122223333:key/0a"],
    "trust": ["arn:aws:iam::111122223333:role/Other"],
}


def later(value: Any) -> Any:
    """The same, each text an output."""
    if isinstance(value, dict):
        return {name: later(inner) for name, inner in value.items()}
    return [later(inner) for inner in value] if isinstance(value, list) else pulumi.Output.from_input(value)


@pytest.mark.parametrize("field", OUTPUTS)
def test_fields_of_services_may_be_outputs(field: str) -> None:
    same_as_plain(lambda given: two_services(**{f"first_{field}": given}), OUTPUTS[field])


BUCKETS: dict[str, Any] = {
    "perimeter": {"vpc_endpoints": ["vpce-0a1b2c3d"], "organization": "o-abcdefghij"},
    "logging": {"bucket": "audit-logs", "prefix": "data/"},
    "tags": {"team": "ml"},
    "encryption": "arn:aws:kms:eu-west-1:111122223333:key/0a",
    "administrators": ["arn:aws:iam::111122223333:role/Admin"],
    "lifecycle": {"rules": [{"prefix": "tmp/", "tags": {"keep": "no"}, "expire_days": 3}]},
}


@pytest.mark.parametrize("field", BUCKETS)
def test_fields_of_buckets_may_be_outputs(field: str) -> None:
    def given(value: Any) -> Any:
        arguments = two_services()
        arguments["buckets"] = {"data": {**arguments["buckets"]["data"], field: value}}
        return arguments

    value = BUCKETS[field]
    if field == "lifecycle":
        (rule,) = value["rules"]
        same_as_plain(given, value, lambda: {"rules": [{**later({"prefix": rule["prefix"], "tags": rule["tags"]}), "expire_days": 3}]})
    else:
        same_as_plain(given, value)


GRANTS: dict[str, Any] = {
    "prefix": "raw/2026/",
    "object_tags": {"public": "yes"},
    "conditions": {
        "vpc_endpoints": ["vpce-0a1b2c3d"],
        "not_before": "2026-01-31T00:00:00Z",
        "not_after": "2027-01-31T00:00:00Z",
    },
}


def test_address_blocks_may_be_outputs() -> None:
    conditions = {"networks": ["203.0.113.0/24", "198.51.100.0/24"]}
    same_as_plain(lambda given: two_services(first_grants=[{"bucket": "data", "access": ["read"], "conditions": given}]), conditions)


@pytest.mark.parametrize("field", GRANTS)
def test_fields_of_grants_may_be_outputs(field: str) -> None:
    same_as_plain(lambda given: two_services(first_grants=[{"bucket": "data", "access": ["read"], field: given}]), GRANTS[field])


def test_fields_of_issuers_may_be_outputs() -> None:
    def given(value: Any) -> dict[str, Any]:
        return {**two_services(), "issuers": {"okta": {"preset": "okta", **value}}}

    same_as_plain(given, {"url": "https://acme.okta.com/oauth2/a", "audience": ["s3"], "thumbprints": ["0" * 39 + "1"]})


def test_further_claims_may_be_outputs() -> None:
    identity = {"issuer": "okta", "claims": {"client_id": "0oa1"}}
    require = {"email": ["a@acme.io", "b@acme.io"]}
    same_as_plain(lambda given: two_services(first_identity=[{**identity, "require": given}]), require)


def same_as_plain(given: Any, value: Any, output: Any = None) -> None:
    """Outputs make the same resources as plain values, and a preview has words for those that are not known."""

    def made(arguments: Any) -> dict[Any, Any]:
        return {(one.type, one.name): one.inputs for one in registered(lambda: FederatedAccess("ai", arguments()))}

    plain = made(lambda: given(value))
    assert made(lambda: given(later(value) if output is None else output())) == plain
    found = registered(lambda: FederatedAccess("ai", given(awaited(value) if output is None else value)), preview=True)
    assert "known-later" not in str(found)
    assert {(one.type, one.name) for one in found if one.name != "made"} == set(plain)


def awaited(value: Any) -> Any:
    """The same, each text not known."""
    if isinstance(value, dict):
        return {name: awaited(inner) for name, inner in value.items()}
    nothing: Any = pulumi.output.UNKNOWN
    return [awaited(inner) for inner in value] if isinstance(value, list) else pulumi.Output.from_input(nothing)
