"""IAM and KMS as clients use them: who may call them, what they refuse to store, and keys that objects depend on."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.sandboxes import Keys, SandboxWorld, code_of, sandbox_world

pytestmark = pytest.mark.slow

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/acme.okta.com/oauth2/default"


@pytest.fixture(scope="module")
def world() -> Iterator[SandboxWorld]:
    with sandbox_world() as world:
        yield world


def test_a_usual_sandbox_takes_no_session_below_900_seconds_as_aws(world: SandboxWorld) -> None:
    with pytest.raises(ClientError) as refused:
        world.assume("trainer", DurationSeconds=899)
    assert code_of(refused.value) == "ValidationError"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(**changes: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"acme.okta.com/oauth2/default:sub": "x"}},
    }
    return document({**statement, **changes})


READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::datasets/*"}


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": "no json"}, "MalformedPolicyDocument"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": document(READ)}, "MalformedPolicyDocument"),
        (
            "create_role",
            {"RoleName": "r", "AssumeRolePolicyDocument": trust(Principal={"Federated": "*"})},
            "MalformedPolicyDocument",
        ),
        (
            "create_role",
            {"RoleName": "r", "AssumeRolePolicyDocument": trust(Principal={"AWS": "arn:aws:iam::111122223333:role/nobody"})},
            "MalformedPolicyDocument",
        ),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": trust(), "MaxSessionDuration": 3599}, "ValidationError"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": trust(), "MaxSessionDuration": 43201}, "ValidationError"),
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": trust(Sid="x" * 2048)}, "LimitExceeded"),
        ("create_role", {"RoleName": "bucketpass-trainer", "AssumeRolePolicyDocument": trust()}, "EntityAlreadyExists"),
        (
            "create_policy",
            {"PolicyName": "p", "PolicyDocument": document({**READ, "Condition": {"StringLikes": {"a": "b"}}})},
            "MalformedPolicyDocument",
        ),
        (
            "create_policy",
            {"PolicyName": "p", "PolicyDocument": document({**READ, "Resource": ["arn:aws:s3:::b/" + "x" * 6200]})},
            "LimitExceeded",
        ),
        ("put_role_policy", {"RoleName": "nobody", "PolicyName": "p", "PolicyDocument": document(READ)}, "NoSuchEntity"),
        (
            "put_role_policy",
            {
                "RoleName": "bucketpass-trainer",
                "PolicyName": "p",
                "PolicyDocument": document({**READ, "Resource": ["arn:aws:s3:::b/" + "x" * 10300]}),
            },
            "LimitExceeded",
        ),
        ("create_open_id_connect_provider", {"Url": "http://plain.example.com"}, "ValidationError"),
        ("create_open_id_connect_provider", {"Url": "https://acme.okta.com/oauth2/default"}, "EntityAlreadyExists"),
        ("create_open_id_connect_provider", {"Url": "https://x.example.com", "ThumbprintList": ["z" * 40]}, "InvalidInput"),
        ("create_saml_provider", {"Name": "s", "SAMLMetadataDocument": "x" * 1000}, "InvalidAction"),
    ],
)
def test_what_iam_does_not_store_is_refused_with_its_code(world: SandboxWorld, call: str, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(world.iam(), call)(**arguments)
    assert code_of(refused.value) == code


def test_a_providers_audiences_change_what_sts_takes(world: SandboxWorld) -> None:
    token = world.sandbox.mint("trainer", claims={"aud": "another"})
    with pytest.raises(ClientError) as refused:
        world.assume("trainer", token)
    assert (code_of(refused.value), "Incorrect token audience" in str(refused.value)) == ("InvalidIdentityToken", True)
    # The log names what the token has and what was asked for, which the caller is not told.
    event = world.sandbox.events.since()[-1]
    assert "audience is `another`, the provider allows `" in event.note and "allows" not in str(refused.value)
    assert event.parameters["roleArn"] == world.role_arn("trainer")
    with pytest.raises(ClientError):
        world.assume("trainer", world.sandbox.mint("trainer", claims={"sub": "somebody"}))
    assert "the token's sub is `somebody`" in world.sandbox.events.since()[-1].note
    world.iam().add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="another")
    assert "another" in world.iam().get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)["ClientIDList"]
    with pytest.raises(ClientError) as refused:
        world.assume("trainer", token)
    assert code_of(refused.value) == "AccessDenied"
    world.iam().remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="another")


def test_iam_is_for_those_who_may_call_it(world: SandboxWorld) -> None:
    keys = world.user("reader", {"Effect": "Allow", "Action": "iam:GetRole", "Resource": f"arn:aws:iam::{world.account}:role/bucketpass-*"})
    assert world.iam(keys).get_role(RoleName="bucketpass-trainer")["Role"]["Arn"] == world.role_arn("trainer")
    trainer = world.assume("trainer")
    refusals: tuple[Callable[[], object], ...] = (
        lambda: world.iam(keys).get_role(RoleName="other"),
        lambda: world.iam(keys).list_roles(),
        lambda: world.iam(trainer).list_roles(),
        lambda: world.iam(trainer).put_role_policy(RoleName="bucketpass-trainer", PolicyName="p", PolicyDocument=document(READ)),
        lambda: world.kms(trainer).create_key(),
    )
    for refuse in refusals:
        with pytest.raises(ClientError) as refused:
            refuse()
        assert code_of(refused.value) in ("AccessDenied", "AccessDeniedException")


def test_a_users_key_works_until_it_is_made_inactive(world: SandboxWorld) -> None:
    keys = world.user("fleeting", {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"})
    world.s3(keys).list_buckets()
    world.iam().update_access_key(UserName="fleeting", AccessKeyId=keys.access_key_id, Status="Inactive")
    with pytest.raises(ClientError) as refused:
        world.s3(keys).list_buckets()
    assert code_of(refused.value) == "InvalidAccessKeyId"


def test_a_change_of_policy_counts_from_the_next_request_on(world: SandboxWorld) -> None:
    world.s3().put_object(Bucket="datasets", Key="elsewhere", Body=b"")
    world.allow("changing", READ)
    keys = Keys.of(world.sts(world.user("changer", {"Effect": "Allow", "Action": "sts:*", "Resource": "*"})).assume_role(
        RoleArn=f"arn:aws:iam::{world.account}:role/changing", RoleSessionName="me")["Credentials"])  # fmt: skip
    world.s3(keys).get_object(Bucket="datasets", Key="elsewhere")
    world.iam().put_role_policy(RoleName="changing", PolicyName="inline", PolicyDocument=document({**READ, "Effect": "Deny"}))
    with pytest.raises(ClientError) as refused:
        world.s3(keys).get_object(Bucket="datasets", Key="elsewhere")
    assert "explicit deny in an identity-based policy" in str(refused.value)


def test_a_permissions_boundary_bounds(world: SandboxWorld) -> None:
    world.s3().put_object(Bucket="datasets", Key="bounded", Body=b"")
    boundary = world.iam().create_policy(PolicyName="bound", PolicyDocument=document({**READ, "Action": "s3:PutObject"}))["Policy"]["Arn"]
    world.allow("bounded", READ)
    user = world.user("assumes-bounded", {"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
    role = f"arn:aws:iam::{world.account}:role/bounded"
    s3 = world.s3(Keys.of(world.sts(user).assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]))
    s3.get_object(Bucket="datasets", Key="bounded")
    world.iam().put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="datasets", Key="bounded")
    assert "permissions boundary" in str(refused.value)


def test_an_object_under_a_key_needs_the_key(world: SandboxWorld) -> None:
    kms, s3 = world.kms(), world.s3()
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    s3.create_bucket(Bucket="sealed")
    rule: Any = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/data"},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="sealed", Key="k", Body=b"secret")
    found = s3.head_object(Bucket="sealed", Key="k")
    assert (found["ServerSideEncryption"], found["SSEKMSKeyId"], found["BucketKeyEnabled"]) == ("aws:kms", key["Arn"], True)
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    without = world.s3(world.user("without-key", everything))
    context = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::sealed", "kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    decrypts = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key["Arn"], "Condition": context}
    reader = world.s3(world.user("with-key", everything, decrypts))
    assert reader.get_object(Bucket="sealed", Key="k")["Body"].read() == b"secret"
    for refuse, action in (
        (lambda: without.get_object(Bucket="sealed", Key="k"), "kms:Decrypt"),
        (lambda: without.copy_object(Bucket="datasets", Key="k", CopySource={"Bucket": "sealed", "Key": "k"}), "kms:Decrypt"),
        (lambda: reader.put_object(Bucket="sealed", Key="k", Body=b""), "kms:GenerateDataKey"),
        (lambda: reader.create_multipart_upload(Bucket="sealed", Key="k"), "kms:GenerateDataKey"),
    ):
        with pytest.raises(ClientError) as refused:
            refuse()
        assert (code_of(refused.value), action in str(refused.value)) == ("AccessDenied", True)
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="sealed", Key="k")
    assert code_of(refused.value) == "KMS.DisabledException"
    kms.enable_key(KeyId=key["KeyId"])
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    account = {"Effect": "Allow", "Principal": {"AWS": world.account}, "Action": "kms:*", "Resource": "*"}
    denied = document(nobody, account)
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=denied)
    with pytest.raises(ClientError) as refused:
        reader.get_object(Bucket="sealed", Key="k")
    assert "explicit deny" in str(refused.value)


def test_kms_itself_asks_the_key_policy(world: SandboxWorld) -> None:
    kms = world.kms()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=key, Plaintext=b"words")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"words"
    with pytest.raises(ClientError) as refused:
        world.kms(world.user("no-kms")).decrypt(CiphertextBlob=sealed)
    assert code_of(refused.value) == "AccessDeniedException"
    somebody = {"AWS": "arn:aws:iam::111122223333:role/nobody"}
    unknown = document({"Effect": "Allow", "Principal": somebody, "Action": "kms:*", "Resource": "*"})
    with pytest.raises(ClientError) as refused:
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=unknown)
    assert code_of(refused.value) == "MalformedPolicyDocumentException"
    with pytest.raises(ClientError) as refused:
        kms.describe_key(KeyId="00000000-0000-0000-0000-000000000000")
    assert code_of(refused.value) == "NotFoundException"


def test_anonymous_requests_have_the_bucket_policy_alone(world: SandboxWorld) -> None:
    s3 = world.s3()
    s3.create_bucket(Bucket="public-bucket")
    s3.put_object(Bucket="public-bucket", Key="k", Body=b"open")
    anybody = world.s3(anonymous=True)
    with pytest.raises(ClientError) as refused:
        anybody.get_object(Bucket="public-bucket", Key="k")
    assert code_of(refused.value) == "AccessDenied"
    s3.put_public_access_block(
        Bucket="public-bucket", PublicAccessBlockConfiguration={"BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    )
    policy = document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::public-bucket/*"})
    s3.put_bucket_policy(Bucket="public-bucket", Policy=policy)
    assert s3.get_bucket_policy_status(Bucket="public-bucket")["PolicyStatus"]["IsPublic"]
    assert anybody.get_object(Bucket="public-bucket", Key="k")["Body"].read() == b"open"
    with pytest.raises(ClientError) as refused:
        anybody.put_object(Bucket="public-bucket", Key="k", Body=b"")
    assert code_of(refused.value) == "AccessDenied"
    s3.put_public_access_block(Bucket="public-bucket", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    with pytest.raises(ClientError) as refused:
        anybody.get_object(Bucket="public-bucket", Key="k")
    assert code_of(refused.value) == "AccessDenied"


def test_the_root_user_can_mend_a_policy_that_locks_everybody_out(world: SandboxWorld) -> None:
    s3 = world.s3()
    s3.create_bucket(Bucket="locked-out")
    resources = ["arn:aws:s3:::locked-out", "arn:aws:s3:::locked-out/*"]
    s3.put_bucket_policy(
        Bucket="locked-out", Policy=document({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources})
    )
    with pytest.raises(ClientError) as refused:
        s3.list_objects_v2(Bucket="locked-out")
    assert code_of(refused.value) == "AccessDenied"
    s3.delete_bucket_policy(Bucket="locked-out")
    s3.list_objects_v2(Bucket="locked-out")
