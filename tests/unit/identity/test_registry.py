"""Which source a machine has, and what was tried."""

import pytest
from tests.fake_machine import fake_machine

from bucketpass.errors import IdentityError
from bucketpass.identity.registry import KINDS, detect_source, find_source, source_named


def test_what_was_set_on_purpose_comes_before_the_platform() -> None:
    machine = fake_machine({"GITHUB_ACTIONS": "true", "BUCKETPASS_TOKEN_FILE": "/run/token"})
    source = detect_source(machine).source
    assert source is not None
    assert source.name == "file"


def test_detection_says_of_each_kind_why_it_is_not_here() -> None:
    detection = detect_source(fake_machine())
    assert detection.source is None
    assert [tried.kind for tried in detection.tried] == [kind.name for kind in KINDS]
    assert all(tried.reason for tried in detection.tried)


def test_detection_passes_over_a_platform_that_has_no_token_for_us() -> None:
    machine = fake_machine({"GITLAB_CI": "true", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {"/var/run/secrets/bucketpass/token": "t"})
    detection = detect_source(machine)
    assert detection.source is not None
    assert detection.source.name == "kubernetes"
    assert "GITLAB_OIDC_TOKEN" in next(tried.reason for tried in detection.tried if tried.kind == "gitlab")


def test_a_platform_that_is_broken_stops_detection() -> None:
    with pytest.raises(IdentityError, match="may not ask for tokens"):
        detect_source(fake_machine({"GITHUB_ACTIONS": "true"}))


@pytest.mark.parametrize(
    ("spelled", "described"),
    [("file:/run/token", "file /run/token"), ("env:T", "environment variable T"), ("command:agent get --quiet", "command agent")],
)
def test_a_source_can_be_named(spelled: str, described: str) -> None:
    assert source_named(spelled, fake_machine()).describe() == described


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(IdentityError, match=r"`gihub` is not a kind of token source, expected one of file, env, command"):
        source_named("gihub", fake_machine())


def test_a_named_source_that_is_not_here_says_why() -> None:
    with pytest.raises(IdentityError, match="`modal` is not here: `MODAL_IDENTITY_TOKEN` not set"):
        source_named("modal", fake_machine())


@pytest.mark.parametrize(("name", "remedy"), [("oauth", "set it, or choose"), ("github", "run where it is, or choose")])
def test_a_named_source_that_a_person_sets_up_is_to_be_set_up(name: str, remedy: str) -> None:
    with pytest.raises(IdentityError) as caught:
        source_named(name, fake_machine())
    assert caught.value.diagnostics()[0].remedy.startswith(remedy)


def test_finding_none_lists_all_that_was_tried() -> None:
    with pytest.raises(IdentityError) as caught:
        find_source(fake_machine())
    message = caught.value.diagnostics()[0].message
    assert message.startswith("no token source was found on this machine: `BUCKETPASS_TOKEN_FILE`, `AWS_WEB_IDENTITY_TOKEN_FILE` not set; ")
    assert all(kind.name in message for kind in KINDS[1:])
    assert len(message) < 400


def test_where_none_is_found_the_platform_that_this_is_comes_first_with_what_it_lacks() -> None:
    with pytest.raises(IdentityError) as caught:
        find_source(fake_machine({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}))
    diagnostic = caught.value.diagnostics()[0]
    assert diagnostic.message.startswith("no token source was found on this machine: kubernetes: in a pod, but no token")
    assert diagnostic.remedy == "correct what is reported for kubernetes, or name another source with --source"


def test_every_kind_can_be_loaded() -> None:
    for kind in KINDS:
        kind.detect(fake_machine(), None, None)
