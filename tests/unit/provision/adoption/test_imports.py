"""What Pulumi takes over."""

from tests.unit.provision.adoption.accounts import ID

from bucketpass.compile import Target, compile_access
from bucketpass.model import parse_access
from bucketpass.policy import policy_json
from bucketpass.provision.adoption import Account, FoundBucket, FoundPolicy, FoundProvider, FoundRole
from bucketpass.provision.adoption.imports import Import, import_file, imports

PLAN = compile_access(
    parse_access(
        "issuers: {ci: {preset: github}}\nbuckets: {data: {create: false, policy: none}}\nservices:\n  eval:\n"
        "    identity: {issuer: ci, repository: acme/eval, environment: production}\n    grants: [{bucket: data, access: read}]\n"
    ),
    Target(ID, "eu-west-1"),
)
ROLE = PLAN.roles[0]
POLICY = FoundPolicy(ROLE.policies[0].name, policy_json(ROLE.policies[0].document.document), ROLE.policies[0].arn)
WHOLE = Account(
    ID,
    (FoundProvider(PLAN.providers[0].arn, "token.actions.githubusercontent.com", ("sts.amazonaws.com",)),),
    (FoundRole(ROLE.name, ROLE.arn, policy_json(ROLE.trust.document), (POLICY,)),),
    (FoundBucket("data", policy_json(PLAN.buckets[0].policy.document)),),
)


def test_everything_that_is_there_has_the_id_by_which_it_is_found() -> None:
    policy = f"arn:aws:iam::{ID}:policy/bucketpass-eval"
    assert imports(PLAN, WHOLE, "access") == (
        Import(
            "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
            "access-ci",
            f"arn:aws:iam::{ID}:oidc-provider/token.actions.githubusercontent.com",
        ),
        Import("aws:iam/role:Role", "access-bucketpass-eval", "bucketpass-eval"),
        Import("aws:iam/policy:Policy", "access-bucketpass-eval", policy),
        Import("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "access-bucketpass-eval", f"bucketpass-eval/{policy}"),
        Import("aws:s3/bucketPolicy:BucketPolicy", "access-data", "data"),
    )


def test_what_is_not_there_is_made_and_not_imported() -> None:
    assert imports(PLAN, Account(ID), "access") == ()


def test_the_file_has_the_component_above_its_resources() -> None:
    assert import_file((Import("aws:iam/role:Role", "access-r", "r"),), "access") == {
        "resources": [
            {"type": "bucketpass:index:FederatedAccess", "name": "access", "component": True},
            {"type": "aws:iam/role:Role", "name": "access-r", "id": "r", "parent": "access"},
        ]
    }
