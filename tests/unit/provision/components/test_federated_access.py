"""What `FederatedAccess` asks Pulumi for: every resource, and nothing else; in previews and updates."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from tests.pulumi_programs import ACCOUNT, Registered, registered, values

from bucketpass.errors import DeclarationError, ProvisionError
from bucketpass.model import Access, parse_access
from bucketpass.provision import FederatedAccess
from bucketpass.provision.components.later import Later, LaterValue

TEXT = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  datasets: {encryption: kms}
services:
  trainer:
    identity: {issuer: okta, client_id: 0oa1trainer}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
"""
EVALUATOR = """
  evaluator:
    identity: {issuer: okta, client_id: 0oa2evaluator}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
"""
ACCESS = parse_access(TEXT)
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/acme.okta.com/oauth2/default"
OUTPUTS = ("role_names", "role_arns", "policy_arns", "provider_arns", "bucket_names", "bucket_arns", "key_arns", "other_accounts")
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/ai-datasets"


def made(access: Access = ACCESS, opts: pulumi.ResourceOptions | None = None, **options: Any) -> list[Registered]:
    return registered(lambda: FederatedAccess("ai", access=access, opts=opts), **options)


def one(found: list[Registered], kind: str) -> Registered:
    (resource,) = (resource for resource in found if resource.type.endswith(f":{kind}"))
    return resource


@pytest.mark.parametrize("preview", [True, False])
def test_every_resource_is_made_once_and_nothing_else(preview: bool) -> None:
    kinds = Counter(resource.type.rpartition(":")[2] for resource in made(preview=preview))
    assert kinds == Counter(
        [
            "FederatedAccess",
            "OpenIdConnectProvider",
            "Key",
            "Alias",
            "Role",
            "Policy",
            "RolePolicyAttachment",
            "Bucket",
            "BucketOwnershipControls",
            "BucketPublicAccessBlock",
            "BucketServerSideEncryptionConfiguration",
            "BucketVersioning",
            "BucketLifecycleConfiguration",
            "BucketPolicy",
        ]
    )


def test_nothing_is_public_and_no_acl_is_asked_for() -> None:
    found = made()
    block = one(found, "BucketPublicAccessBlock").inputs
    assert {name: value for name, value in block.items() if name != "bucket"} == dict.fromkeys(
        ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True
    )
    assert "acl" not in one(found, "Bucket").inputs
    statements = [
        statement
        for resource in found
        for name in ("policy", "assumeRolePolicy")
        if name in resource.inputs
        for statement in json.loads(resource.inputs[name])["Statement"]
    ]
    assert [statement for statement in statements if statement["Effect"] == "Allow" and statement.get("Principal") == "*"] == []


def test_no_user_and_no_access_key_is_ever_made() -> None:
    assert [resource.type for resource in made() if resource.type.endswith((":User", ":AccessKey", ":Group"))] == []


def test_a_bucket_with_objects_is_never_emptied() -> None:
    assert "forceDestroy" not in one(made(), "Bucket").inputs


def test_the_key_of_a_bucket_outlives_it_since_the_bucket_depends_on_it() -> None:
    assert "ai-datasets" in one(made(), "Bucket").dependencies


def test_the_arn_of_a_new_key_is_in_every_document_that_names_it() -> None:
    found = made()
    assert KEY in one(found, "Policy").inputs["policy"]
    assert KEY in one(found, "BucketPolicy").inputs["policy"]
    assert [resource.name for resource in found if "{{key:" in str(resource.inputs)] == []


def test_in_a_preview_a_document_with_a_new_key_has_words_for_it() -> None:
    found = made(preview=True)
    assert '<key_arn of \\"datasets\\">' in one(found, "Policy").inputs["policy"]
    assert "0oa1trainer" in one(found, "Role").inputs["assumeRolePolicy"]


def test_adding_a_service_leaves_the_name_and_the_arguments_of_every_other_resource() -> None:
    before = {(resource.type, resource.name): resource for resource in made()}
    after = {(resource.type, resource.name): resource for resource in made(parse_access(TEXT + EVALUATOR))}
    assert before.keys() < after.keys()
    changed = {kind.rpartition(":")[2] for kind, name in before if before[kind, name].inputs != after[kind, name].inputs}
    assert changed == {"BucketPolicy"}


def test_all_resources_are_children_of_the_component_and_share_its_protection() -> None:
    found = made(opts=pulumi.ResourceOptions(protect=True))
    assert {resource.parent for resource in found[1:]} == {"ai"}
    assert [resource.name for resource in found if not resource.protect] == []


def test_a_provider_that_is_given_makes_everything_and_says_the_region() -> None:
    def program() -> None:
        ireland = aws.Provider("ireland", region="eu-west-1")
        FederatedAccess("ai", access=ACCESS, opts=pulumi.ResourceOptions(providers=[ireland]))

    found = registered(program)
    made_here = [resource for resource in found if resource.type.startswith("aws:")]
    assert made_here
    assert [resource.name for resource in made_here if "::ireland::" not in resource.provider] == []


def test_two_components_with_two_providers_live_beside_each_other() -> None:
    def program() -> None:
        for region in ("eu-west-1", "us-east-1"):
            provider = aws.Provider(region, region=region)
            FederatedAccess(f"ai-{region}", access=ACCESS, opts=pulumi.ResourceOptions(providers=[provider]))

    names = [(resource.type, resource.name) for resource in registered(program)]
    assert len(names) == len(set(names))


def test_an_alias_for_a_former_name_is_passed_on() -> None:
    found = made(opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="former")]))
    assert "former" in one(found, "FederatedAccess").aliases


def test_tags_of_the_declaration_are_on_everything_that_takes_tags() -> None:
    found = made(parse_access(TEXT + "tags: {team: ml}\n"))
    tagged = [resource for resource in found if "tags" in resource.inputs]
    assert {resource.type.rpartition(":")[2] for resource in tagged} == {"OpenIdConnectProvider", "Key", "Role", "Policy", "Bucket"}
    assert [resource.name for resource in tagged if resource.inputs["tags"] != {"team": "ml"}] == []


def test_a_transformation_sees_every_resource() -> None:
    seen: list[str] = []

    def look(args: pulumi.ResourceTransformationArgs) -> None:
        seen.append(args.type_)

    found = made(opts=pulumi.ResourceOptions(transformations=[look]))
    assert sorted(seen) == sorted(resource.type for resource in found)


def test_the_outputs_name_roles_policies_and_buckets() -> None:
    def program() -> dict[str, pulumi.Input[Any]]:
        access = FederatedAccess("ai", access=ACCESS)
        return {name: getattr(access, name) for name in OUTPUTS}

    assert values(program) == {
        "role_names": {"trainer": "bucketpass-trainer"},
        "role_arns": {"trainer": f"arn:aws:iam::{ACCOUNT}:role/bucketpass-trainer"},
        "policy_arns": {"bucketpass-trainer": f"arn:aws:iam::{ACCOUNT}:policy/bucketpass-trainer"},
        "provider_arns": {"okta": PROVIDER},
        "bucket_names": {"datasets": "datasets"},
        "bucket_arns": {"datasets": "arn:aws:s3:::datasets"},
        "key_arns": {"datasets": KEY},
        "other_accounts": {},
    }


def later(read: Callable[[Sequence[Any]], Access], *values: Any) -> list[Registered]:
    def program() -> FederatedAccess:
        outputs = [LaterValue(pulumi.Output.from_input(value), "0oa1trainer", "0oa1trainer", "client_id", "it") for value in values]
        return FederatedAccess("ai", access=ACCESS, later=Later(outputs, read))

    return registered(program)


def test_values_that_are_known_later_are_in_the_trust_and_the_provider() -> None:
    found = later(lambda values: parse_access(TEXT.replace("0oa1trainer", values[0])), "0oaMADE")
    assert "0oaMADE" in one(found, "Role").inputs["assumeRolePolicy"]
    assert [resource.name for resource in found if "0oa1trainer" in str(resource.inputs)] == []


def test_values_that_ask_for_other_resources_than_were_planned_are_refused() -> None:
    with pytest.raises(ProvisionError, match=r"need resources that were not planned: iam\.Policy\.bucketpass-evaluator"):
        later(lambda values: ACCESS if values == ["0oa1trainer"] else parse_access(TEXT + EVALUATOR), "0oa1")


def test_values_that_change_what_does_not_wait_for_them_are_refused() -> None:
    tagged = parse_access(TEXT.replace("datasets: {", "datasets: {tags: {a: b}, "))
    with pytest.raises(ProvisionError, match=r"need resources that were not planned: kms\.Key\.datasets, s3\.Bucket\.datasets"):
        later(lambda values: ACCESS if values == ["0oa1trainer"] else tagged, "0oa1")


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


def test_arguments_by_name_are_the_same_as_in_one_mapping() -> None:
    def by_name(program: Callable[[], object]) -> dict[tuple[str, str], Registered]:
        return {(resource.type, resource.name): resource for resource in registered(program)}

    assert by_name(lambda: FederatedAccess("ai", **ARGS)) == by_name(lambda: FederatedAccess("ai", ARGS))


def test_a_mistake_is_reported_at_its_argument() -> None:
    grants = [{"bucket": "datasets", "prefix": "raw/", "access": ["raed"]}]
    with pytest.raises(
        DeclarationError, match=r"FederatedAccess ai services\.trainer\.grants\[0\]\.access\[0\]: got `raed`.*did you mean `read`"
    ):
        registered(lambda: FederatedAccess("ai", ARGS | {"services": {"trainer": ARGS["services"]["trainer"] | {"grants": grants}}}))


def test_what_is_risky_about_the_declaration_is_a_warning_of_the_component(caplog: pytest.LogCaptureFixture) -> None:
    made(parse_access(TEXT.replace("prefix: raw/", "prefix: raw") + "  spare: {identity: {issuer: okta, client_id: 0oa3}}\n"))
    assert "services.spare: the service has a role, but no grant" in caplog.text
    assert "services.trainer.grants[0].prefix" in caplog.text


def test_a_lifecycle_rule_by_tag_has_pulumis_own_names() -> None:
    rule = "{prefix: tmp/, tags: {keep_for: short}, transitions: {GLACIER: 3}, expire_days: 9}"
    text = TEXT.replace(
        "{encryption: kms}", f"{{encryption: kms, lifecycle: {{rules: [{rule}]}}, cors: [{{origins: ['*']}}], event_bridge: true}}"
    )
    found = made(parse_access(text))
    (declared,) = (one for one in one(found, "BucketLifecycleConfiguration").inputs["rules"] if one["id"] == "rule-1")
    assert declared["filter"] == {"and": {"prefix": "tmp/", "tags": {"keep_for": "short"}}}
    assert declared["transitions"] == [{"days": 3, "storageClass": "GLACIER"}]
    assert one(found, "BucketCorsConfiguration").inputs["corsRules"] == [{"allowedMethods": ["GET", "HEAD"], "allowedOrigins": ["*"]}]
    assert one(found, "BucketNotification").inputs["eventbridge"] is True


def test_a_preview_shows_the_names_and_arns_that_follow_from_the_declaration() -> None:
    found = made(preview=True)
    assert one(found, "RolePolicyAttachment").inputs["policyArn"] == f"arn:aws:iam::{ACCOUNT}:policy/bucketpass-trainer"
    assert one(found, "BucketVersioning").inputs["bucket"] == "datasets"
    assert "ai-datasets" in one(found, "BucketVersioning").dependencies


def test_a_mistake_is_one_that_pulumi_prints_without_a_stack_trace() -> None:
    trainer = {"identity": [], "grants": [{"bucket": "datasets", "prefx": "raw/"}]}
    arguments: Any = {"issuers": {}, "buckets": {}, "services": {"trainer": trainer}}
    with pytest.raises(pulumi.RunError, match=r"services\.trainer\.grants\[0\]\.prefx: got the unknown field") as caught:
        registered(lambda: FederatedAccess("ai", arguments))
    assert isinstance(caught.value, DeclarationError)
