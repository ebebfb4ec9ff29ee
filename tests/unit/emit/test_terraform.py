import json
import re
import shutil
import subprocess
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.declarations import EVERYTHING_DECLARED, World

from bucketpass.compile.plan import key_placeholder
from bucketpass.emit.blueprint import blueprint_of
from bucketpass.emit.terraform import terraform_configuration, terraform_type
from bucketpass.errors import DeclarationError
from bucketpass.policy import render_policy

WORLD = World.of(EVERYTHING_DECLARED)
CONFIGURATION: Any = terraform_configuration(blueprint_of(WORLD.plan))
RESOURCES: dict[str, dict[str, Any]] = CONFIGURATION["resource"]


def test_every_blueprint_becomes_a_resource() -> None:
    made = sum(len(named) for named in RESOURCES.values())
    assert made == len(blueprint_of(WORLD.plan).resources)


def test_policy_variables_are_not_templates_and_keys_are_references() -> None:
    text = RESOURCES["aws_iam_policy"]["bucketpass-trainer"]["policy"]
    assert "$${aws:PrincipalTag/tenant}" in text
    assert "50%%{x}/" in text
    assert "${aws_kms_key.datasets.arn}" in text
    back = text.replace("${aws_kms_key.datasets.arn}", key_placeholder("datasets")).replace("$${", "${").replace("%%{", "%{")
    assert json.loads(back) == render_policy(WORLD.role("trainer").policies[0].document.document)


def test_references_lead_to_resources() -> None:
    text = json.dumps(CONFIGURATION)
    for kind, name in re.findall(r'(?:"|(?<!\$)\$\{)(aws_\w+)\.([\w-]+)', text):
        assert name in RESOURCES[kind]


def test_data_keys_and_what_guards_them_are_kept_from_being_destroyed() -> None:
    kept = {resource.key for resource in blueprint_of(WORLD.plan).resources if resource.kept}
    written = {
        (kind, name) for kind, named in RESOURCES.items() for name, one in named.items() if "prevent_destroy" in one.get("lifecycle", {})
    }
    assert {kind for kind, _ in kept} >= {"s3.Bucket", "kms.Key", "s3.BucketPolicy", "s3.BucketPublicAccessBlock"}
    assert written == {(terraform_type(kind), name) for kind, name in kept}


def test_the_policy_of_an_adopted_bucket_is_the_declared_one_and_what_is_added() -> None:
    theirs = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}'
    known = World.of(EVERYTHING_DECLARED.replace("{create: false, policy: none}", f"{{create: false, policy: '{theirs}'}}"))
    policies: Any = terraform_configuration(blueprint_of(known.plan))["resource"]
    policy = policies["aws_s3_bucket_policy"]["old"]
    written = json.loads(policy["policy"])
    assert written["Statement"][-1] == {"Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["*"]}
    assert len(written["Statement"]) == len(known.bucket("old").policy.statements)
    assert "replaces what the bucket's policy says" in policy["//"]


def test_an_adopted_bucket_is_refused_without_its_policy() -> None:
    unknown = World.of(EVERYTHING_DECLARED.replace("{create: false, policy: none}", "{create: false}"))
    with pytest.raises(DeclarationError, match=r"buckets\.old\.policy: Terraform cannot merge a bucket policy"):
        terraform_configuration(blueprint_of(unknown.plan))


def test_names_are_ones_that_terraform_takes() -> None:
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name) for named in RESOURCES.values() for name in named)


def test_lifecycle_rules_are_blocks_whose_tags_keep_their_names() -> None:
    rules = RESOURCES["aws_s3_bucket_lifecycle_configuration"]["datasets"]["rule"]
    filters = [rule["filter"] for rule in rules if rule["id"] == "rule-2"]
    assert filters == [{"and": {"prefix": "tmp/", "tags": {"keep_for": "short", "rules": "none"}}}]
    assert [rule["transition"][0]["storage_class"] for rule in rules if rule["id"] == "rule-1"] == ["GLACIER_IR"]
    assert RESOURCES["aws_s3_bucket_cors_configuration"]["datasets"]["cors_rule"][0]["max_age_seconds"] == 600
    assert RESOURCES["aws_s3_bucket_notification"]["datasets"]["eventbridge"] is True


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("iam.OpenIdConnectProvider", "aws_iam_openid_connect_provider"),
        ("iam.RolePolicyAttachment", "aws_iam_role_policy_attachment"),
        ("kms.Key", "aws_kms_key"),
        ("s3.AccessPoint", "aws_s3_access_point"),
        ("s3.BucketCorsConfiguration", "aws_s3_bucket_cors_configuration"),
        ("s3.BucketPublicAccessBlock", "aws_s3_bucket_public_access_block"),
    ],
)
def test_a_resource_has_the_type_that_terraforms_provider_calls_it_by(kind: str, expected: str) -> None:
    assert terraform_type(kind) == expected
    assert expected in RESOURCES


@pytest.mark.parametrize("kind", sorted({resource.kind for resource in blueprint_of(WORLD.plan).resources}))
def test_arguments_are_those_of_the_provider(kind: str) -> None:
    """pulumi-aws is made from Terraform's provider: each argument that we give has its Pulumi spelling there."""
    pytest.importorskip("pulumi_aws")
    module, _, name = kind.partition(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of its own deprecated names while it loads
        resource = getattr(import_module(f"pulumi_aws.{module}"), name)
    known = set(resource._internal_init.__annotations__) | {"depends_on", "lifecycle"}
    singular = {argument: argument.removesuffix("s") for argument in known}
    given = {argument for one in RESOURCES[terraform_type(kind)].values() for argument in one} - {"//"}  # a comment
    assert given <= known | set(singular.values())


@pytest.mark.slow
def test_terraform_validates_it_where_its_provider_is_at_hand(tmp_path: Path) -> None:
    terraform_command = shutil.which("terraform") or pytest.skip("terraform is not installed")
    (tmp_path / "main.tf.json").write_text(json.dumps(CONFIGURATION))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([terraform_command, *words], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)

    if run("init", "-no-color", "-input=false").returncode != 0:
        pytest.skip("its AWS provider is not at hand")
    assert json.loads(run("validate", "-json").stdout)["diagnostics"] == []


def test_a_policy_is_not_replaced_because_it_says_another_sentence() -> None:
    assert {one["lifecycle"]["ignore_changes"][0] for one in RESOURCES["aws_iam_policy"].values()} == {"description"}


def test_whatever_is_referred_to_is_in_the_configuration() -> None:
    """What `terraform validate` would say without a provider."""
    text = json.dumps(CONFIGURATION)
    referred = set(re.findall(r"(?<!\$)\$\{(aws_\w+)\.([\w-]+)\.\w+\}", text))
    depended = {tuple(name.split(".")) for named in RESOURCES.values() for one in named.values() for name in one.get("depends_on", ())}
    made = {(kind, name) for kind, named in RESOURCES.items() for name in named}
    assert referred
    assert depended
    assert referred | depended <= made
    assert len(re.findall(r"(?<!\$)\$\{", text)) == len(re.findall(r"(?<!\$)\$\{aws_\w+\.[\w-]+\.\w+\}", text))


def test_what_is_in_another_region_says_so_and_needs_a_provider_that_knows_it() -> None:
    far = World.of(EVERYTHING_DECLARED.replace("  plain: {", "  plain: {region: us-west-2, "))
    configuration: Any = terraform_configuration(blueprint_of(far.plan))
    named = {kind: set(one) for kind, made in configuration["resource"].items() if (one := [n for n, r in made.items() if "region" in r])}
    assert {"aws_s3_bucket", "aws_s3_bucket_policy", "aws_s3_bucket_lifecycle_configuration"} <= named.keys()
    assert set.union(*named.values()) == {"plain"}
    versions = [one["terraform"]["required_providers"]["aws"]["version"] for one in (CONFIGURATION, configuration)]
    assert versions == [">= 5.0", ">= 6.0"]
