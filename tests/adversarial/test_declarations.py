"""Declarations that somebody hostile, or a careless generator, might hand in."""

import time

import pytest
from tests.declarations import World

from bucketpass.errors import DeclarationError
from bucketpass.model import parse_access
from bucketpass.policy import policy_json

GOOD = """\
issuers: {okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: a}}
buckets: {data: {}}
services:
  job:
    identity: {issuer: okta, subject: %s}
    grants: {bucket: data, prefix: raw/, access: read}
"""


def refused(text: str) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        parse_access(text)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nissuers: *c\n",
        "issuers: &i {x: *i}\nbuckets: {}\nservices: {}\n",
        "[" * 5000,
        "{a: " * 3000,
        "issuers: !!python/object/apply:os.system ['true']\nbuckets: {}\nservices: {}\n",
        "issuers: !!binary aGk=\nbuckets: {}\nservices: {}\n",
        "---\nissuers: {}\n---\nissuers: {}\n",
        "\ufeffissuers: [",
        "issuers: {}\r\nbuckets: {}\r\nservices: []\r\n",
        "%YAML 9.9\n---\nissuers: {}\n",
        "\x00",
        "issuers: \ud800\n".encode("utf-8", "surrogatepass").decode("utf-8", "replace") + "x",
    ],
    ids=range(12),
)
def test_odd_yaml_is_one_typed_error_at_once(text: str) -> None:
    start = time.monotonic()
    assert refused(text).diagnostics()
    assert time.monotonic() - start < 5


def test_laughs_do_not_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    start = time.monotonic()
    refused("\n".join(lines))
    assert time.monotonic() - start < 5


def test_what_is_told_cannot_move_the_cursor_or_start_a_new_line() -> None:
    for error in (refused(GOOD % '"a\\e[2J*"'), refused(GOOD.replace("read", '"\\e]0;x\\a"') % "x"), refused(GOOD % '"x\\n::error::"')):
        assert all(line.isprintable() for line in str(error).splitlines())


@pytest.mark.parametrize(
    "subject",
    [
        '"*"',
        "'?'",
        '"\\t"',
        '""',
    ],
)
def test_a_subject_that_admits_many_or_nobody_is_refused(subject: str) -> None:
    refused(GOOD % subject)


@pytest.mark.parametrize("subject", ["日本", "${aws:username}", "${$}", '"},{"Effect":"Allow', "a\\", "$", "${"])
def test_a_subject_cannot_break_out_of_its_value(subject: str) -> None:
    quoted = '"' + subject.replace("\\", "\\\\").replace('"', '\\"') + '"'
    world = World.of(GOOD % quoted)
    claims = world.claims("job")
    assert claims["sub"] == subject
    assert world.assume("job", claims).allowed
    for other in ("x", "", "*", "${aws:username}x", subject + "x"):
        assert not world.assume("job", claims | {"sub": other}).allowed
    assert policy_json(world.role("job").trust.document).count('"Effect":"Allow"') == 1


@pytest.mark.parametrize("prefix", ['"}]},{"Effect":"Allow', "../", "raw/../", "${aws:PrincipalTag/x}/", "raw/*/"])
def test_a_prefix_cannot_break_out_of_its_resource(prefix: str) -> None:
    quoted = '"' + prefix.replace('"', '\\"') + '"'
    world = World.of((GOOD % "x").replace("raw/", quoted))
    assert world.may("job", "s3:GetObject", f"data/{prefix}1")
    for other in ("other/1", "raw/1", "raw/x/1", "1", "/1"):
        assert not world.may("job", "s3:GetObject", f"data/{other}")


@pytest.mark.parametrize(
    ("url", "look_alike"),
    [
        ("https://acme.okta.com/oauth2/default", "https://acme.okta.com/oauth2/default/"),
        ("https://acme.okta.com/oauth2/default", "https://acme.okta.com/oauth2/Default"),
        ("https://acme.okta.com/oauth2/default", "https://acme.okta.com.evil.example/oauth2/default"),
        ("https://acme.okta.com/oauth2/default", "http://acme.okta.com/oauth2/default"),
    ],
)
def test_a_token_of_a_look_alike_issuer_stays_out(url: str, look_alike: str) -> None:
    world = World.of(GOOD % "x")
    claims = world.claims("job")
    assert claims["iss"] == url
    assert not world.assume("job", claims | {"iss": look_alike}).allowed
