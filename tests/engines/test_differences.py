"""Every difference that the dialect lists, asked of a running gateway: what AWS would answer, and what it answers.

Each probe returns what the gateway does; the table beside it says what was expected of AWS and of the gateway. A probe
whose gateway column no longer holds means that the dialect is out of date.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError
from tests.engines.issuer import issuer
from tests.engines.lab import Lab, allow, answer, deny, document
from tests.identity_providers.keys import SigningKey

from bucketpass.compile.dialect import dialect_named

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engines")]

ABSENT = "aws:SourceVpce"  # a key that no request here has
TAGS = "https://aws.amazon.com/tags"


class Probe(NamedTuple):
    """What is asked for one difference; `aws` is what AWS answers, by the evidence in the facts, `there` what the gateway does."""

    code: str
    ask: Callable[[Lab], object]
    aws: object
    there: object


def _get_with(*conditions: tuple[Callable[..., dict[str, Any]], dict[str, object] | None], plain: bool = False) -> Callable[[Lab], object]:
    """GetObject, allowed by a first statement, with more statements of the same actions and resources."""

    def ask(lab: Lab) -> object:
        statements = [make("s3:GetObject", f"{lab.arn}/raw/*", condition) for make, condition in conditions]
        return lab.get(*statements, plain=plain)

    return ask


def _token(**claims: object) -> Callable[[Lab], object]:
    """AssumeRoleWithWebIdentity with a token that differs from a good one in these claims."""
    return lambda lab: lab.assume(lab.role(), lab.tokens.token(claims))


def _trusting(condition: Callable[[Lab], dict[str, object]], **claims: object) -> Callable[[Lab], object]:
    """AssumeRoleWithWebIdentity of a role whose trust has a condition."""
    return lambda lab: lab.assume(lab.role(trust=lab.trust(condition(lab))), lab.tokens.token(claims))


def _accepts(statement: Callable[[Lab], dict[str, Any]]) -> Callable[[Lab], object]:
    """Whether the gateway takes a role policy with the statement."""

    def ask(lab: Lab) -> object:
        role = lab.role().rpartition("/")[2]
        return answer(lab.iam.put_role_policy, RoleName=role, PolicyName="p", PolicyDocument=document(statement(lab)))

    return ask


def _unsupported(operation: str, **parameters: object) -> Callable[[Lab], object]:
    """Whether there is an operation of IAM."""
    return lambda lab: answer(getattr(lab.iam, operation), **parameters)


def account_of_arns(lab: Lab) -> object:
    return lab.role().split(":")[4]


def null_false(lab: Lab) -> object:
    present = lab.get(allow("s3:GetObject", f"{lab.arn}/raw/*", {"Null": {"aws:SourceIp": "false"}}))
    absent = lab.get(allow("s3:GetObject", f"{lab.arn}/raw/*", {"Null": {ABSENT: "false"}}))
    return present, absent


def acl_is_empty(lab: Lab) -> object:
    """A header that is not sent is an empty text: `*` matches it, and `?*` does not."""
    session = lab.session(lab.role(allow("s3:PutObject", f"{lab.arn}/*", {"StringLike": {"s3:x-amz-acl": "*"}})))
    return answer(session.put_object, Bucket=lab.bucket, Key="raw/c", Body=b"")


def not_principal(lab: Lab) -> object:
    """A Deny with NotPrincipal spares the role it names, also as a session, and nobody else."""
    allowed = allow("s3:GetObject", f"{lab.arn}/raw/*")
    welcome, stranger = lab.role(allowed), lab.role(allowed)
    spared = {"AWS": [welcome, "arn:aws:iam:::user/admin"]}
    statement = {"Effect": "Deny", "NotPrincipal": spared, "Action": ["s3:*"], "Resource": [lab.arn, f"{lab.arn}/*"]}
    lab.s3.put_bucket_policy(Bucket=lab.bucket, Policy=document(statement))
    clients = (lab.session(welcome), lab.session(stranger), lab.s3)
    return tuple(answer(client.get_object, Bucket=lab.bucket, Key="raw/a") for client in clients)


def principal_arn(lab: Lab) -> object:
    return lab.get(allow("s3:GetObject", f"{lab.arn}/raw/*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}))


def role_with_a_path(lab: Lab) -> object:
    """Whether a Deny spares a role that it names with its path, and one that it names without."""
    answers = []
    for spared in ("arn:aws:iam:::role/ai/with-a-path", "arn:aws:iam:::role/with-a-path"):
        lab.iam.create_role(RoleName="with-a-path", Path="/ai/", AssumeRolePolicyDocument=lab.trust())
        permissions = document(allow("s3:GetObject", f"{lab.arn}/raw/*"))
        lab.iam.put_role_policy(RoleName="with-a-path", PolicyName="p", PolicyDocument=permissions)
        statement = {"Effect": "Deny", "NotPrincipal": {"AWS": [spared, "arn:aws:iam:::user/admin"]}, "Action": ["s3:*"]}
        lab.s3.put_bucket_policy(Bucket=lab.bucket, Policy=document({**statement, "Resource": [lab.arn, f"{lab.arn}/*"]}))
        session = lab.session("arn:aws:iam:::role/ai/with-a-path")
        answers.append(answer(session.get_object, Bucket=lab.bucket, Key="raw/a"))
        lab.iam.delete_role_policy(RoleName="with-a-path", PolicyName="p")
        lab.iam.delete_role(RoleName="with-a-path")
    return tuple(answers)


def allow_is_public(lab: Lab) -> object:
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    lab.s3.put_public_access_block(Bucket=lab.bucket, PublicAccessBlockConfiguration=blocked)
    statement = allow("s3:GetObject", f"{lab.arn}/*", Principal={"AWS": [lab.role()]})
    return answer(lab.s3.put_bucket_policy, Bucket=lab.bucket, Policy=document(statement))


def block_public_acls(lab: Lab) -> object:
    lab.s3.put_public_access_block(Bucket=lab.bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    return answer(lab.s3.put_object, Bucket=lab.bucket, Key="raw/c", Body=b"")


def ignore_public_acls(lab: Lab) -> object:
    lab.s3.put_object(Bucket=lab.bucket, Key="raw/c", Body=b"", ACL="public-read")
    url = f"{lab.gateway.http_url}/{lab.bucket}/raw/c"
    before = _plain_get(url)
    lab.s3.put_public_access_block(Bucket=lab.bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    return before, _plain_get(url)


def _plain_get(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def batch_delete(lab: Lab) -> object:
    names = {"Bucket": lab.bucket, "Delete": {"Objects": [{"Key": "raw/a"}]}}
    return answer(lab.session(lab.role(allow("s3:DeleteObject", f"{lab.arn}/raw/*"))).delete_objects, **names)


def form_spaces(lab: Lab) -> object:
    role = lab.role(allow("s3:GetObject", f"{lab.arn}/a folder/*")).rpartition("/")[2]
    read = lab.iam.get_role_policy(RoleName=role, PolicyName="permissions")["PolicyDocument"]
    return read["Statement"][0]["Resource"][0].rpartition(":")[2].partition("/")[2]


def bare_errors(lab: Lab) -> object:
    with pytest.raises(ClientError) as caught:
        lab.iam.get_role(RoleName="nobody")
    return caught.value.response.get("Error", {}).get("Code")


def upload_part_copy(lab: Lab) -> object:
    session = lab.session(lab.role(allow(["s3:GetObject", "s3:PutObject"], f"{lab.arn}/*")))
    upload = session.create_multipart_upload(Bucket=lab.bucket, Key="raw/m")["UploadId"]
    part = {"Bucket": lab.bucket, "Key": "raw/m", "UploadId": upload, "PartNumber": 1}
    return answer(session.upload_part_copy, **part, CopySource=f"{lab.bucket}/raw/a")


def key_without_certificate(lab: Lab) -> object:
    lab.tokens.published[:] = [SigningKey("plain", certificate=False)]
    return lab.assume(lab.role())


def second_key(lab: Lab) -> object:
    other = SigningKey("second")
    lab.tokens.published.append(other)
    return lab.assume(lab.role(), lab.tokens.token(by=other))


def expired_session(lab: Lab) -> object:
    role = lab.role(allow("s3:GetObject", f"{lab.arn}/raw/*"))
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": role,
        "RoleSessionName": "brief",
        "WebIdentityToken": lab.tokens.token(),
        "DurationSeconds": "1",  # less than any SDK sends
    }
    request = urllib.request.Request(lab.gateway.http_url, data=urllib.parse.urlencode(fields).encode())
    with urllib.request.urlopen(request) as reply:
        text = reply.read().decode()
    keys = {name: text.split(f"<{name}>")[1].split("<")[0] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    time.sleep(1.5)
    with pytest.raises(ClientError) as caught:
        lab.gateway.client("s3", credentials=keys).get_object(Bucket=lab.bucket, Key="raw/a")
    return caught.value.response["Error"]["Code"]


def writer_owns(lab: Lab) -> object:
    lab.session(lab.role(allow("s3:PutObject", f"{lab.arn}/*"))).put_object(Bucket=lab.bucket, Key="raw/written", Body=b"")
    return answer(lab.s3.get_object, Bucket=lab.bucket, Key="raw/written")


def transitive_tags(lab: Lab) -> object:
    tags = {TAGS: {"principal_tags": {"tenant": ["acme"]}, "transitive_tag_keys": ["tenant"]}}
    return _trusting(lambda _: {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}}, **tags)(lab)


def session_keys(lab: Lab) -> object:
    return lab.get(allow("s3:GetObject", f"{lab.arn}/raw/*", {"StringEquals": {f"{lab.host}:sub": "trainer"}}))


def changed_provider(lab: Lab) -> object:
    add = lab.iam.add_client_id_to_open_id_connect_provider
    return answer(add, OpenIDConnectProviderArn=lab.provider, ClientID="third")


def caller_identity(lab: Lab) -> object:
    return answer(lab.gateway.client("sts").get_caller_identity)


def one_user_for_one_subject(lab: Lab) -> object:
    """The owner of what `trainer` of this issuer wrote, and of what `trainer` of another did."""
    owners = []
    with issuer(path="/other") as other:
        lab.iam.create_open_id_connect_provider(Url=other.url, ClientIDList=["s3-data"], ThumbprintList=["0" * 40])
        arn = f"arn:aws:iam:::oidc-provider/{other.url.split('://', 1)[1]}"
        trusts = {"Effect": "Allow", "Principal": {"Federated": [arn]}, "Action": ["sts:AssumeRoleWithWebIdentity"]}
        permissions = allow(["s3:PutObject", "s3:GetObjectAcl"], f"{lab.arn}/*")
        for role, token in (
            (lab.role(permissions), lab.tokens.token()),
            (lab.role(permissions, trust=document(trusts)), other.token()),
        ):
            session = lab.session(role, token)
            session.put_object(Bucket=lab.bucket, Key="raw/owned", Body=b"")
            owners.append(session.get_object_acl(Bucket=lab.bucket, Key="raw/owned")["Owner"]["ID"])
        lab.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return owners[0] == owners[1]


def acl_of_multipart_upload(lab: Lab) -> object:
    session = lab.session(lab.role(allow("s3:PutObject", f"{lab.arn}/*")))
    return answer(session.create_multipart_upload, Bucket=lab.bucket, Key="raw/m", ACL="public-read")


def default_encryption(lab: Lab) -> object:
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    return answer(lab.s3.put_bucket_encryption, Bucket=lab.bucket, ServerSideEncryptionConfiguration=rules)


def customer_keys(lab: Lab) -> object:
    """An upload with a customer's key, where a Deny says that the header must not be there."""
    header = {"StringLike": {"s3:x-amz-server-side-encryption-customer-algorithm": "*"}}
    session = lab.session(lab.role(allow("s3:PutObject", f"{lab.arn}/*"), deny("s3:PutObject", f"{lab.arn}/*", header)))
    return answer(session.put_object, Bucket=lab.bucket, Key="raw/c", Body=b"", SSECustomerAlgorithm="AES256", SSECustomerKey="0" * 32)


def tags_on_put(lab: Lab) -> object:
    session = lab.session(lab.role(allow("s3:PutObject", f"{lab.arn}/*")))
    return answer(session.put_object, Bucket=lab.bucket, Key="raw/t", Body=b"", Tagging="team=other")


def access_log(lab: Lab) -> object:
    logging = {"LoggingEnabled": {"TargetBucket": lab.bucket, "TargetPrefix": "log/"}}
    return answer(lab.s3.put_bucket_logging, Bucket=lab.bucket, BucketLoggingStatus=logging)


def acceleration(lab: Lab) -> object:
    """The status that is read after a bucket was given S3 Transfer Acceleration."""
    answer(lab.s3.put_bucket_accelerate_configuration, Bucket=lab.bucket, AccelerateConfiguration={"Status": "Enabled"})
    return lab.s3.get_bucket_accelerate_configuration(Bucket=lab.bucket).get("Status")


def events(lab: Lab) -> object:
    """Whether a bucket says that it sends events to EventBridge after it was told to."""
    given: dict[str, Any] = {"EventBridgeConfiguration": {}}
    answer(lab.s3.put_bucket_notification_configuration, Bucket=lab.bucket, NotificationConfiguration=given)
    return "EventBridgeConfiguration" in lab.s3.get_bucket_notification_configuration(Bucket=lab.bucket)


def escaped_wildcard(lab: Lab) -> object:
    lab.s3.put_object(Bucket=lab.bucket, Key="a*b/k", Body=b"")
    return lab.get(allow("s3:GetObject", f"{lab.arn}/a${{*}}b/*"), key="a*b/k")


def partial_variable(lab: Lab) -> object:
    tags = {"principal_tags": {"tenant": ["aw"]}}
    role = lab.role(allow("s3:ListBucket", lab.arn, {"StringLike": {"s3:prefix": "r${aws:PrincipalTag/tenant}/*"}}))
    return answer(lab.session(role, lab.tokens.token({TAGS: tags})).list_objects_v2, Bucket=lab.bucket, Prefix="raw/")


def not_action(lab: Lab) -> object:
    spares_put = {"Effect": "Deny", "NotAction": ["s3:PutObject"], "Resource": ["*"]}
    return lab.get(allow("s3:GetObject", f"{lab.arn}/raw/*"), spares_put)


NEGATED_DENY = _get_with((allow, None), (deny, {"StringNotEquals": {ABSENT: "vpce-1"}}))
BOOL_DENY = _get_with((allow, None), (deny, {"Bool": {"aws:SecureTransport": "false"}}), plain=True)
TWO_AUDIENCES = ["s3-data", "another"]
CLAIM_OF_ROLES = {"https://aws.amazon.com/roles": ["arn:aws:iam:::role/another"]}

PROBES = (
    Probe("account", account_of_arns, "111122223333", ""),
    Probe("inline-policies", _unsupported("attach_role_policy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/x"), 404, 405),
    Probe("inline-policies", _unsupported("create_policy", PolicyName="p", PolicyDocument=document(allow("s3:GetObject", "*"))), 200, 405),
    Probe("negated-absent", NEGATED_DENY, 403, 200),
    Probe("negated-absent", _get_with((allow, {"StringNotEquals": {ABSENT: "vpce-1"}})), 200, 403),
    Probe("negated-absent", _get_with((allow, None), (deny, {"StringNotEqualsIfExists": {ABSENT: "vpce-1"}})), 403, 403),
    Probe("negated-absent", _get_with((allow, None), (deny, {"NotIpAddressIfExists": {ABSENT: "10.0.0.0/8"}})), 403, 403),
    Probe("null-false", null_false, (200, 403), (403, 200)),
    Probe("null-false", _get_with((allow, {"StringLike": {"aws:SourceIp": "?*"}})), 200, 200),
    Probe("null-false", _get_with((allow, {"StringLike": {ABSENT: "?*"}})), 403, 403),
    Probe("null-false", acl_is_empty, 403, 200),
    Probe("secure-transport", BOOL_DENY, 403, 200),
    Probe("secure-transport", _get_with((allow, None), (deny, {"BoolIfExists": {"aws:SecureTransport": "false"}}), plain=True), 403, 403),
    Probe("secure-transport", _get_with((allow, None), (deny, {"BoolIfExists": {"aws:SecureTransport": "false"}})), 200, 200),
    Probe("not-principal", principal_arn, 200, 403),
    Probe("not-principal", not_principal, (200, 403, 200), (200, 403, 200)),
    Probe("role-paths", role_with_a_path, (200, 403), (403, 200)),
    Probe("authorized-party", _trusting(lambda lab: {"StringEquals": {f"{lab.host}:aud": "s3-data"}}, azp="s3-data", aud="x"), 200, 403),
    Probe("authorized-party", _token(azp="another"), 400, 200),
    Probe("authorized-party", _trusting(lambda lab: {"StringEqualsIfExists": {f"{lab.host}:azp": "s3-data"}}, azp="another"), 400, 403),
    Probe("authorized-party", _trusting(lambda lab: {"StringEqualsIfExists": {f"{lab.host}:azp": "s3-data"}}), 200, 200),
    Probe("thumbprint", _unsupported("create_open_id_connect_provider", Url="https://z.example", ClientIDList=["a"]), 200, 400),
    Probe("allow-is-public", allow_is_public, 200, 403),
    Probe("block-public-acls", block_public_acls, 200, 403),
    Probe("block-public-acls", ignore_public_acls, (200, 403), (200, 403)),
    Probe("batch-delete", batch_delete, 200, 403),
    Probe("form-spaces", form_spaces, "a folder/*", "a+folder/*"),
    Probe("bare-errors", bare_errors, "NoSuchEntity", None),
    Probe("upload-part-copy", upload_part_copy, 200, 403),
    Probe("x5c", key_without_certificate, 200, 403),
    Probe("first-key", second_key, 200, 403),
    Probe("leeway", _token(exp=int(time.time()) - 30), 200, 403),
    Probe("one-refusal", expired_session, "ExpiredToken", "AccessDenied"),
    Probe("writer-owns", writer_owns, 200, 403),
    Probe("transitive-tags", transitive_tags, 200, 403),
    Probe("session-keys", session_keys, 200, 403),
    Probe("session-name", _trusting(lambda _: {"StringEquals": {"sts:RoleSessionName": "lab"}}), 200, 403),
    Probe("key-case", _get_with((allow, {"IpAddress": {"AWS:sourceip": "127.0.0.1"}})), 200, 403),
    Probe("no-caller-identity", caller_identity, 200, 405),
    Probe("fixed-provider", changed_provider, 200, 405),
    Probe("token-without-exp", _token(exp=None), 400, 200),
    Probe("several-audiences", _token(aud=TWO_AUDIENCES), 400, 200),
    Probe("claims-of-aws", _token(**CLAIM_OF_ROLES), 400, 200),
    Probe("claims-of-aws", _token(**{"https://aws.amazon.com/source_identity": "somebody"}), 403, 200),
    Probe("one-user-for-one-subject", one_user_for_one_subject, False, True),
    Probe("acls", acl_of_multipart_upload, 400, 200),
    Probe("default-encryption", default_encryption, 200, 400),
    Probe("customer-keys", customer_keys, 403, 200),
    Probe("tls-version", _get_with((allow, {"StringLike": {"s3:TlsVersion": "*"}})), 200, 403),
    Probe("tags-on-put", tags_on_put, 403, 200),
    Probe("kms", _accepts(lambda _: allow("kms:Decrypt", "*")), 200, 400),
    Probe("permissions-boundary", _unsupported("put_role_permissions_boundary", RoleName="r", PermissionsBoundary="a" * 20), 404, 405),
    Probe("access-logs", access_log, 200, 405),
    Probe("transfer-acceleration", acceleration, "Enabled", None),
    Probe("event-bridge", events, True, False),
    Probe("access-points", _get_with((allow, {"StringLike": {"s3:DataAccessPointArn": "*"}})), 200, 403),
    Probe("networks-of-aws", _get_with((allow, {"StringLike": {"aws:SourceVpce": "*"}})), 200, 403),
    Probe("organizations", _get_with((allow, {"StringLike": {"aws:PrincipalOrgID": "*"}})), 200, 403),
    Probe("variables-in-resources", _accepts(lambda lab: allow("s3:GetObject", f"{lab.arn}/${{aws:PrincipalTag/tenant}}/*")), 200, 400),
    Probe("variables-in-resources", escaped_wildcard, 200, 403),
    Probe("variables-in-values", partial_variable, 200, 403),
    Probe("not-action", not_action, 403, 200),
    Probe("operations", _accepts(lambda _: allow("s3:GetObjectAttributes", "*")), 200, 400),
    Probe("set-operators", _accepts(lambda _: allow("s3:GetObject", "*", {"ForAllValues:StringNotEquals": {"a": "b"}})), 200, 400),
    Probe("condition-keys", _get_with((allow, {"StringLike": {"aws:RequestedRegion": "*"}})), 200, 403),
)
# What a gateway on one machine cannot be asked: it has neither accounts nor account-owned names, and reaches no public issuer.
UNASKED = {"accounts", "built-in-providers", "regional-names"}


@pytest.mark.parametrize("probe", PROBES, ids=[f"{number}-{probe.code}" for number, probe in enumerate(PROBES)])
def test_the_gateway_differs_from_aws_as_the_dialect_says(probe: Probe, lab: Lab) -> None:
    assert probe.ask(lab) == probe.there


def test_every_difference_that_the_dialect_lists_is_probed() -> None:
    listed = {difference.code for difference in dialect_named("rgw").differences}
    assert {probe.code for probe in PROBES} | UNASKED == listed
