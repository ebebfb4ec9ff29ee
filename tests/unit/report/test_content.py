"""What the access map says."""

import json

from tests.json_outputs import validated

from bucketpass.cli.json_output import with_schema
from bucketpass.compile import Target
from bucketpass.model.reader import parse_declaration
from bucketpass.report.content import Report, compared, report_object, report_of

TARGET = Target("111122223333", "us-east-1")
DECLARATION = """\
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3-data}
buckets:
  datasets:
    exclusive: true
    administrators: ["arn:aws:iam::111122223333:role/platform-admin"]
  scratch: {}
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    session: {tags: [team]}
    grants:
      - {bucket: datasets, prefix: raw/, access: read, conditions: {networks: [198.51.100.0/24], not_after: 2027-01-31T00:00:00Z}}
      - {bucket: scratch, prefix: teams/, access: [write, delete], per: team}
"""


def report(text: str = DECLARATION) -> Report:
    return report_of(parse_declaration(text, "access.yaml"), TARGET)


def test_a_grant_has_its_place_its_conditions_its_line_and_its_statements() -> None:
    first, second = report().grants
    assert (first.bucket, first.place, first.levels, first.line) == ("datasets", "raw/*", ("read",), 13)
    assert (first.conditions, first.expires) == (("from 198.51.100.0/24",), "2027-01-31 00:00")
    assert first.statements[0]["Action"] == ["s3:GetObject"] and "datasets/raw/*" in str(first.statements)
    assert (second.place, second.levels, second.tenant) == ("teams/<team>/*", ("write", "delete"), "team")


def test_actions_have_the_sign_of_what_they_do() -> None:
    (grant,) = report(DECLARATION.replace("access: [write, delete], per: team", "actions: [s3:DeleteObjectTagging]")).grants[1:]
    assert (grant.levels, grant.actions) == (("delete",), ("s3:DeleteObjectTagging",))


def test_who_else_may_reach_a_bucket_is_never_left_out() -> None:
    datasets, scratch = report().buckets
    assert datasets.exclusive and datasets.others.startswith("Nobody else") and datasets.administrators
    assert "not exclusive" in scratch.others


def test_a_service_has_its_role_and_whose_tokens_it_takes() -> None:
    (service,) = report().services
    assert service.roles == ("arn:aws:iam::111122223333:role/bucketpass-trainer",)
    assert [(one.issuer, one.subject) for one in service.identities] == [("okta", "0oa1trainer")]


def test_what_is_new_and_what_is_gone_is_marked() -> None:
    old = DECLARATION.replace("prefix: raw/", "prefix: all/").replace("  scratch: {}\n", "  scratch: {}\n  gone: {}\n")
    found = compared(report(), report(old), [{"kind": "more", "subject": "trainer", "description": "x", "path": ""}])
    assert [(one.place, one.change) for one in found.grants] == [("raw/*", "added"), ("teams/<team>/*", ""), ("all/*", "removed")]
    assert [one.name for one in found.buckets] == ["datasets", "scratch", "gone"]


def test_the_object_has_its_schema() -> None:
    validated(json.dumps(with_schema("report", report_object(report()))))
