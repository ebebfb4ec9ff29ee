"""Programs under Pulumi's own engine. Engine, state and previews are Pulumi's; the provider `aws` is the embedded engine's handlers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.automation import CommandError
from tests.engine_project import endpoint_of
from tests.pulumi_engine.conftest import loaded
from tests.pulumi_engine.engine import MARKS, PulumiStack
from tests.pulumi_engine.install import PULUMI
from tests.sandboxes import SandboxWorld

from bucketpass.cli.main import main
from bucketpass.model import parse_access
from bucketpass.provision import FederatedAccess, OidcIssuer, ProtectedBucket, ServiceRole
from bucketpass.provision.embedded import Engine, Program, Stack

pytestmark = MARKS

EXAMPLES = Path(__file__).parents[2] / "examples"
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "moving-from-hand-written-roles.md"
DECLARATION = """
issuers: {{ci: {{preset: github}}}}
buckets: {{shared-{name}: {{}}}}
services:
  evaluator:
    name: {name}-evaluator
    identity: {{issuer: ci, repository: acme/eval, environment: production}}
    grants: [{{bucket: shared-{name}, prefix: raw/, access: {level}}}]
"""


def federated(name: str, level: str = "read", **options: Any) -> Callable[[], None]:
    """A program with everything of a declaration."""

    def program() -> None:
        made = FederatedAccess("access", access=parse_access(DECLARATION.format(name=name, level=level)), **options)
        pulumi.export("role_arns", made.role_arns)

    return program


def whole_life(stack: PulumiStack) -> int:
    """Preview, up, nothing to do, no drift, destroy; the number of resources."""
    planned = stack.preview()
    assert set(planned) == {"create"}
    made = stack.applied()
    assert made == planned
    assert set(stack.preview()) == {"same"}
    assert set(stack.applied()) == {"same"}
    assert set(stack.refresh()) == {"same"}
    assert stack.destroy() == {"delete": planned["create"]}
    assert stack.resources() == {}
    return planned["create"]


@pytest.mark.parametrize("folder", [EXAMPLES, EXAMPLES / "classic"], ids=["declared", "classic"])
def test_an_example_lives_its_whole_life(folder: Path, stack: PulumiStack) -> None:
    stack.program = loaded(folder / "__main__.py")
    assert whole_life(stack) > 5


ROLE: Any = {
    "issuer": {"preset": "github"},
    "identity": {"repository": "acme/eval", "environment": "production"},
    "grants": [{"bucket": "datasets", "prefix": "raw/", "access": "read"}],
}
COMPONENTS: Mapping[str, Callable[[], Any]] = {
    "OidcIssuer": lambda: OidcIssuer("own", {"preset": "generic", "url": "https://login.example.com", "audience": ["s3"]}),
    "ProtectedBucket": lambda: ProtectedBucket("life-of-a-bucket", {"encryption": "kms"}),
    "ServiceRole": lambda: ServiceRole("life-of-a-role", ROLE),
    "FederatedAccess": federated("life"),
}


@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_component_lives_its_whole_life(kind: str, stack: PulumiStack, world: SandboxWorld) -> None:
    if kind == "ServiceRole":
        url = "https://token.actions.githubusercontent.com"
        arn = world.iam().create_open_id_connect_provider(Url=url, ClientIDList=["sts.amazonaws.com"])["OpenIDConnectProviderArn"]
    stack.program = COMPONENTS[kind]
    assert whole_life(stack) > 1
    if kind == "ServiceRole":
        world.iam().delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


def test_a_folders_program_runs_through_the_cli_as_a_person_runs_it(stack: PulumiStack, tmp_path: Path) -> None:
    folder = _folder(tmp_path, "folder")
    environment = {**os.environ, **stack.environment}
    (tmp_path / "states").mkdir()

    def pulumi_cli(*words: str) -> str:
        command = [str(PULUMI), *words, "--non-interactive", "--color=never"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi_cli("stack", "init", "dev")
    assert "to create" in pulumi_cli("preview")
    pulumi_cli("up", "--yes", "--skip-preview")
    assert "unchanged" in pulumi_cli("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert "deleted" in pulumi_cli("destroy", "--yes", "--skip-preview")


def test_to_aws_counts_what_pulumi_counts_and_passes_its_words_on(
    stack: PulumiStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _folder(tmp_path, "counted")
    (tmp_path / "states").mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", str(PULUMI.parent), prepend=os.pathsep)
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)

    def counted(*words: str) -> Counter[str]:
        assert main([*words, "--to", "aws", "--json"]) == 0
        return Counter(step["operation"] for step in json.loads(capsys.readouterr().out)["steps"])

    made = counted("up", "--yes")
    history = subprocess.run([PULUMI, "stack", "history", "--json"], capture_output=True, check=True)
    assert made == json.loads(history.stdout)[0]["resourceChanges"]
    assert counted("preview") == {"same": made["create"]}
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    assert main(["preview", "--to", "aws"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].endswith("incorrect passphrase")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    assert main(["preview", "--to", "aws"]) == 1
    assert "passphrase must be set with PULUMI_CONFIG_PASSPHRASE" in capsys.readouterr().out.splitlines()[-1]


def _folder(tmp_path: Path, name: str) -> Path:
    """A folder with a declaration, and the program that makes it."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: engines\nruntime: python\n")
    (folder / "access.yaml").write_text(DECLARATION.format(name=name, level="read"))
    (folder / "__main__.py").write_text(
        "import bucketpass\nfrom bucketpass.provision import FederatedAccess\n"
        "FederatedAccess('access', access=bucketpass.load('access.yaml'))\n"
    )
    return folder


def test_a_change_is_an_update_of_what_it_touches_alone(stack: PulumiStack) -> None:
    stack.program = federated("change")
    stack.up()
    stack.program = federated("change", "write")
    planned = stack.preview()
    assert set(planned) == {"same", "update"}
    assert stack.applied() == planned
    assert set(stack.preview()) == {"same"}


def test_drift_is_found_by_a_refresh_and_put_right(stack: PulumiStack, world: SandboxWorld) -> None:
    stack.program = federated("drift")
    stack.up()
    statement = {"Effect": "Deny", "Principal": {"AWS": world.account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.iam().update_assume_role_policy(RoleName="drift-evaluator", PolicyDocument=trust)
    assert stack.refresh()["update"] == 1
    assert stack.applied()["update"] == 1
    stored: Any = world.iam().get_role(RoleName="drift-evaluator")["Role"]["AssumeRolePolicyDocument"]
    assert stored["Statement"][0]["Action"] in ("sts:AssumeRoleWithWebIdentity", ["sts:AssumeRoleWithWebIdentity"])


def test_a_component_that_is_renamed_with_an_alias_keeps_its_resources(stack: PulumiStack) -> None:
    access = parse_access(DECLARATION.format(name="alias", level="read"))
    stack.program = lambda: FederatedAccess("old", access=access)
    stack.up()
    options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])
    stack.program = lambda: FederatedAccess("new", access=access, opts=options)
    assert set(stack.preview()) == {"same"}
    assert set(stack.applied()) == {"same"}


def test_what_is_protected_is_not_deleted(stack: PulumiStack) -> None:
    access = parse_access(DECLARATION.format(name="protect", level="read"))
    stack.program = lambda: FederatedAccess("access", access=access, opts=pulumi.ResourceOptions(protect=True))
    stack.up()
    with pytest.raises(CommandError, match="protect"):
        stack.destroy()
    assert any(urn.endswith("protect-evaluator") or "Role::" in urn for urn in stack.resources())


def test_a_bucket_with_data_is_not_deleted(stack: PulumiStack, world: SandboxWorld) -> None:
    stack.program = federated("full")
    stack.up()
    world.s3().put_object(Bucket="shared-full", Key="raw/a", Body=b"body")
    try:
        with pytest.raises(CommandError, match="BucketNotEmpty"):
            stack.destroy()
    finally:
        for version in world.s3().list_object_versions(Bucket="shared-full")["Versions"]:
            world.s3().delete_object(Bucket="shared-full", Key="raw/a", VersionId=version["VersionId"])


def test_a_provider_that_is_not_wholly_known_is_previewed_and_made(stack: PulumiStack) -> None:
    def program() -> None:
        first = aws.s3.Bucket("names-the-region", bucket="names-the-region")
        # Known once the bucket is made, and not before.
        region = first.arn.apply(lambda _: "eu-central-1")
        elsewhere = aws.Provider("elsewhere", region=region)
        ProtectedBucket("by-an-unknown-provider", {}, pulumi.ResourceOptions(provider=elsewhere))

    stack.program = program
    assert set(stack.preview()) == {"create"}
    stack.up()
    assert set(stack.preview()) == {"same"}


def test_each_region_has_the_buckets_of_its_own_provider(stack: PulumiStack, world: SandboxWorld) -> None:
    def program() -> None:
        for name in ("eu-central-1", "us-west-2"):
            provider = aws.Provider(name, region=name)
            ProtectedBucket(f"two-regions-{name}", {}, pulumi.ResourceOptions(provider=provider))

    stack.program = program
    stack.up()
    for name in ("eu-central-1", "us-west-2"):
        assert world.s3().get_bucket_location(Bucket=f"two-regions-{name}")["LocationConstraint"] == name
    assert set(stack.preview()) == {"same"}


def test_components_of_several_tenants_share_an_issuer_and_none_creates_what_another_does(stack: PulumiStack) -> None:
    okta: Any = {"preset": "okta", "url": "https://tenants.okta.com/oauth2/default", "audience": ["s3"]}

    def tenant(name: str, provider: Any) -> None:
        identity: Any = [{"issuer": "okta", "claims": {"client_id": f"0oa{name}"}}]
        grants: Any = [{"bucket": f"tenant-{name}", "prefix": "raw/", "access": ["read"]}]
        services: Any = {"job": {"name": f"{name}-job", "identity": identity, "grants": grants}}
        issuers: Any = {"okta": {**okta, "provider": provider}}
        FederatedAccess(name, issuers=issuers, buckets={f"tenant-{name}": {}}, services=services)

    def program(*providers: str) -> Callable[[], None]:
        def tenants() -> None:
            issuer = OidcIssuer("okta", okta)
            for name, provider in zip("ab", providers or [issuer.arn] * 2, strict=True):
                tenant(name, provider)

        return tenants

    stack.program = program("existing", "create")
    with pytest.raises(CommandError, match=r"FederatedAccess b issuers\.okta: .* is created by OidcIssuer okta already"):
        stack.preview()
    stack.program = program()
    assert whole_life(stack) > 20


def test_what_aws_refuses_is_the_programs_error_and_what_was_made_stays_in_the_state(stack: PulumiStack, world: SandboxWorld) -> None:
    world.s3().create_bucket(Bucket="shared-taken", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    stack.program = federated("taken")
    with pytest.raises(CommandError, match=r"BucketAlreadyOwnedByYou"):
        stack.up()
    assert any("OpenIdConnectProvider" in urn for urn in stack.resources())
    world.s3().delete_bucket(Bucket="shared-taken")
    stack.up()
    assert set(stack.preview()) == {"same"}


def test_a_name_that_awss_provider_does_not_have_is_refused(stack: PulumiStack) -> None:
    def program() -> None:
        rules: Any = [{"id": "x", "status": "Enabled", "expirations": {"days": 1}}]
        aws.s3.BucketLifecycleConfiguration("b", bucket="any", rules=rules)

    stack.program = program
    with pytest.raises(CommandError, match=r"pulumi_aws has no `rules\.expirations`"):
        stack.preview()


def test_what_import_wrote_is_imported_as_the_guide_says_without_a_replacement(
    stack: PulumiStack, world: SandboxWorld, tmp_path: Path
) -> None:
    stack.program = federated("adopted")
    stack.up()
    folder = tmp_path / "imported"
    variables = {**os.environ, **stack.environment, **world.administrator_environment, "AWS_REGION": "eu-central-1"}
    variables |= {
        "PATH": os.pathsep.join((str(PULUMI.parent), str(Path(sys.executable).parent), variables["PATH"])),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }
    command = [sys.executable, "-m", "bucketpass", "import", "--from", world.sandbox.https_url, "--directory", str(folder)]
    subprocess.run(command, env=variables, capture_output=True, check=True)
    (block,) = re.findall(r"<!-- tested: by the CLI of Pulumi -->\n```sh\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert "bucketpass preview --to aws" in block
    done = subprocess.run(
        ["sh", "-euc", block.rstrip() + " --json > preview.json"], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    steps = json.loads((folder / "preview.json").read_text())["steps"]
    assert {step["operation"] for step in steps} <= {"same", "update", "create"}
    imported = {(one["type"], one["name"]) for one in json.loads((folder / "import.json").read_text())["resources"]}
    assert ("aws:iam/role:Role", "access-adopted-evaluator") in imported
    assert {(step["type"], step["name"]) for step in steps if step["operation"] != "create"} >= imported


def test_a_stack_of_the_embedded_engine_goes_on_at_pulumis_under_its_names(
    stack: PulumiStack, world: SandboxWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _folder(tmp_path, "moved")
    (tmp_path / "states").mkdir()
    monkeypatch.chdir(folder)
    for name, value in {**stack.environment, **world.administrator_environment}.items():
        monkeypatch.setenv(name, value)
    assert main(["up", "--to", world.sandbox.https_url, "--yes", "--json"]) == 0
    assert main(["import", "--stack", "dev"]) == 0

    def pulumi(*words: str) -> str:
        done = subprocess.run([PULUMI, *words, "--non-interactive"], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pulumi("stack", "init", "dev")
    pulumi("import", "--file", "import.json", "--generate-code=false", "--yes")
    steps = json.loads(pulumi("preview", "--json"))["steps"]
    # The import's default provider has no version, and goes for the program's own: no resource goes with it.
    assert {step["op"] for step in steps if "pulumi:providers:" not in step["urn"]} <= {"same", "update"}
    assert len(json.loads((folder / "import.json").read_text())["resources"]) == len(steps) - 1
    pulumi("up", "--yes", "--skip-preview")


def test_urns_and_dependencies_are_the_embedded_engines(
    stack: PulumiStack, world: SandboxWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program.load(_folder(tmp_path, "both"), "dev")
    with Engine(endpoint_of(world.sandbox)) as engine:
        own = Stack.of(program)
        result = engine.up(program, own)
        assert result.ok, (result.error, result.failed)
        embedded = _graph_of_state(own)
        assert engine.destroy(own).ok
    stack.program = federated("both")
    stack.up()
    assert _graph(stack.resources()) == embedded


Graph = dict[str, tuple[str, frozenset[str], Mapping[str, frozenset[str]]]]


def _graph(resources: Mapping[str, Mapping[str, Any]]) -> Graph:
    """Parent, dependencies, and dependencies of each property, by URN; default providers are not of the program."""
    return {
        urn: (
            one.get("parent", ""),
            frozenset(one.get("dependencies") or ()),
            {name: frozenset(urns) for name, urns in (one.get("propertyDependencies") or {}).items() if urns},
        )
        for urn, one in resources.items()
        if "pulumi:providers:" not in urn
    }


def _graph_of_state(stack: Stack) -> Graph:
    from bucketpass.provision.embedded.engine import _codec
    from bucketpass.provision.embedded.journal import Scratch, read_records
    from bucketpass.provision.embedded.state import StackState

    state = StackState(Scratch(read_records(stack.file)), _codec(stack))
    return {
        urn: (one.parent, frozenset(one.dependencies), {name: frozenset(urns) for name, urns in one.property_dependencies.items() if urns})
        for urn, one in state.live.items()
    }
