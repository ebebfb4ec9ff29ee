import subprocess
import sys

import pytest

from bucketpass.errors import RequestError, SandboxError
from bucketpass.model import parse_access
from bucketpass.sandbox.service import Sandbox, SandboxOptions

ACCESS = """
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
buckets:
  datasets: {exclusive: true, administrators: ["arn:aws:iam::444455556666:role/admin"]}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants: [{bucket: datasets, prefix: raw/, access: read}]
"""


@pytest.mark.parametrize(
    "options",
    [
        *({"account": "12"}, {"account": "x" * 12}, {"region": "nowhere"}, {"min_session_seconds": 0}, {"min_session_seconds": 43201}),
        *({"further_accounts": ("12",)}, {"further_accounts": ("111122223333",)}),
    ],
)
def test_options_that_aws_would_not_know_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(RequestError):
        SandboxOptions(**options)  # type: ignore[arg-type]


def test_the_administrator_is_whom_the_declaration_names_else_the_accounts_root() -> None:
    assert SandboxOptions().administrator_arn == "arn:aws:iam::111122223333:root"
    assert SandboxOptions(account="999999999999").administrator_arn == "arn:aws:iam::999999999999:root"
    access = parse_access(ACCESS)
    assert SandboxOptions(access=access).administrator_arn == "arn:aws:iam::444455556666:role/admin"
    assert SandboxOptions(access=access, account="999999999999").administrator_arn == "arn:aws:iam::999999999999:root"
    assert SandboxOptions(administrator="arn:x").administrator_arn == "arn:x"
    assert SandboxOptions(region="cn-north-1").administrator_arn == "arn:aws-cn:iam::111122223333:root"


def test_only_a_declared_issuer_can_be_the_real_one() -> None:
    assert SandboxOptions(access=parse_access(ACCESS), real_issuers=("okta",)).real_issuers == ("okta",)
    for access in (parse_access(ACCESS), None):
        with pytest.raises(RequestError, match="`octa` is not an issuer of the declaration"):
            SandboxOptions(access=access, real_issuers=("octa",))


def test_a_sandbox_that_does_not_run_has_no_address() -> None:
    with pytest.raises(SandboxError, match="not running"):
        _ = Sandbox().https_url


def test_to_name_the_room_imports_nothing_heavy() -> None:
    code = "import sys, bucketpass.sandbox.pytest_plugin; assert not {'moto', 'boto3', 'joserfc'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
