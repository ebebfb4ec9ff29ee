"""What the doctor finds out about the token's issuer."""

from pathlib import Path

import pytest
from tests.examined import DATE, ISSUER, NOW, STS, findings, server
from tests.integration.fake_sts import granted

from bucketpass.credentials.doctor import CheckVerdict
from bucketpass.wire.client import HttpResponse

MOCKED = {f"{STS}_oidc/": {"issuers": {ISSUER: "/_oidc/okta"}}}


@pytest.mark.parametrize(("kid", "verdict"), [("1", CheckVerdict.GOOD), ("2", CheckVerdict.BAD)])
def test_a_sandbox_takes_only_the_tokens_of_its_own_mock_of_the_issuer(tmp_path: Path, kid: str, verdict: CheckVerdict) -> None:
    sandbox = DATE | {"x-bucketpass-instance": "one"}
    keys = {f"{STS}_oidc/okta/jwks": {"keys": [{"kid": kid}]}}
    answers = [HttpResponse(302, sandbox, b""), HttpResponse(200, sandbox, granted(1, NOW + 3600).encode())]
    found = findings(tmp_path, server(**MOCKED, **keys, **{STS: answers}))
    assert found["issuer"].verdict is verdict
    assert "stands in" in found["issuer"].seen


def test_an_sts_that_is_no_sandbox_is_not_asked_for_mocks(tmp_path: Path) -> None:
    answers = server(**MOCKED)
    assert findings(tmp_path, answers)["issuer"].seen == "publishes the key with which the token is signed"
    assert f"{STS}_oidc/" not in [request.url for request in answers.requests]
