"""The corpus: one file a rule, one folder a topic, each case against the engine; decisions against the slow evaluator too.

A file has its rule in words, its evidence, and cases of one kind: `condition`, `decision`, `call`, `web_identity`, `policy`.
What was recorded on live AWS, in `recorded`, is replayed by `tests.recorded`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.reference.evaluator import answer

from bucketpass.decide import NamedPolicy, PolicySet, PublicAccessBlock, decide
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.conditions import compile_condition
from bucketpass.decide.web_identity import provider_of
from bucketpass.errors import PolicyError
from bucketpass.policy import Condition, Effect, parse_policy
from bucketpass.requests.callers import Principal, PrincipalKind, role_session
from bucketpass.requests.request import AuthorizationRequest
from bucketpass.requests.s3 import CopySource, ObjectFacts, S3Call, S3Target, authorization_requests

Case = Mapping[str, Any]
FOLDER = Path(__file__).parent
FILES = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): json.loads(path.read_text())
    for path in sorted(FOLDER.glob("*/*.json"))
    if path.parent.name != "recorded"
}
ACCOUNT = "111122223333"


def values(context: Mapping[str, str | list[str]]) -> dict[str, str | tuple[str, ...]]:
    return {name: value if isinstance(value, str) else tuple(value) for name, value in context.items()}


def policies(name: str, written: Any) -> tuple[NamedPolicy, ...]:
    """A whole document, or its statements."""
    document = written if isinstance(written, dict) else {"Version": "2012-10-17", "Statement": written}
    return (NamedPolicy(name, parse_policy(document)),)


def layers_of(written: Mapping[str, Any]) -> PolicySet:
    single: dict[str, Any] = {
        name: policies(name, written[name]) for name in ("identity", "resource", "boundary", "session", "endpoint") if name in written
    }
    levels: dict[str, Any] = {name: tuple(policies(name, level) for level in written.get(name, ())) for name in ("scps", "rcps")}
    block = PublicAccessBlock(**written["public_access"]) if "public_access" in written else None
    return PolicySet(**single, **levels, public_access=block)


def check_condition(case: Case) -> None:
    condition = Condition(case["operator"], case.get("key", "k"), tuple(case["values"]))
    version = case.get("version", "2012-10-17")
    context = {name.lower(): value for name, value in values(case["context"]).items()}
    effect = Effect(case.get("effect", "Allow"))
    assert compile_condition(condition, variables=version == "2012-10-17", effect=effect)(context) is case["holds"]


def check_decision(case: Case) -> None:
    written = case["request"]
    who = written["principal"]
    principal = Principal(**(who | {"kind": PrincipalKind(who["kind"])}))
    context = values(written.get("context", {}))
    request = AuthorizationRequest(principal, written["action"], written["resource"], context, written.get("resource_account", ""))
    layers = layers_of(case["layers"])
    decision = decide(request, layers)
    assert (decision.allowed, decision.explicit_deny) == (case["allowed"], case.get("explicit_deny", False))
    if "blocked_by" in case:
        assert [layer.value for layer in decision.blocked_by] == case["blocked_by"]
    if layers.public_access is None and not principal.unique_id:
        assert answer(request, layers) == (case["allowed"], case.get("explicit_deny", False))


def check_call(case: Case) -> None:
    written = dict(case["call"])
    read = ObjectFacts()
    if "source" in written:
        source = dict(written["source"])
        read = ObjectFacts(source.pop("tags", {}), source.pop("kms_key", None))
        written["source"] = CopySource(**source)
    if "keys" in written:
        written["keys"] = tuple((key, version) for key, version in written["keys"])
    target = S3Target(ACCOUNT, ObjectFacts(written.pop("tags", {}), written.pop("kms_key", None)), read)
    caller = role_session(f"arn:aws:iam::{ACCOUNT}:role/trainer", "run")
    requests = authorization_requests(S3Call(**written), target, caller)
    assert [[request.action, request.resource.removeprefix("arn:aws:s3:::")] for request in requests] == case["asks"]


def check_web_identity(case: Case) -> None:
    issuer = case.get("issuer", "https://issuer.example")
    url = case.get("provider_url", issuer)
    provider = None
    if url is not None:
        arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider_of(url)}"
        provider = TrustedProvider(arn, url, tuple(case.get("client_ids", ["data"])))
    (trust,) = policies("trust policy", case["trust"])
    role = TrustedRole(f"arn:aws:iam::{ACCOUNT}:role/trainer", trust)
    more = {name: case[name] for name in ("session_name", "seconds") if name in case}
    found = assume_role_with_web_identity(WebIdentityRequest(issuer, case["claims"], role, provider, **more))
    assert ("session" if found.error is None else found.error.code) == case["answer"]
    assert found.allowed is (case["answer"] == "session")


def check_policy(case: Case) -> None:
    if case["refused"] is None:
        assert parse_policy(case["document"]).statements
        return
    with pytest.raises(PolicyError) as caught:
        parse_policy(case["document"])
    assert caught.value.diagnostics()[0].place.path == case["refused"]


CHECKS: dict[str, Callable[[Case], None]] = {
    "condition": check_condition,
    "decision": check_decision,
    "call": check_call,
    "web_identity": check_web_identity,
    "policy": check_policy,
}
CASES = [pytest.param(file["kind"], case, id=f"{name}: {case['name']}") for name, file in FILES.items() for case in file["cases"]]


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_case_of_the_corpus_is_answered_as_its_rule_says(kind: str, case: Case) -> None:
    CHECKS[kind](case)


def test_the_page_of_the_semantics_names_every_rule_and_its_evidence() -> None:
    page = (FOLDER.parents[1] / "docs" / "explanation" / "semantics.md").read_text()
    missing = [name for name, file in FILES.items() if f"| {file['rule']} | {file['evidence']} | `{name}` |" not in page]
    assert missing == []


def test_the_page_of_the_semantics_names_no_rule_that_has_no_case() -> None:
    page = (FOLDER.parents[1] / "docs" / "explanation" / "semantics.md").read_text()
    named = [line.rsplit("`", 2)[1] for line in page.splitlines() if line.startswith("| ") and line.endswith("` |")]
    assert [name for name in named if name not in FILES] == []
