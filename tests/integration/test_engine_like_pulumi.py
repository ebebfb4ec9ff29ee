"""Where the embedded engine has to do what Pulumi's does: each test a program that Pulumi takes, or refuses with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import Project, good
from tests.json_outputs import validated

from bucketpass.cli.main import main
from bucketpass.provision.embedded import Endpoint, RunResult, StepOperation
from bucketpass.provision.embedded.endpoint import RegionClients

pytestmark = pytest.mark.slow


def refused(result: RunResult) -> str:
    """All that a run that failed says."""
    assert not result.ok
    return "\n".join(
        [result.error, *(f"{step.name} {step.position}: {step.reason}" for step in result.failed), *(m.text for m in result.messages)]
    )


PROVIDER = """
issuer = aws.iam.OpenIdConnectProvider("issuer", url="https://acme.okta.com/oauth2/like", client_id_lists=[{clients}])
trust = issuer.url.apply(lambda url: json.dumps({{"Version": "2012-10-17", "Statement": [{{
    "Effect": "Allow", "Principal": {{"Federated": "arn:aws:iam::111122223333:oidc-provider/acme.okta.com/oauth2/like"}},
    "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {{"StringEquals": {{url + ":sub": "x", url + ":aud": "a"}}}}}}]}}))
role = aws.iam.Role("r", assume_role_policy=trust)
pulumi.export("url", issuer.url)
pulumi.export("role", role.name)
"""


def test_what_aws_made_of_an_input_stays_after_a_change_of_another(project: Project, aws: RegionClients) -> None:
    first = good(project.up(PROVIDER.format(clients='"a"')))
    second = good(project.up(PROVIDER.format(clients='"a", "b"')))
    assert first.outputs["url"] == second.outputs["url"] == "acme.okta.com/oauth2/like"
    trust: Any = aws.iam.get_role(RoleName=str(second.outputs["role"]))["Role"]["AssumeRolePolicyDocument"]
    assert "https://" not in json.dumps(trust)


SETTINGS = """
data = aws.s3.Bucket("data", bucket="drift-data", versioning={"enabled": True})
logs = aws.s3.Bucket("logs", bucket="drift-logs")
aws.s3.BucketLogging("log", bucket=data.id, target_bucket=logs.id, target_prefix="of/")
queue = "arn:aws:sqs:us-east-1:111122223333:arrived"
aws.s3.BucketNotification("events", bucket=data.id, queues=[{"queue_arn": queue, "events": ["s3:ObjectCreated:*"]}])
"""


def test_a_setting_that_somebody_took_off_is_drift_and_comes_back(project: Project, aws: RegionClients) -> None:
    s3: Any = aws.s3
    good(project.up(SETTINGS))
    assert set(good(project.up(SETTINGS)).counts) == {StepOperation.SAME}
    s3.put_bucket_versioning(Bucket="drift-data", VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_logging(Bucket="drift-data", BucketLoggingStatus={})
    s3.put_bucket_notification_configuration(Bucket="drift-data", NotificationConfiguration={})
    result = good(project.up(SETTINGS))
    drift = {step.name for step in result.steps if step.operation is StepOperation.REFRESH}
    assert drift == {"data", "log", "events"}
    assert s3.get_bucket_versioning(Bucket="drift-data")["Status"] == "Enabled"
    assert s3.get_bucket_logging(Bucket="drift-data")["LoggingEnabled"]["TargetPrefix"] == "of/"
    assert len(s3.get_bucket_notification_configuration(Bucket="drift-data")["QueueConfigurations"]) == 1
    assert set(good(project.up(SETTINGS)).counts) == {StepOperation.SAME}


def test_two_resources_with_one_urn_fail(project: Project) -> None:
    for run in (project.preview, project.up):
        said = refused(run('aws.s3.Bucket("b", bucket="one-urn-a")\naws.s3.Bucket("b", bucket="one-urn-b")\n'))
        assert "two resources have the URN" in said


COMPONENT = """
class Group(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("test:index:Group", name, None, opts)
        self.bucket = aws.s3.Bucket(f"{{name}}-data" if {full} else "data", bucket="aliased-data", opts=pulumi.ResourceOptions(parent=self))

group = Group("{name}", pulumi.ResourceOptions(aliases=[{aliases}]))
pulumi.export("arn", group.bucket.arn)
"""


@pytest.mark.parametrize("full", [False, True])
def test_the_aliases_of_a_component_are_those_of_its_children(project: Project, full: bool) -> None:
    good(project.up(COMPONENT.format(name="old", aliases="", full=full)))
    again = good(project.up(COMPONENT.format(name="new", aliases='pulumi.Alias(name="old")', full=full)))
    assert {operation.value for operation in again.counts} == {"same"}
    typed = COMPONENT.replace("test:index:Group", "test:index:Team").format(
        name="new", aliases='pulumi.Alias(type_="test:index:Group")', full=full
    )
    assert {operation.value for operation in good(project.up(typed)).counts} == {"same"}


def test_what_is_read_by_an_id_that_is_not_known_yet_is_unknown_in_a_preview(project: Project) -> None:
    text = """
    bucket = aws.s3.Bucket("b")
    seen = aws.s3.Bucket.get("seen", bucket.id)
    pulumi.export("arn", seen.arn)
    """
    assert str(good(project.preview(text)).outputs["arn"]) == "Unknown.UNKNOWN"
    assert str(good(project.up(text)).outputs["arn"]).startswith("arn:aws:s3:::b-")


def test_the_default_providers_configuration_is_heeded_or_told(project: Project, aws: RegionClients) -> None:
    project.settings = {
        "aws:defaultTags": {"tags": {"team": "ml"}},
        "aws:allowedAccountIds": ["111122223333"],
        "aws:profile": "production",
    }
    made = good(project.up('aws.s3.Bucket("b", bucket="with-default-tags")\n'))
    assert aws.s3.get_bucket_tagging(Bucket="with-default-tags")["TagSet"] == [{"Key": "team", "Value": "ml"}]
    assert any("`aws:profile` has no effect here" in message.text for message in made.messages)
    project.settings = {"aws:allowedAccountIds": '["999988887777"]'}
    with pytest.raises(Exception, match="does not allow the account 111122223333"):
        project.up("")


def test_an_explicit_provider_may_name_the_accounts_too(project: Project) -> None:
    text = """
    other = aws.Provider("other", region="eu-central-1", allowed_account_ids=["999988887777"])
    aws.s3.Bucket("b", bucket="not-there", opts=pulumi.ResourceOptions(provider=other))
    """
    assert "does not allow the account 111122223333" in refused(project.up(text))


def test_iam_is_one_for_all_regions(project: Project, aws: RegionClients) -> None:
    text = """
    west = aws.Provider("west", region="us-west-2")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    aws.iam.Role("r", name="like-pulumi-far", assume_role_policy=trust, opts=pulumi.ResourceOptions(provider=west))
    """
    good(project.up(text))
    assert aws.iam.get_role(RoleName="like-pulumi-far")


def test_a_lifecycle_rule_without_a_filter_is_for_all_objects(project: Project, aws: RegionClients) -> None:
    text = """
    bucket = aws.s3.Bucket("b", bucket="lifecycle-of-all")
    rule = {"id": "all", "status": "Enabled", "expiration": {"days": 9}}
    aws.s3.BucketLifecycleConfiguration("l", bucket=bucket.id, rules=[rule])
    """
    good(project.up(text))
    rules: Any = aws.s3.get_bucket_lifecycle_configuration(Bucket="lifecycle-of-all")["Rules"]
    assert [(rule["ID"], rule["Filter"]) for rule in rules] == [("all", {"Prefix": ""})]
    assert {operation.value for operation in good(project.up(text)).counts} == {"same"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'aws.s3.BucketLifecycleConfiguration("l", bucket="x", rules=[{"id": "a", "statuss": "Enabled"}])',
            "`rules[0].statuss` is not known",
        ),
        ('aws.s3.BucketVersioning("v", bucket="x", versioning_configuration={"state": "Enabled"})', "`state` is not known"),
        (
            'aws.s3.BucketServerSideEncryptionConfiguration("e", bucket="x", '
            'rules=[{"applyServerSideEncryptionByDefault": {"algorithm": "aws:kms"}}])',
            "`rules[0].applyServerSideEncryptionByDefault.algorithm` is not known",
        ),
    ],
)
def test_nested_names_that_aws_does_not_know_are_told_by_the_preview(project: Project, text: str, words: str) -> None:
    assert words in refused(project.preview(text))


def test_a_type_that_is_not_known_stops_a_run_before_its_first_change(project: Project, aws: RegionClients) -> None:
    text = """
    bucket = aws.s3.Bucket("b", bucket="made-too-early")
    aws.sqs.Queue("q", name=bucket.id)
    """
    said = refused(project.up(text))
    assert "resource type `aws:sqs/queue:Queue` is not supported" in said
    assert "q __main__.py:6:" in said
    assert "nothing was changed" in said
    assert "made-too-early" not in [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]


def test_dynamic_providers_and_archives_are_refused_with_reason_and_line(project: Project) -> None:
    dynamic = """
    from pulumi.dynamic import Resource, ResourceProvider, CreateResult
    class Maker(ResourceProvider):
        def create(self, props):
            return CreateResult("id", {})
    class Made(Resource):
        def __init__(self, name):
            super().__init__(Maker(), name, {})
    Made("made")
    """
    said = refused(project.up(dynamic))
    assert "a dynamic provider: code of the program" in said
    archive = 'aws.s3.BucketObject("o", bucket="x", key="k", source=pulumi.FileArchive("."))'
    said = refused(project.up(archive))
    assert "`o` of type `aws:s3/bucketObject:BucketObject` (__main__.py:4): archives are not supported" in said


def test_secrets_are_shown_only_where_a_person_asks(
    project: Project, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project.load('pulumi.export("word", pulumi.Output.secret("swordfish"))')
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", endpoint.access_key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", endpoint.secret_access_key.reveal())
    monkeypatch.setenv("AWS_CA_BUNDLE", str(endpoint.ca_bundle))
    words = ["up", "--to", endpoint.url, "--program", str(project.folder)]
    assert main(words) == 0
    assert main([*words, "--json"]) == 0
    assert "swordfish" not in capsys.readouterr().out
    assert main([*words, "--show-secrets"]) == 0
    assert "swordfish" in capsys.readouterr().out
    assert main([*words, "--show-secrets", "--json"]) == 0
    assert validated(capsys.readouterr().out)["outputs"] == {"word": "swordfish"}


def test_a_record_that_cannot_be_read_is_told_and_the_state_before_is_kept(project: Project) -> None:
    program, stack = project.load('aws.s3.Bucket("b", bucket="kept-before")\n')
    good(project.engine.up(program, stack))
    before = stack.file.read_text()
    good(project.up('aws.s3.Bucket("b", bucket="kept-before", tags={"a": "1"})\n'))
    assert stack.file.with_suffix(".bak").read_text() == before
    broken = json.loads(stack.file.read_text())
    key, record = next((key, record) for key, record in broken["records, format 1"].items() if "Bucket" in key)
    del record["type"]
    whole = stack.file.read_text()
    stack.file.write_text(json.dumps(broken))
    with pytest.raises(Exception, match=r"a record that cannot be read: `live urn:.*expected an object with `urn`, `type` and `name`"):
        project.preview("")
    assert key
    stack.file.write_text(whole)


def test_users_keys_profiles_objects_and_cors_are_made_and_gone_again(project: Project, aws: RegionClients, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("content")
    text = """
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
    user = aws.iam.User("u", name="like-pulumi-user")
    aws.iam.UserPolicy("up", user=user.name, policy=json.dumps(allow))
    key = aws.iam.AccessKey("k", user=user.name)
    role = aws.iam.Role("r", name="like-pulumi-profile", assume_role_policy=trust)
    inline = aws.iam.RolePolicy("rp", role=role.name, name="only", policy=json.dumps(allow))
    aws.iam.RolePoliciesExclusive("x", role_name=role.name, policy_names=[inline.name])
    bucket = aws.s3.Bucket("b", bucket="like-pulumi-objects")
    aws.s3.BucketObject("o", bucket=bucket.id, key="data.txt", source=pulumi.FileAsset("data.txt"))
    aws.s3.BucketCorsConfiguration("c", bucket=bucket.id, cors_rules=[
        aws.s3.BucketCorsConfigurationCorsRuleArgs(allowed_methods=["GET"], allowed_origins=["https://acme.io"])])
    pulumi.export("secret", key.secret)
    pulumi.export("owner", aws.s3.get_canonical_user_id().id)
    """
    made = good(project.up(text))
    assert repr(made.outputs["secret"]) == "Hidden('***')"
    assert aws.s3.get_object(Bucket="like-pulumi-objects", Key="data.txt")["Body"].read() == b"content"
    assert {operation.value for operation in good(project.up(text)).counts} == {"same"}
    (tmp_path / "data.txt").write_text("changed")
    assert project.up(text).counts[StepOperation.UPDATE] == 1
    assert aws.s3.get_object(Bucket="like-pulumi-objects", Key="data.txt")["Body"].read() == b"changed"


def test_resources_of_identity_providers_stop_a_run_before_anything_is_made(project: Project, aws: RegionClients) -> None:
    text = """
    aws.s3.Bucket("b", bucket="before-keycloak")
    class Client(pulumi.CustomResource):
        def __init__(self, name):
            super().__init__("keycloak:openid/client:Client", name, {"realmId": "ai"})
    Client("trainer")
    """
    said = refused(project.up(text))
    assert "`keycloak:openid/client:Client` is a resource of the package `keycloak`" in said
    assert "before-keycloak" not in [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]]
