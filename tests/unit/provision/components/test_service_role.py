"""`ServiceRole`: a role whose provider and buckets are there already."""

import json
from collections import Counter
from typing import Any

import pulumi
import pytest
from tests.pulumi_programs import ACCOUNT, Registered, registered, values

from bucketpass.errors import DeclarationError
from bucketpass.provision import ServiceRole

ARGS: Any = {
    "issuer": {"preset": "github"},
    "identity": {"claims": {"repository": "acme/eval", "environment": "production"}},
    "grants": [{"bucket": "acme-datasets", "prefix": "raw/", "access": ["read"]}],
}


def made(args: Any, **options: Any) -> list[Registered]:
    return registered(lambda: ServiceRole("evaluator", args), **options)


@pytest.mark.parametrize("preview", [True, False])
def test_only_the_role_and_its_policies_are_made(preview: bool) -> None:
    kinds = Counter(resource.type.rpartition(":")[2] for resource in made(ARGS, preview=preview))
    assert kinds == Counter(["ServiceRole", "Role", "Policy", "RolePolicyAttachment"])


def test_the_trust_has_audience_and_subject() -> None:
    (role,) = (resource for resource in made(ARGS) if resource.type.endswith(":Role"))
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    host = "token.actions.githubusercontent.com"
    assert statement["Principal"] == {"Federated": [f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"]}
    assert statement["Condition"]["StringEquals"] == {
        f"{host}:aud": ["sts.amazonaws.com"],
        f"{host}:sub": ["repo:acme/eval:environment:production"],
    }


def test_several_grants_on_one_bucket_are_one_policy() -> None:
    def program() -> None:
        grants = [{"bucket": pulumi.Output.from_input("data"), "prefix": prefix, "access": ["read"]} for prefix in ("a/", "b/")]
        ServiceRole("evaluator", ARGS | {"grants": grants})

    (policy,) = (resource for resource in registered(program) if resource.type.endswith(":Policy"))
    assert "arn:aws:s3:::data/a/*" in policy.inputs["policy"]
    assert "arn:aws:s3:::data/b/*" in policy.inputs["policy"]


def test_a_role_without_a_subject_is_refused() -> None:
    with pytest.raises(DeclarationError):
        made({**ARGS, "identity": {"claims": {}}})


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"grants": [{"bucket": "data", "prefix": "x" * 2000, "access": ["read"]}]}, "grants[0].prefix"),
        ({"identity": {"claims": {"repositroy": "acme/eval"}}}, "identity.claims.repositroy"),
        ({"issuer": {"preset": "gihtub"}}, "issuer.preset"),
        ({"grants": [{"bucket": "data"}, {"bucket": "b", "access": ["read"]}]}, "grants[1].bucket"),
        ({"issuer": "okta"}, "issuer"),
        ({"identity": ["repository"]}, "identity"),
        ({"path": "ai"}, "path"),
        ({"role_name": "no role"}, "role_name"),
    ],
)
def test_a_mistake_is_reported_at_its_argument(change: dict[str, Any], path: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        made({**ARGS, **change})
    assert path in [found.place.path for found in raised.value.diagnostics()]


def test_the_outputs_are_the_role_and_its_policies() -> None:
    def program() -> dict[str, pulumi.Input[Any]]:
        role = ServiceRole("evaluator", ARGS | {"role_name": "eval"})
        return {"arn": role.role_arn, "name": role.role_name, "policies": role.policy_arns}

    assert values(program) == {
        "arn": f"arn:aws:iam::{ACCOUNT}:role/eval",
        "name": "eval",
        "policies": [f"arn:aws:iam::{ACCOUNT}:policy/eval"],
    }
