"""The embedded engine with real programs, in their own process, against the sandbox over the wire."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engine_project import Project, good

from bucketpass import load
from bucketpass.errors import ProvisionError
from bucketpass.provision.embedded import Endpoint, Engine, Phase, Program, RunResult, Stack, StepOperation, shown
from bucketpass.provision.embedded.endpoint import RegionClients
from bucketpass.provision.embedded.sealing import sealer_of_passphrase
from bucketpass.provision.embedded.values import reveal
from bucketpass.sandbox import SandboxOptions
from bucketpass.secret import Secret

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def sandbox_options() -> SandboxOptions:
    return SandboxOptions(access=load(EXAMPLES / "access.yaml"))


def steps(result: RunResult) -> dict[str, tuple[str, str]]:
    return {step.name: (step.operation.value, step.phase.value) for step in result.steps if step.type != "pulumi:pulumi:Stack"}


def role(arguments: str = "") -> str:
    return f"""
trust = {{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": {{"AWS": "*"}}, "Action": "sts:AssumeRole"}}]}}
role = aws.iam.Role("r", assume_role_policy=trust, {arguments})
"""


def test_the_classic_program_runs_unmodified_from_preview_to_the_end(engine: Engine, aws: RegionClients, tmp_path: Path) -> None:
    program = Program.load(EXAMPLES / "classic", "dev")
    stack = Stack(Stack.of(program).name, tmp_path)
    planned = engine.preview(program, stack)
    assert planned.ok
    assert {step.phase for step in planned.steps} == {Phase.PLANNED}
    assert set(map(str, planned.outputs.values())) == {"Unknown.UNKNOWN"}
    made = engine.up(program, stack)
    good(made)
    role = aws.iam.get_role(RoleName=str(made.outputs["role_arn"]).rpartition("/")[2])["Role"]
    trust = role["AssumeRolePolicyDocument"]
    assert '"acme.okta.com/oauth2/default:sub": "0oa1trainer"' in json.dumps(trust)
    aws.s3.head_bucket(Bucket=str(made.outputs["bucket_name"]))
    again = engine.up(program, stack)
    assert dict(again.counts) == {StepOperation.SAME: len(made.steps)}
    assert again.outputs == made.outputs
    gone = engine.destroy(stack)
    assert (gone.ok, dict(gone.counts)) == (True, {StepOperation.DELETE: len(made.steps)})
    assert json.loads(stack.file.read_text()) == {"records, format 1": {}}


def test_the_example_of_the_readme_makes_all_that_it_declares(engine: Engine, aws: RegionClients, tmp_path: Path) -> None:
    program = Program.load(EXAMPLES, "dev")
    stack = Stack(Stack.of(program).name, tmp_path)
    made = engine.up(program, stack)
    good(made)
    assert shown(made.outputs["bucket_names"]) == {"datasets": "datasets"}
    assert dict(engine.up(program, stack).counts) == {StepOperation.SAME: len(made.steps)}
    drift = [change.path for step in good(engine.refresh(stack)).steps for change in step.changes]
    assert drift == []
    policy = json.loads(aws.s3.get_bucket_policy(Bucket="datasets")["Policy"])
    key = aws.kms.describe_key(KeyId="alias/bucketpass-datasets")["KeyMetadata"]["Arn"]
    assert key in json.dumps(policy)
    assert "{{key" not in json.dumps(policy)
    good(engine.destroy(stack))


def test_changes_are_made_in_place_and_shown_property_by_property(project: Project, aws: RegionClients) -> None:
    def text(tag: str) -> str:
        return role(f'description="one", tags={{"a": "{tag}"}}') + 'pulumi.export("name", role.name)\n'

    name = str(project.up(text("1")).outputs["name"])
    planned = project.preview(text("2"))
    (change,) = next(step for step in planned.steps if step.name == "r").changes
    assert (change.path, change.old, change.new, change.replaces) == ("tags.a", "1", "2", False)
    assert project.up(text("2")).outputs["name"] == name
    assert aws.iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "a", "Value": "2"}]


def test_a_replacement_takes_its_dependents_along(project: Project, aws: RegionClients) -> None:
    def text(path: str) -> str:
        return (
            role(f'name="fixed-name", path="/{path}/"')
            + """
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
aws.iam.RolePolicy("p", role=role.id, policy=json.dumps(allow))
pulumi.export("arn", role.arn)
"""
        )

    good(project.up(text("one")))
    planned = project.preview(text("two"))
    assert steps(planned)["r"] == ("replace", "planned")
    done = project.up(text("two"))
    good(done)
    assert steps(done) == {"r": ("replace", "done"), "p": ("replace", "done")}
    assert str(done.outputs["arn"]).endswith("role/two/fixed-name")
    assert len(aws.iam.list_role_policies(RoleName="fixed-name")["PolicyNames"]) == 1


def test_a_failure_says_what_was_made_and_what_not_and_a_rerun_goes_on(project: Project, aws: RegionClients) -> None:
    text = """
    issuer = aws.iam.OpenIdConnectProvider("i", url="https://issuer.example/{0}", client_id_lists=["a"])
    allow = {{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}}]}}
    role = aws.iam.Role("r", assume_role_policy={1}, opts=pulumi.ResourceOptions(depends_on=[issuer]))
    aws.iam.RolePolicy("x", role=role.name, policy=allow)
    pulumi.export("role", role.name)
    """
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    failed = project.up(text.format("a", "'no json'"))
    assert not failed.ok
    assert steps(failed) == {"i": ("create", "done"), "r": ("create", "failed"), "x": ("create", "not made")}
    assert "MalformedPolicyDocument" in failed.failed[0].reason
    mended = project.up(text.format("a", trust))
    good(mended)
    assert steps(mended) == {"i": ("same", "done"), "r": ("create", "done"), "x": ("create", "done")}


def test_an_unsupported_type_or_property_is_one_clear_error(project: Project) -> None:
    refused = project.up('aws.sqs.Queue("jobs")\naws.s3.Bucket("b", website={"index_document": "x"})\n')
    reasons = " ".join(step.reason for step in refused.failed)
    assert "resource type `aws:sqs/queue:Queue` is not supported by the embedded engine" in reasons
    assert "`aws:iam/role:Role`" in reasons
    assert "property `website` of `aws:s3/bucket:Bucket` is not supported" in reasons


def test_a_program_that_raises_is_shown_where_it_did_and_deletes_nothing(project: Project) -> None:
    project.up(role())
    broken = project.up('print("before")\nraise ValueError("my own mistake")\n')
    words = [message.text for message in broken.messages]
    assert "before" in words
    assert "ValueError: my own mistake" in words
    assert not any("runner.py" in line for line in words)
    assert (broken.ok, broken.exit_code) == (False, 1)
    assert dict(project.up(role()).counts) == {StepOperation.SAME: 2}


@pytest.mark.parametrize(
    "ending", ["import sys; sys.exit(0)", "import os; os._exit(0)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_program_that_ends_early_deletes_nothing_however_it_ends(project: Project, ending: str) -> None:
    good(project.up(role()))
    early = project.up(ending + "\n")
    assert (early.ok, early.exit_code != 0) == (False, True)
    assert "ended early" in early.error
    assert dict(project.up(role()).counts) == {StepOperation.SAME: 2}


def test_configuration_secrets_functions_and_transforms_work_as_in_pulumi(project: Project, aws: RegionClients) -> None:
    project.settings = {"aws:region": "us-east-1", "size": 3}
    done = project.up(
        """
        def tag(args):
            args.props["tags"] = {**args.props.get("tags", {}), "owner": "platform"}
            return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)

        pulumi.runtime.register_resource_transform(lambda args: tag(args) if args.type_.endswith("Bucket") else None)
        config = pulumi.Config()
        who = aws.get_caller_identity()
        document = aws.iam.get_policy_document(statements=[{"actions": ["s3:GetObject"], "resources": ["*"]}])
        bucket = aws.s3.Bucket("b", tags={"size": config.require("size")})
        policy = aws.iam.Policy("p", policy=document.json, description=pulumi.Output.secret("swordfish"))
        look = aws.s3.Bucket.get("same", bucket.id)
        pulumi.export("bucket", bucket.id)
        pulumi.export("account", who.account_id)
        pulumi.export("secret", policy.description)
        pulumi.export("looked", look.arn)
        pulumi.export("json", pulumi.Output.json_dumps({"arn": bucket.arn}))
        """
    )
    good(done)
    tags = aws.s3.get_bucket_tagging(Bucket=str(done.outputs["bucket"]))["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"size": "3", "owner": "platform"}
    assert shown(done.outputs["secret"]) == "[secret]"
    assert json.loads(str(done.outputs["json"])) == {"arn": done.outputs["looked"]}
    written = [file for file in (project.folder / ".bucketpass").rglob("*") if file.is_file()]
    assert written
    assert not any(b"swordfish" in file.read_bytes() for file in written)


def test_no_key_of_the_endpoint_reaches_the_program(project: Project, monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", endpoint.secret_access_key.reveal())
    with Engine(endpoint) as fresh:
        program, stack = project.load('import os\nprint(sorted(os.environ.items()))\nprint(open("/proc/self/cmdline").read())\n')
        told = fresh.up(program, stack)
    assert told.messages
    assert not any(endpoint.secret_access_key.reveal() in message.text for message in told.messages)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "the key is its administrator's"),
        ({"ca_bundle": None}, "AWS_CA_BUNDLE"),
        ({"url": "https://localhost:1"}, "see that it is running"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_told_with_the_remedy(
    project: Project, endpoint: Endpoint, changes: dict[str, Any], remedy: str
) -> None:
    program, stack = project.load(role())
    with Engine(replace(endpoint, **changes)) as engine, pytest.raises(ProvisionError, match=remedy):
        engine.up(program, stack)


def test_a_component_program_and_explicit_providers_work(project: Project) -> None:
    done = project.up(
        """
        other = aws.Provider("other", region="us-east-1", default_tags={"tags": {"team": "ai"}}, access_key="x", secret_key="hush-hush")

        class Pair(pulumi.ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("my:index:Pair", name, None, opts)
                self.bucket = aws.s3.Bucket(f"{name}-b", opts=pulumi.ResourceOptions(parent=self))
                self.register_outputs({"bucket": self.bucket.id})

        pair = Pair("pair", pulumi.ResourceOptions(providers=[other]))
        pulumi.export("region", pair.bucket.region)
        pulumi.export("tags", pair.bucket.tags_all)
        """
    )
    good(done)
    assert (done.outputs["region"], shown(done.outputs["tags"])) == ("us-east-1", {"team": "ai"})
    assert not any(b"hush-hush" in file.read_bytes() for file in (project.folder / ".bucketpass").rglob("*") if file.is_file())


def test_two_runs_of_one_stack_at_a_time_are_refused(project: Project, engine: Engine) -> None:
    from bucketpass.errors import ProvisionError
    from bucketpass.provision.embedded.journal import Journal

    program, stack = project.load("")
    with Journal(stack.file), pytest.raises(ProvisionError, match="in use by another run"):
        engine.up(program, stack)


def test_drift_is_shown_and_put_right(project: Project, aws: RegionClients) -> None:
    text = (
        role('tags={"a": "1"}')
        + """
bucket = aws.s3.Bucket("b")
aws.s3.BucketVersioning("v", bucket=bucket.id, versioning_configuration={"status": "Enabled"})
pulumi.export("role", role.name)
pulumi.export("bucket", bucket.id)
"""
    )
    made = good(project.up(text))
    name, bucket = str(made.outputs["role"]), str(made.outputs["bucket"])
    assert good(project.engine.refresh(project.load(text)[1])).steps == ()
    aws.iam.tag_role(RoleName=name, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    aws.iam.update_role(RoleName=name, Description="somebody was here")
    aws.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    program, stack = project.load(text)
    seen = good(project.engine.preview(program, stack, refreshed=True))
    changes = {(step.operation, change.path, change.old, change.new) for step in seen.steps for change in step.changes}
    assert (StepOperation.UPDATE, "tags.a", "2", "1") in changes
    assert (StepOperation.UPDATE, "description", "somebody was here", None) in changes
    assert (StepOperation.UPDATE, "versioningConfiguration.status", "Suspended", "Enabled") in changes
    good(project.engine.up(program, stack, refreshed=True))
    assert aws.iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "a", "Value": "1"}]
    assert aws.s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert good(project.engine.refresh(stack)).steps == ()


def test_a_policy_that_names_a_role_which_was_deleted_is_told_why_and_put_right(project: Project, aws: RegionClients) -> None:
    text = (
        role('name="reader"')
        + """
bucket = aws.s3.Bucket("b")
def policy(names):
    arn, bucket = names
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:ListBucket", "Resource": bucket}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
aws.s3.BucketPolicy("p", bucket=bucket.id, policy=pulumi.Output.all(role.arn, bucket.arn).apply(policy))
pulumi.export("role", role.name)
pulumi.export("bucket", bucket.id)
"""
    )
    made = good(project.up(text))
    name, bucket = str(made.outputs["role"]), str(made.outputs["bucket"])
    aws.iam.delete_role(RoleName=name)
    assert "AROA" in aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    done = good(project.up(text))
    assert [step.name for step in done.steps if "another principal" in step.reason] == ["p"]
    assert ":role/reader" in aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert good(project.engine.refresh(project.load(text)[1])).steps == ()


def test_a_stack_finds_the_exports_of_another(project: Project) -> None:
    good(project.up('pulumi.export("name", "data")\npulumi.export("token", pulumi.Output.secret("swordfish"))\n', stack="base"))
    done = good(
        project.up(
            """
            base = pulumi.StackReference("base")
            pulumi.export("name", base.require_output("name"))
            pulumi.export("token", base.get_output("token"))
            """
        )
    )
    assert shown(dict(done.outputs)) == {"name": "data", "token": "[secret]"}
    missing = project.up('pulumi.StackReference("nowhere")\n')
    assert "there is no stack `nowhere`" in missing.failed[0].reason


def test_options_of_resources_do_what_they_do_in_pulumi(project: Project, aws: RegionClients) -> None:
    text = """
    class Group(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("my:index:Group", name, None, opts)
            self.bucket = aws.s3.Bucket("b", tags={{"n": "{tag}"}}, opts=pulumi.ResourceOptions(parent=self, {options}))

    group = Group("{group}", pulumi.ResourceOptions({aliases}))
    pulumi.export("bucket", group.bucket.id)
    """
    first = good(project.up(text.format(tag="1", options="protect=True", group="one", aliases="")))
    name = str(first.outputs["bucket"])
    ignored = good(project.up(text.format(tag="2", options='protect=True, ignore_changes=["tags"]', group="one", aliases="")))
    assert dict(ignored.counts) == {StepOperation.SAME: 3}
    moved = good(project.up(text.format(tag="1", options="protect=True", group="two", aliases='aliases=[pulumi.Alias(name="one")]')))
    assert dict(moved.counts) == {StepOperation.SAME: 3}
    assert moved.outputs["bucket"] == name
    assert "protected" in project.up("").failed[0].reason
    aws.s3.head_bucket(Bucket=name)
    good(project.up(text.format(tag="1", options="retain_on_delete=True", group="two", aliases="")))
    good(project.up(""))
    aws.s3.head_bucket(Bucket=name)
    imported = text.format(tag="1", options=f'import_="{name}"', group="two", aliases="").replace("tags=", f'bucket="{name}", tags=')
    assert steps(good(project.up(imported)))["b"] == ("import", "done")


def test_secret_configuration_is_opened_with_the_passphrase_and_never_written_in_clear(project: Project) -> None:
    kept = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="
    passphrase = Secret("password")
    sealed = sealer_of_passphrase(passphrase, kept).seal("swordfish")
    (project.folder / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {kept}\nconfig:\n  key: {{secure: '{sealed}'}}\n")
    (project.folder / "__main__.py").write_text('import pulumi\npulumi.export("key", pulumi.Config().require_secret("key"))\n')
    program = Program.load(project.folder, "dev", passphrase)
    stack = Stack.of(program, "dev", passphrase=passphrase)
    done = good(project.engine.up(program, stack))
    assert reveal(done.outputs["key"]) == "swordfish"
    assert shown(done.outputs["key"]) == "[secret]"
    assert not any(b"swordfish" in file.read_bytes() for file in (project.folder / ".bucketpass").rglob("*") if file.is_file())
    good(project.engine.destroy(stack))
    (project.folder / "Pulumi.dev.yaml").unlink()


def test_an_option_that_the_engine_does_not_know_is_refused_not_ignored(project: Project) -> None:
    refused = project.up('aws.s3.Bucket("b", opts=pulumi.ResourceOptions(replacement_trigger="x"))\n')
    assert not refused.ok
    assert "replacement_trigger is not supported" in " ".join(message.text for message in refused.messages)


def test_other_users_cannot_reach_the_engines_services(project: Project) -> None:
    told = project.up(
        """
        from pathlib import Path
        from pulumi.runtime import settings
        address = settings.SETTINGS.monitor.RegisterResource._channel.target().decode()
        print("mode", oct(Path(address.removeprefix("unix:")).parent.stat().st_mode & 0o777))
        """
    )
    assert "mode 0o700" in [message.text for message in told.messages], told.messages


def test_transforms_of_a_component_see_all_that_is_in_it(project: Project, aws: RegionClients) -> None:
    done = good(
        project.up(
            """
            def tag(args):
                if not args.type_.endswith("Bucket"):
                    return None
                return pulumi.ResourceTransformResult(props={**args.props, "tags": {"team": "ai"}}, opts=args.opts)

            class Group(pulumi.ComponentResource):
                def __init__(self, name, opts=None):
                    super().__init__("my:index:Group", name, None, opts)
                    self.bucket = aws.s3.Bucket(f"{name}-b", opts=pulumi.ResourceOptions(parent=self))

            outer = pulumi.ComponentResource("my:index:Outer", "outer", None, pulumi.ResourceOptions(transforms=[tag]))
            group = Group("inner", pulumi.ResourceOptions(parent=outer))
            other = Group("other")
            pulumi.export("inside", group.bucket.tags)
            pulumi.export("outside", other.bucket.tags)
            """
        )
    )
    assert (shown(done.outputs["inside"]), done.outputs.get("outside")) == ({"team": "ai"}, None)


def test_a_process_that_a_program_leaves_behind_holds_nobody_up(project: Project) -> None:
    began = time.monotonic()
    good(project.up("import subprocess\nsubprocess.Popen(['sleep', '30'])\nprint('done')\n"))
    assert time.monotonic() - began < 20
