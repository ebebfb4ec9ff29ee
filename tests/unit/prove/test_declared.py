import pytest
from tests.unit.prove.worlds import RICH, SIMPLE, TENANTS, World

from bucketpass.prove.callers import KEY_ACTIONS, S3_ACTIONS
from bucketpass.prove.declared import declared_conditions, granted, granted_keys
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.scope import layers_of, session
from bucketpass.prove.theory.solver import Witness, holds

WORLDS = {"simple": World.of(SIMPLE), "tenants": World.of(TENANTS), "rich": World.of(RICH)}
HTTPS = {"aws:SecureTransport": "true"}


def witness(request: SymbolicRequest, action: str, resource: str, context: dict[str, str]) -> Witness:
    """The values of a request's variables that are this request."""
    keys = {key.lower(): value for key, value in context.items()}
    values = {variable: domain[0] for variable, domain in request.domains.items()} | {"action": action}
    values |= {key: value for key, value in keys.items() if key in request.domains}
    return Witness({"resource": resource, **keys}, values, {f"{key} is present": True for key in keys})


def means(world: str, service: str, bucket: str, action: str, key: str | None, **context: str) -> bool:
    """Whether a grant of the service means the request."""
    found = WORLDS[world]
    where = next(one for one in found.deployment.buckets if one.name == bucket)
    role = found.deployment.roles_of(service)[0]
    request = session(role, layers_of(role, where, found.deployment), found.access, found.deployment, S3_ACTIONS, account=where.account)
    formula = granted(found.access.services[service], found.access.buckets[bucket], where, request)
    resource = where.arn if key is None else f"{where.arn}/{key}"
    return holds(formula, witness(request, action, resource, HTTPS | {_KEYS[name]: value for name, value in context.items()}))


_KEYS = {
    "prefix": "s3:prefix",
    "tag": "s3:ExistingObjectTag/class",
    "tenant": "aws:PrincipalTag/tenant",
    "ip": "aws:SourceIp",
    "now": "aws:CurrentTime",
    "vpce": "aws:SourceVpce",
    "org": "aws:PrincipalOrgID",
    "point": "s3:DataAccessPointArn",
    "secure": "aws:SecureTransport",
    "tls": "s3:TlsVersion",
    "sse": "s3:x-amz-server-side-encryption",
    "sse_key": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ssec": "s3:x-amz-server-side-encryption-customer-algorithm",
}


@pytest.mark.parametrize(
    ("service", "action", "key", "prefix", "expected"),
    [
        ("trainer", "s3:GetObject", "raw/1", None, True),
        ("trainer", "s3:GetObject", "raw", None, False),
        ("trainer", "s3:GetObject", "checkpoints/1", None, False),
        ("trainer", "s3:PutObject", "checkpoints/1", None, True),
        ("trainer", "s3:DeleteObject", "checkpoints/1", None, False),
        ("trainer", "s3:AbortMultipartUpload", "checkpoints/1", None, True),
        ("trainer", "s3:ListBucket", None, "raw/x", True),
        ("trainer", "s3:ListBucket", None, "ra", False),
        ("trainer", "s3:ListBucket", None, None, False),
        ("trainer", "s3:ListBucketVersions", None, "raw/", False),
        ("evaluator", "s3:PutObject", "checkpoints/1", None, False),
    ],
)
def test_the_words_of_a_grant_mean_these_requests(service: str, action: str, key: str | None, prefix: str | None, expected: bool) -> None:
    context = {} if prefix is None else {"prefix": prefix}
    assert means("simple", service, "datasets", action, key, **context) == expected


def test_versions_tags_and_single_keys_mean_what_they_say() -> None:
    def may(action: str, key: str | None, **context: str) -> bool:
        return means("rich", "trainer", "datasets", action, key, **context)

    assert may("s3:GetObjectVersion", "raw/1", tag="public")
    assert not may("s3:GetObject", "raw/1")
    assert not may("s3:GetObject", "raw/1", tag="secret")
    assert may("s3:GetObject", "config.json")
    assert not may("s3:GetObject", "config.json2")
    assert may("s3:PutObject", "odd*?$/1")
    assert not may("s3:PutObject", "oddly?$/1")


def test_circumstances_are_part_of_the_grant() -> None:
    good = {"now": "2026-01-01T00:00:00Z", "vpce": "vpce-0a1b2c3d", "org": "o-abcdefghij"}
    assert means("rich", "trainer", "lake", "s3:DeleteObject", "a/1", **good)
    for wrong in ({"now": "2025-12-31T00:00:00Z"}, {"vpce": "vpce-other"}, {"org": "o-otherother"}):
        assert not means("rich", "trainer", "lake", "s3:DeleteObject", "a/1", **good | wrong)
    assert means("rich", "trainer", "datasets", "s3:PutObject", "net/1", ip="198.51.100.0")
    assert not means("rich", "trainer", "datasets", "s3:PutObject", "net/1", ip="198.51.99.255")
    assert not means("rich", "trainer", "datasets", "s3:PutObject", "net/1")


@pytest.mark.parametrize(
    ("tenant", "key", "expected"),
    [
        ("a", "t/a/1", True),
        ("a", "t/b/1", False),
        ("", "t//1", False),
        ("a/b", "t/a/b/1", False),
        ("*", "t/*/1", False),
        ("?", "t/x/1", False),
    ],
)
def test_a_tenant_has_one_folder(tenant: str, key: str, expected: bool) -> None:
    assert means("tenants", "app", "homes", "s3:PutObject", key, tenant=tenant) == expected


def test_a_grant_through_an_access_point_holds_only_through_it() -> None:
    point = "arn:aws:s3:eu-central-1:111122223333:accesspoint/mlpoint"
    assert means("rich", "mixed", "points", "s3:GetObject", "p/1", point=point)
    assert not means("rich", "mixed", "points", "s3:GetObject", "p/1", point=point + "2")
    assert not means("rich", "mixed", "points", "s3:GetObject", "p/1")


@pytest.mark.parametrize(
    ("action", "via", "about", "expected"),
    [
        ("kms:Decrypt", "s3.eu-central-1.amazonaws.com", "arn:aws:s3:::datasets", True),
        ("kms:GenerateDataKey", "s3.eu-central-1.amazonaws.com", "arn:aws:s3:::datasets", True),
        ("kms:Encrypt", "s3.eu-central-1.amazonaws.com", "arn:aws:s3:::datasets", False),
        ("kms:Decrypt", "s3.us-east-1.amazonaws.com", "arn:aws:s3:::datasets", False),
        ("kms:Decrypt", "s3.eu-central-1.amazonaws.com", "arn:aws:s3:::datasets/raw/1", False),
    ],
)
def test_a_key_is_used_only_by_s3_and_only_for_the_bucket(action: str, via: str, about: str, expected: bool) -> None:
    world = WORLDS["simple"]
    role, key = world.deployment.roles_of("trainer")[0], world.deployment.keys[0]
    request = session(role, layers_of(role, key, world.deployment), world.access, world.deployment, KEY_ACTIONS)
    formula = granted_keys(world.access.services["trainer"], world.access, world.deployment, request)
    asked = witness(request, action, key.arn, {"kms:ViaService": via, "kms:EncryptionContext:aws:s3:arn": about})
    assert holds(formula, asked) == expected


def test_declared_conditions_have_all_keys_of_a_declaration() -> None:
    keys = {line.key for line in declared_conditions(WORLDS["rich"].access.services.values())}
    assert {"s3:ExistingObjectTag/class", "aws:SourceIp", "aws:CurrentTime", "s3:prefix"} <= keys
