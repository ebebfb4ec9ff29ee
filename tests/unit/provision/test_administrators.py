"""Which administrators of a plan have to exist."""

from tests.declarations import World

from bucketpass.provision.administrators import missing_administrator, named_administrators

ACCOUNT = "111122223333"
ACCESS = """
issuers: {ci: {preset: github}}
buckets: {data: {exclusive: true, administrators: [%s]}}
services: {eval: {identity: {issuer: ci, repository: acme/eval, branch: main}, grants: [{bucket: data, access: read}]}}
"""
ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def names(*administrators: str, caller: str = "") -> list[str]:
    plan = World.of(ACCESS % ", ".join(f'"{arn}"' for arn in administrators)).plan
    return [name for _, name in named_administrators(plan, caller)]


def test_roles_of_the_account_are_to_exist() -> None:
    found = names(f"{ROLE}/platform/admin", f"{ROLE}/other*", "arn:aws:iam::999988887777:role/x", f"arn:aws:iam::{ACCOUNT}:root")
    assert found == ["admin"]


def test_whoever_deploys_exists() -> None:
    assert names(f"{ROLE}/admin", caller=f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me") == []


def test_the_error_names_bucket_role_and_account() -> None:
    found = missing_administrator(World.of(ACCESS % f'"{ROLE}/admin"').plan, "data", "admin")
    assert "`admin` of bucket `data`" in str(found)
    assert ACCOUNT in str(found)
