from dataclasses import replace

import pytest
from tests.declarations import TARGET, World

from bucketpass.emit import blueprint_of

HEAD = """\
issuers:
  ci: {preset: github}
buckets:
  datasets: {access_points: [lab]}
  vault: {encryption: {key: "arn:aws:kms:eu-central-1:111122223333:key/1"}}
  plain: {encryption: {key: "arn:aws:kms:eu-central-1:111122223333:key/2"}, bucket_key: false}
services:
  job:
    identity: {issuer: ci, repository: acme/eval, branch: main}
    grants:
      - """
KEY_1 = "arn:aws:kms:eu-central-1:111122223333:key/1"


def world(*grants: str) -> World:
    return World.of(HEAD + "\n      - ".join(grants))


def prefix(text: str) -> dict[str, str]:
    return {"s3:prefix": text}


@pytest.mark.parametrize(
    ("access", "allowed"),
    [
        ("read", {"s3:GetObject"}),
        ("write", {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}),
        ("delete", {"s3:DeleteObject"}),
        ("list", set()),
        ("[read, delete]", {"s3:GetObject", "s3:DeleteObject"}),
    ],
)
def test_a_level_is_exactly_its_actions(access: str, allowed: set[str]) -> None:
    asked = world(f"{{bucket: datasets, prefix: raw/, access: {access}}}")
    actions = [
        "GetObject",
        "GetObjectVersion",
        "PutObject",
        "PutObjectAcl",
        "DeleteObject",
        "AbortMultipartUpload",
        "ListMultipartUploadParts",
    ]
    assert {f"s3:{action}" for action in actions if asked.may("job", f"s3:{action}", "datasets/raw/1")} == allowed
    assert not any(asked.may("job", f"s3:{action}", "datasets/other/1") for action in actions)


@pytest.mark.parametrize(
    ("listed", "allowed"),
    [("raw/", True), ("raw/2026/", True), ("raw", False), ("", False), ("rawhide/", False), ("Raw/", False)],
)
def test_a_listing_shows_only_what_is_below_the_prefix(listed: str, allowed: bool) -> None:
    asked = world("{bucket: datasets, prefix: raw/, access: read}")
    assert asked.may("job", "s3:ListBucket", "datasets", context=prefix(listed)) is allowed


def test_a_listing_that_names_no_prefix_is_refused() -> None:
    assert not world("{bucket: datasets, prefix: raw/, access: list}").may("job", "s3:ListBucket", "datasets")


def test_a_grant_of_the_whole_bucket_lists_all_of_it() -> None:
    assert world("{bucket: datasets, access: list}").may("job", "s3:ListBucket", "datasets")


@pytest.mark.parametrize("odd", ["a*b/", "a?b/", "a$b/", "${aws:username}/", "a[b]/", "50%/"])
def test_a_prefix_means_its_own_characters(odd: str) -> None:
    asked = world(f"{{bucket: datasets, prefix: '{odd}', access: read}}")
    assert asked.may("job", "s3:GetObject", f"datasets/{odd}1")
    assert asked.may("job", "s3:ListBucket", "datasets", context=prefix(odd))
    for other in ("axb/", "axxb/", "ab/"):
        assert not asked.may("job", "s3:GetObject", f"datasets/{other}1")
        assert not asked.may("job", "s3:ListBucket", "datasets", context=prefix(other))


def test_one_object_is_granted_by_its_key() -> None:
    asked = world("{bucket: datasets, key: models/latest.pt, access: read}")
    assert asked.may("job", "s3:GetObject", "datasets/models/latest.pt")
    assert not asked.may("job", "s3:GetObject", "datasets/models/latest.pt2")
    assert not asked.may("job", "s3:ListBucket", "datasets", context=prefix("models/latest.pt"))


def test_versions_are_granted_where_they_are_declared() -> None:
    asked = world("{bucket: datasets, prefix: raw/, access: [read, delete], versions: true}")
    assert asked.may("job", "s3:GetObjectVersion", "datasets/raw/1")
    assert asked.may("job", "s3:DeleteObjectVersion", "datasets/raw/1")
    assert asked.may("job", "s3:ListBucketVersions", "datasets", context=prefix("raw/"))
    assert not asked.may("job", "s3:ListBucketVersions", "datasets", context=prefix(""))


def test_exact_actions_are_granted_on_their_own_resource() -> None:
    asked = world("{bucket: datasets, prefix: raw/, actions: [s3:GetObjectTagging]}", "{bucket: vault, actions: [s3:GetBucketLocation]}")
    assert asked.may("job", "s3:GetObjectTagging", "datasets/raw/1")
    assert not asked.may("job", "s3:GetObject", "datasets/raw/1")
    assert asked.may("job", "s3:GetBucketLocation", "vault")
    assert not asked.may("job", "s3:GetBucketLocation", "datasets")


def test_object_tags_limit_reading() -> None:
    asked = world("{bucket: datasets, prefix: raw/, access: read, object_tags: {class: public}}")
    assert asked.may("job", "s3:GetObject", "datasets/raw/1", context={"s3:ExistingObjectTag/class": "public"})
    assert not asked.may("job", "s3:GetObject", "datasets/raw/1", context={"s3:ExistingObjectTag/class": "secret"})
    assert not asked.may("job", "s3:GetObject", "datasets/raw/1")


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ("vpc_endpoints: vpce-1a", {"aws:SourceVpce": "vpce-1a"}, {"aws:SourceVpce": "vpce-2b"}),
        ("networks: [203.0.113.0/24]", {"aws:SourceIp": "203.0.113.7"}, {"aws:SourceIp": "198.51.100.7"}),
        (
            "not_before: 2026-01-01T00:00:00Z",
            {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
            {"aws:CurrentTime": "2025-12-31T23:59:59Z"},
        ),
        (
            "not_after: 2026-01-01T02:00:00+02:00",
            {"aws:CurrentTime": "2025-12-31T23:59:59Z"},
            {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
        ),
    ],
)
def test_a_grant_holds_only_where_and_when_it_is_declared(condition: str, good: dict[str, str], bad: dict[str, str]) -> None:
    asked = world(f"{{bucket: datasets, prefix: raw/, access: read, conditions: {{{condition}}}}}")
    for action, where, key in (("s3:GetObject", "datasets/raw/1", {}), ("s3:ListBucket", "datasets", prefix("raw/"))):
        assert asked.may("job", action, where, context={**good, **key})
        assert not asked.may("job", action, where, context={**bad, **key})
        assert not asked.may("job", action, where, context=key)


def test_through_an_access_point_and_not_around_it() -> None:
    asked = world("{bucket: datasets, prefix: raw/, access: read, access_point: lab}")
    point = "arn:aws:s3:eu-central-1:111122223333:accesspoint/lab"
    session = asked.session("job")
    assert asked.decision(session, "s3:GetObject", "datasets", resource=f"{point}/object/raw/1").allowed
    assert not asked.decision(session, "s3:GetObject", "datasets", resource=f"{point}/object/other/1").allowed
    assert asked.decision(session, "s3:GetObject", "datasets/raw/1", {"s3:DataAccessPointArn": point}).allowed
    assert not asked.decision(session, "s3:GetObject", "datasets/raw/1").allowed


VIA = {"kms:ViaService": "s3.eu-central-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::vault"}


@pytest.mark.parametrize(
    ("access", "allowed"),
    [("read", {"kms:Decrypt"}), ("write", {"kms:Decrypt", "kms:GenerateDataKey"}), ("delete", set()), ("list", set())],
)
def test_the_keys_actions_follow_the_grant(access: str, allowed: set[str]) -> None:
    asked = world(f"{{bucket: vault, prefix: raw/, access: {access}}}")
    session = asked.session("job")
    actions = ("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt", "kms:DescribeKey", "kms:CreateGrant")
    assert {action for action in actions if asked.decision(session, action, "vault", VIA, KEY_1).allowed} == allowed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        ("kms:ViaService", ""),
        ("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::other"),
        ("kms:EncryptionContext:aws:s3:arn", ""),
    ],
)
def test_the_key_is_used_only_through_s3_and_for_this_bucket(key: str, value: str) -> None:
    asked = world("{bucket: vault, prefix: raw/, access: read}")
    context = {name: text for name, text in {**VIA, key: value}.items() if text}
    assert not asked.decision(asked.session("job"), "kms:Decrypt", "vault", context, KEY_1).allowed


def test_without_a_bucket_key_the_encryption_context_is_the_object() -> None:
    asked = world("{bucket: plain, prefix: raw/, access: read}")
    key = "arn:aws:kms:eu-central-1:111122223333:key/2"
    context = {**VIA, "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::plain/raw/1"}
    assert asked.decision(asked.session("job"), "kms:Decrypt", "plain", context, key).allowed
    context["kms:EncryptionContext:aws:s3:arn"] = "arn:aws:s3:::plain/other/1"
    assert not asked.decision(asked.session("job"), "kms:Decrypt", "plain", context, key).allowed


TENANTS = (
    HEAD.replace("grants:", "session: {tags: [tenant]}\n    grants:") + "{bucket: datasets, prefix: tenants/, access: read, per: tenant}"
)


def test_a_tenant_reaches_its_own_folder_and_no_other() -> None:
    asked = World.of(TENANTS)
    acme = asked.session("job", {"tenant": "acme"})
    assert asked.may("job", "s3:GetObject", "datasets/tenants/acme/1", session=acme)
    assert asked.may("job", "s3:ListBucket", "datasets", session=acme, context=prefix("tenants/acme/"))
    for other in ("tenants/acme2/1", "tenants/emca/1", "tenants//1", "tenants/1", "acme/1", "tenants/*/1"):
        assert not asked.may("job", "s3:GetObject", f"datasets/{other}", session=acme)
    for listed in ("tenants/", "tenants/acme", "tenants/acme2/", ""):
        assert not asked.may("job", "s3:ListBucket", "datasets", session=acme, context=prefix(listed))


@pytest.mark.parametrize("tag", ["", "*", "?", "acme/inner", "ac*"])
def test_a_tag_that_is_empty_or_no_folder_opens_nothing(tag: str) -> None:
    asked = World.of(TENANTS)
    claims = asked.claims("job") | {"https://aws.amazon.com/tags": {"principal_tags": {"tenant": [tag]}}}
    assert not asked.assume("job", claims).allowed
    session = asked.session("job", {"tenant": "acme"})
    forged = replace(session, caller=replace(session.caller, tags={"tenant": tag}))
    for key in (f"tenants/{tag}/1", "tenants//1", "tenants/acme/inner/1", "tenants/other/1"):
        assert not asked.may("job", "s3:GetObject", f"datasets/{key}", session=forged)


def test_a_token_without_the_tenants_tag_opens_nothing() -> None:
    asked = World.of(TENANTS)
    assert not asked.assume("job", asked.claims("job")).allowed


@pytest.mark.parametrize(
    ("bucket", "named"),
    [
        ("encryption: kms", {"bucket"}),
        ("encryption: kms, bucket_key: false", {"object"}),
        ("encryption: kms, dsse: true", {"object"}),
        ("encryption: kms, encryption_context: both", {"bucket", "object"}),
        ("encryption: {KEY}, create: false, policy: none", {"bucket", "object"}),
        ("encryption: {KEY}, create: false, policy: none, bucket_key: false", {"bucket", "object"}),
        ("encryption: {KEY}, create: false, policy: none, encryption_context: bucket", {"bucket"}),
        ("encryption: {KEY}, account: '444455556666'", {"bucket", "object"}),
    ],
)
def test_keys_are_granted_for_what_s3_may_name_to_kms(bucket: str, named: set[str]) -> None:
    """An object keeps the setting of when it was written: of an existing bucket nobody knows which."""
    key = "arn:aws:kms:eu-central-1:111122223333:key/1"
    text = f"""
issuers: {{ci: {{preset: github}}}}
buckets: {{data: {{{bucket.replace("{KEY}", key)}}}}}
services:
  job:
    identity: {{issuer: ci, repository: acme/eval, branch: main}}
    grants: {{bucket: data, prefix: raw/, access: read}}
"""
    (statement,) = (
        traced.statement
        for policy in World.of(text).role("job").policies
        for traced in policy.document.statements
        if traced.statement.actions == ("kms:Decrypt",)
    )
    patterns = {"bucket": "arn:aws:s3:::data", "object": "arn:aws:s3:::data/raw/*"}
    (values,) = (line.values for line in statement.conditions if line.key == "kms:EncryptionContext:aws:s3:arn")
    assert set(values) == {patterns[name] for name in named}


@pytest.mark.parametrize(("access", "plain"), [("create", False), ("[create, write]", True), ("[create, read]", False)])
def test_creating_is_writing_that_s3_refuses_where_there_is_an_object(access: str, plain: bool) -> None:
    text = f"""
issuers: {{ci: {{preset: github}}}}
buckets: {{data: {{}}}}
services:
  job:
    identity: {{issuer: ci, repository: acme/eval, branch: main}}
    grants: {{bucket: data, prefix: raw/, access: {access}}}
"""
    puts = [
        {line.key: (line.operator, line.values) for line in traced.statement.conditions}
        for policy in World.of(text).role("job").policies
        for traced in policy.document.statements
        if "s3:PutObject" in (traced.statement.actions or ())
    ]
    conditional = [{"s3:ObjectCreationOperation": ("Bool", ("false",))}, {"s3:if-none-match": ("Null", ("false",))}]
    assert sorted(puts, key=str) == ([{}] if plain else sorted(conditional, key=str))


HEAD_BUCKET: dict[str, str] = {}


@pytest.mark.parametrize(
    ("needs", "names", "allowed"),
    [
        ("listing: exact", [], False),
        ("listing: folder", ["team/raw"], False),
        ("listing: bucket-root", ["team/raw"], False),
        ("head: true", [], True),
        ("clients: s3fs", ["team/raw"], True),
    ],
)
def test_clients_see_the_folder_by_its_name_and_the_bucket_only_where_that_is_declared(needs: str, names: list[str], allowed: bool) -> None:
    asked = world(f"{{bucket: datasets, prefix: team/raw/, access: read, {needs}}}")
    tried = ("team/raw", "team/ra", "team/rawhide", "team/", "")
    assert [text for text in tried if text and asked.may("job", "s3:ListBucket", "datasets", context=prefix(text))] == names
    assert asked.may("job", "s3:ListBucket", "datasets", context=HEAD_BUCKET) is allowed
    assert asked.may("job", "s3:ListBucket", "datasets", context=prefix("")) is allowed
    assert not asked.may("job", "s3:ListBucket", "datasets", context={"s3:max-keys": "2"})
    assert asked.may("job", "s3:GetObject", "datasets/team/raw") is bool(names)
    assert not asked.may("job", "s3:GetObject", "datasets/team/other/1")


def test_the_bucket_root_is_seen_level_by_level() -> None:
    asked = world("{bucket: datasets, prefix: a/b/raw/, access: list, listing: bucket-root}")
    seen = [text for text in ("", "a/", "a/b/", "a/other/", "a") if asked.may("job", "s3:ListBucket", "datasets", context=levels(text))]
    assert seen == ["", "a/", "a/b/"]
    assert asked.may("job", "s3:ListBucket", "datasets", context={"s3:delimiter": "/"})
    assert not asked.may("job", "s3:ListBucket", "datasets", context=prefix("a/"))


def levels(text: str) -> dict[str, str]:
    return {**prefix(text), "s3:delimiter": "/"}


def test_arrow_puts_empty_objects_for_the_folders_on_the_way_and_nothing_else() -> None:
    asked = world("{bucket: datasets, prefix: a/b/raw/, access: write, clients: arrow}", "{bucket: datasets, prefix: x/y/, access: write}")
    tried = ("a/", "a/b/", "a/b/raw/", "a", "a/b", "a/1", "x/", "/")
    assert [key for key in tried if asked.may("job", "s3:PutObject", f"datasets/{key}")] == ["a/", "a/b/", "a/b/raw/"]
    assert not asked.may("job", "s3:DeleteObject", "datasets/a/")


def test_patterns_narrow_a_prefix_to_the_keys_that_match() -> None:
    asked = world('{bucket: datasets, prefix: raw/, access: [read, delete], keys: ["*.csv", "2026-?/", "$a*"]}')
    tried = ("raw/1.csv", "raw/x/1.csv", "raw/2026-1/x", "raw/$a1", "raw/1.tmp", "raw/2026-12/x", "1.csv", "other/1.csv")
    assert [key for key in tried if asked.may("job", "s3:GetObject", f"datasets/{key}")] == list(tried[:4])
    assert [key for key in tried if asked.may("job", "s3:DeleteObject", f"datasets/{key}")] == list(tried[:4])


@pytest.mark.parametrize(
    ("keys", "listed", "allowed"),
    [("2026-??.csv", "raw/2026-", True), ("2026-??.csv", "raw/", False), ("2026/", "raw/2026/", True), ("*.csv", "raw/", True)],
)
def test_a_listing_follows_a_pattern_up_to_its_first_wildcard(keys: str, listed: str, allowed: bool) -> None:
    asked = world(f'{{bucket: datasets, prefix: raw/, access: read, keys: "{keys}"}}')
    assert asked.may("job", "s3:ListBucket", "datasets", context=prefix(listed)) is allowed


def test_what_is_excluded_is_out_of_reach_for_every_grant_of_the_service() -> None:
    asked = world(
        '{bucket: datasets, prefix: raw/, access: [read, write], exclude: [private/, "*.key"]}',
        "{bucket: datasets, prefix: raw/x/, access: read}",
    )
    tried = ("raw/1", "raw/x/1", "raw/private", "raw/private/1", "raw/x/1.key", "other/1.key")
    assert [key for key in tried if asked.may("job", "s3:GetObject", f"datasets/{key}")] == ["raw/1", "raw/x/1", "raw/private"]


def test_each_tenant_has_its_own_exclusions() -> None:
    asked = world('{bucket: datasets, prefix: t/, access: read, per: tenant, keys: "*.csv", exclude: private/}')
    acme = asked.session("job", {"tenant": "acme"})
    tried = ("t/acme/1.csv", "t/acme/1", "t/acme/private/1.csv", "t/other/1.csv")
    assert [key for key in tried if asked.may("job", "s3:GetObject", f"datasets/{key}", session=acme)] == ["t/acme/1.csv"]


def test_data_keys_of_objects_are_each_tenants_own_where_kms_is_told_the_object() -> None:
    asked = world("{bucket: plain, prefix: t/, access: read, per: tenant}")
    acme = asked.session("job", {"tenant": "acme"})

    def may(key: str) -> bool:
        told = {"kms:ViaService": "s3.eu-central-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::plain/{key}"}
        return asked.decision(acme, "kms:Decrypt", "plain/", told, resource=KEY_1.replace("key/1", "key/2")).allowed

    assert [key for key in ("t/acme/1", "t/other/1", "t/acme2/1", "") if may(key)] == ["t/acme/1"]


def test_a_key_is_used_through_s3_of_its_buckets_own_region() -> None:
    far = HEAD.replace("{access_points: [lab]}", "{encryption: kms, region: us-west-2, regional: true, access_points: [lab]}")
    made = World.of(far + "{bucket: datasets, prefix: raw/, access: read}")
    bucket, (key,) = made.bucket("datasets"), made.plan.keys
    assert (bucket.region, key.region, bucket.bucket) == ("us-west-2", "us-west-2", f"datasets-{TARGET.account}-us-west-2-an")
    assert bucket.access_points[0].arn == f"arn:aws:s3:us-west-2:{TARGET.account}:accesspoint/lab"
    statements = made.role("job").policies[0].document.document.statements
    endpoints = [line.values for statement in statements for line in statement.conditions if line.key == "kms:ViaService"]
    assert endpoints == [("s3.us-west-2.amazonaws.com",)]


@pytest.mark.parametrize("access", ["write", "create"])
def test_an_upload_brings_the_tags_that_are_demanded(access: str) -> None:
    asked = world(f"{{bucket: datasets, prefix: raw/, access: {access}, upload_tags: {{team: ml, cost: '4'}}, clients: arrow}}")
    new = {"s3:if-none-match": "*", "s3:ObjectCreationOperation": "true"}
    both = {"s3:RequestObjectTag/team": "ml", "s3:RequestObjectTag/cost": "4"}
    assert asked.may("job", "s3:PutObject", "datasets/raw/x", context={**new, **both})
    assert asked.may("job", "s3:PutObjectTagging", "datasets/raw/x", context=both)
    assert asked.may("job", "s3:AbortMultipartUpload", "datasets/raw/x")
    for context in (new, {**new, "s3:RequestObjectTag/team": "ml"}, {**new, **both, "s3:RequestObjectTag/team": "other"}):
        assert not asked.may("job", "s3:PutObject", "datasets/raw/x", context=context)
        assert not asked.may("job", "s3:PutObjectTagging", "datasets/raw/x", context=context)
    assert not asked.may("job", "s3:PutObject", "datasets/other/x", context={**new, **both})


def test_an_access_point_of_a_vpc_is_for_requests_from_it() -> None:
    head = HEAD.replace("{access_points: [lab]}", "{vpc_access_points: {inside: vpc-0a1b}}")
    made = World.of(head + "{bucket: datasets, prefix: raw/, access: read, access_point: inside}")
    (point,) = made.bucket("datasets").access_points
    assert (point.name, point.vpc) == ("inside", "vpc-0a1b")
    through = {"s3:DataAccessPointArn": point.arn}
    for vpc, allowed in (("vpc-0a1b", True), ("vpc-0a1c", False), (None, False)):
        context = through if vpc is None else {**through, "aws:SourceVpc": vpc}
        assert made.may("job", "s3:GetObject", "datasets/raw/x", context=context) == allowed
    resource = f"{point.arn}/object/raw/x"
    answers = [
        made.decision(made.session("job"), "s3:GetObject", "datasets/raw/x", {"aws:SourceVpc": v}, resource) for v in ("vpc-0a1b", "x")
    ]
    assert [answer.allowed for answer in answers] == [True, False]
    (resource_made,) = (one for one in blueprint_of(made.plan).resources if one.kind == "s3.AccessPoint")
    assert resource_made.arguments["vpc_configuration"] == {"vpc_id": "vpc-0a1b"}
