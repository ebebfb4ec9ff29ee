"""`pulumi package add` of the component package in a clone, and a program that uses the SDK it made, under Pulumi's own engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.pulumi_engine.engine import MARKS, PulumiStack
from tests.pulumi_engine.install import PULUMI

pytestmark = MARKS
ROOT = Path(__file__).parents[2]
PROGRAM = """
import pulumi
import pulumi_bucketpass as bucketpass

okta = {"preset": "okta", "url": "https://added.okta.com/oauth2/default", "audience": ["s3"]}
issuer = bucketpass.OidcIssuer("okta", **okta)
data = bucketpass.ProtectedBucket("added-data")
for tenant in ("x", "y"):
    bucketpass.ServiceRole(
        f"added-{tenant}",
        issuer={**okta, "provider": issuer.arn},
        identity={"claims": {"client_id": f"0oa{tenant}"}},
        grants=[{"bucket": data.bucket_name, "prefix": f"{tenant}/", "access": ["read"]}],
    )
pulumi.export("arn", issuer.arn)
"""


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_package_is_added_from_a_clone_and_its_components_are_made(stack: PulumiStack, tmp_path: Path) -> None:
    clone, folder = tmp_path / "clone", tmp_path / "program"
    git(tmp_path, "clone", "--quiet", "--shared", str(ROOT), str(clone))
    folder.mkdir()
    (tmp_path / "states").mkdir()
    (folder / "Pulumi.yaml").write_text("name: engines\nruntime: python\n")
    (folder / "requirements.txt").touch()
    (folder / "__main__.py").write_text(PROGRAM)

    def pulumi(*words: str, fails: bool = False) -> str:
        environment = {**os.environ, **stack.environment}
        done = subprocess.run([PULUMI, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert bool(done.returncode) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "Added package bucketpass" in pulumi("package", "add", "../clone/pulumi", "--non-interactive")
    assert "../clone/pulumi" in (folder / "Pulumi.yaml").read_text()
    assert git(clone, "status", "--porcelain") == ""
    changed = ("--yes", "--skip-preview", "--non-interactive", "--color=never")
    pulumi("stack", "init", "dev", "--non-interactive")
    assert "+ 19 created" in pulumi("up", *changed)
    assert "19 unchanged" in pulumi("preview", "--expect-no-changes", "--non-interactive", "--color=never")
    (folder / "__main__.py").write_text(PROGRAM.replace('"prefix"', '"prefx"'))
    refused = pulumi("preview", "--non-interactive", "--color=never", fails=True)
    assert "property grants[0].prefx" in refused and "did you mean `prefix`?" in refused
    (folder / "__main__.py").write_text(PROGRAM + 'bucketpass.OidcIssuer("again", **okta)\n')
    # Which of the two comes first is the engine's affair.
    assert "created by OidcIssuer" in pulumi("preview", "--non-interactive", "--color=never", fails=True)
    pulumi("destroy", *changed)
