"""The contract with moto: each field that `state` reads is what moto's own API stores."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.unit.sandbox.inside import ACCOUNT, REGION, Inside, between, inside, text_of

from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_key import StoredKey

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]})
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
WRITE = READ.replace("Get", "Put")


@pytest.fixture
def world() -> Iterator[Inside]:
    with inside() as world:
        yield world


def policy(world: Inside, name: str, text: str) -> str:
    return between(text_of(world.form("iam", "CreatePolicy", PolicyName=name, PolicyDocument=text)), "Arn")


def test_a_role_is_read_with_all_its_policies(world: Inside) -> None:
    managed = policy(world, "managed", READ)
    world.form("iam", "CreateRole", RoleName="r", Path="/team/", AssumeRolePolicyDocument=TRUST, MaxSessionDuration="7200",
               PermissionsBoundary=managed, Tags__member__1__Key="Team", Tags__member__1__Value="ml")  # fmt: skip
    world.form("iam", "PutRolePolicy", RoleName="r", PolicyName="inline", PolicyDocument=WRITE)
    world.form("iam", "AttachRolePolicy", RoleName="r", PolicyArn=managed)
    role = world.state.role("r")
    assert role is not None
    assert (role.arn, role.max_session_seconds, role.tags) == (f"arn:aws:iam::{ACCOUNT}:role/team/r", 7200, {"Team": "ml"})
    assert json.loads(role.trust) == json.loads(TRUST)
    assert role.id.startswith("AROA")
    assert role.policies.documents == (("inline policy inline of role r", WRITE), ("policy managed", READ))
    assert role.policies.boundary == (f"boundary {managed}", READ)
    assert world.state.unique_id(role.arn) == role.id
    assert world.state.arn_of(role.id) == role.arn
    assert world.state.role("other") is None


def test_the_default_version_of_a_managed_policy_counts(world: Inside) -> None:
    arn = policy(world, "p", READ)
    assert world.state.managed_policy(arn) == READ
    world.form("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=WRITE, SetAsDefault="true")
    assert world.state.managed_policy(arn) == WRITE
    assert world.state.managed_policy(arn + "x") is None


def test_a_boundary_that_is_gone_lets_nothing_through(world: Inside) -> None:
    arn = policy(world, "bound", READ)
    world.form("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    world.form("iam", "DeletePolicy", PolicyArn=arn)
    role = world.state.role("r")
    assert role is not None
    assert role.policies.boundary == (f"boundary {arn}", '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}')


def test_a_users_key_and_policies_are_read_with_those_of_its_groups(world: Inside) -> None:
    keys = world.user("u", json.loads(READ)["Statement"][0])
    world.form("iam", "CreateGroup", GroupName="g")
    world.form("iam", "AddUserToGroup", GroupName="g", UserName="u")
    world.form("iam", "PutGroupPolicy", GroupName="g", PolicyName="p", PolicyDocument=WRITE)
    found = world.state.access_key(keys.access_key)
    assert found is not None
    assert (found.user_name, found.user_arn, found.secret.reveal()) == ("u", f"arn:aws:iam::{ACCOUNT}:user/u", keys.secret_key)
    policies = world.state.user_policies("u")
    assert policies is not None
    assert [name for name, _ in policies.documents] == ["inline policy p of user u", "inline policy p of group g"]
    assert world.state.user_policies("nobody") is None


def test_a_provider_is_read_and_its_audiences_changed(world: Inside) -> None:
    made = world.form("iam", "CreateOpenIDConnectProvider", Url="https://idp.example.com/Realm/", ClientIDList__member__1="data")
    arn = between(text_of(made), "OpenIDConnectProviderArn")
    provider = world.state.provider(arn)
    assert provider is not None
    assert (provider.url, provider.client_ids) == ("idp.example.com/Realm/", ("data",))
    world.state.change_client_id(arn, "more", add=True)
    world.state.change_client_id(arn, "data", add=False)
    changed = world.state.provider(arn)
    assert changed is not None
    assert changed.client_ids == ("more",)


def test_a_key_is_found_by_id_arn_and_alias(world: Inside) -> None:
    metadata = json.loads(text_of(world.kms("CreateKey")))["KeyMetadata"]
    world.kms("CreateAlias", AliasName="alias/data", TargetKeyId=metadata["KeyId"])
    found = {
        world.state.key(name) for name in (metadata["KeyId"], metadata["Arn"], "alias/data", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/data")
    }
    assert len(found) == 1
    key = found.pop()
    assert isinstance(key, StoredKey)
    assert (key.arn, key.usable, "root" in key.policy) == (metadata["Arn"], True, True)
    for name in ("alias/none", "none", metadata["Arn"].replace(ACCOUNT, "999999999999"), ""):
        assert world.state.key(name) is None
    world.kms("DisableKey", KeyId=metadata["KeyId"])
    disabled = world.state.key("alias/data")
    assert disabled is not None
    assert (disabled.usable, disabled.state) == (False, "Disabled")


def test_the_generation_grows_with_every_change_and_with_no_other_request(world: Inside) -> None:
    world.s3("PUT", "/data-bucket")
    before = world.state.generation
    world.s3("GET", "/data-bucket?versioning")
    world.form("iam", "ListRoles")
    assert world.state.generation == before
    world.form("iam", "CreateUser", UserName="u")
    assert world.state.generation > before


def test_a_new_state_is_empty() -> None:
    with inside() as world:
        world.s3("PUT", "/data-bucket")
        world.form("iam", "CreateUser", UserName="u")
    state = State(ACCOUNT, REGION)
    assert state.bucket("data-bucket") is None
    assert state.user_policies("u") is None


def test_a_state_in_which_nothing_was_stored_is_read_without_moto() -> None:
    program = f"""
import sys
from bucketpass.sandbox.state import State
state = State("{ACCOUNT}", "{REGION}")
assert state.bucket("b") is state.role("r") is state.access_key("AKIA") is state.provider("p") is state.key("k") is None
assert state.entity("policy", "arn:aws:iam::{ACCOUNT}:policy/p") is state.access_point("a") is None
assert (state.bucket_names(), state.of("999999999999").user_policies("u"), state.unique_id("a")) == ((), None, None)
assert "moto" not in sys.modules
assert state.managed_policy("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess") is not None
assert state.has_region("eu-west-1") and not state.has_region("nowhere-1")
state.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True)
