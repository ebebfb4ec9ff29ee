"""Lifecycle rules that S3 takes, and those that it refuses."""

import pytest

from bucketpass.sandbox.lifecycle import checked_lifecycle
from bucketpass.sandbox.wire_errors import AwsError
from bucketpass.wire.xml import parse_xml

RULE = "<Rule>{id}<Status>{status}</Status><Filter><Prefix>a/</Prefix></Filter>{action}</Rule>"

MOVED = "<Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
TAGGED = "<Rule><Status>Enabled</Status><Filter><And><Tag><Key>a</Key><Value>b</Value></Tag></And></Filter>{}</Rule>"


def checked(*rules: str) -> bytes:
    return checked_lifecycle(f"<LifecycleConfiguration>{''.join(rules)}</LifecycleConfiguration>".encode())


def rule(id: str = "", status: str = "Enabled", action: str = "<Expiration><Days>1</Days></Expiration>") -> str:  # noqa: A002
    return RULE.format(id=f"<ID>{id}</ID>" if id else "", status=status, action=action)


def test_a_rule_without_an_id_gets_one_and_keeps_the_rest() -> None:
    first, second = parse_xml(checked(rule(), rule("mine"))).find_all("Rule")
    made, given = first.find("ID"), second.find("ID")
    assert made is not None and given is not None
    assert (len(made.text), given.text) == (48, "mine")
    prefix = first.find("Filter")
    assert prefix is not None and [child.text for child in prefix.children] == ["a/"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([rule(status="On")], "MalformedXML"),
        ([rule(action="")], "InvalidRequest"),
        ([rule(action="<Expiration><Days>0</Days></Expiration>")], "InvalidArgument"),
        ([rule(action="<Expiration><Days>x</Days></Expiration>")], "MalformedXML"),
        ([rule(action="<Expiration><Days>1</Days><Date>2026-01-01</Date></Expiration>")], "MalformedXML"),
        ([rule("a"), rule("a")], "InvalidArgument"),
        ([rule(action="<Expiration><Date>2026-01-01T01:00:00Z</Date></Expiration>")], "InvalidArgument"),
        ([rule(action=f"{MOVED}<Expiration><Days>30</Days></Expiration>")], "InvalidArgument"),
        (
            [
                TAGGED.format(
                    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
                )
            ],
            "InvalidRequest",
        ),
        ([TAGGED.format("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>")], "InvalidRequest"),
        ([rule("x" * 256)], "InvalidArgument"),
        (["<Rule><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"], "MalformedXML"),
    ],
)
def test_rules_that_s3_refuses(rules: list[str], code: str) -> None:
    with pytest.raises(AwsError) as error:
        checked(*rules)
    assert error.value.code == code
