from dataclasses import replace

import pytest
from tests.declarations import TARGET, World

from bucketpass.compile.dialect import DIALECTS, DifferenceKind, Findings, dialect_named
from bucketpass.errors import DeclarationError, InvalidInput, Severity

PLAIN = """\
issuers:
  own: {preset: generic, url: "https://id.example.com/realms/a", audience: s3}
buckets:
  datasets: {}
services:
  job:
    identity: {issuer: own, subject: job}
    grants: {bucket: datasets, prefix: raw/, access: read}
"""
RGW = replace(TARGET, account="", dialect="rgw")
ALL = replace(RGW, waivers=dialect_named("rgw").waivers)


def test_a_plan_for_aws_has_no_remarks() -> None:
    assert World.of(PLAIN).plan.remarks == ()


def test_every_weakness_that_is_met_has_to_be_waived_by_name() -> None:
    with pytest.raises(DeclarationError) as caught:
        World.of(PLAIN, RGW)
    names = {diagnostic.remedy.rpartition(" ")[2] for diagnostic in caught.value.diagnostics()}
    assert names == {"token-checks", "ownership", "encryption", "tls-version"}
    assert {diagnostic.place.path for diagnostic in caught.value.diagnostics()} == {"issuers.own", "buckets.datasets"}


@pytest.mark.parametrize("left", ["token-checks", "ownership", "encryption", "tls-version"])
def test_one_waiver_too_few_is_refused(left: str) -> None:
    with pytest.raises(DeclarationError, match=f"--waive {left}"):
        World.of(PLAIN, replace(RGW, waivers=tuple(name for name in ALL.waivers if name != left)))


def test_what_was_waived_is_said_in_the_plan() -> None:
    remarks = World.of(PLAIN, ALL).plan.remarks
    assert {remark.code for remark in remarks} >= {"token-without-exp", "several-audiences", "acls", "default-encryption", "tls-version"}
    assert {remark.severity for remark in remarks} == {Severity.WARNING}


def test_a_guard_rail_that_is_relaxed_needs_no_waiver() -> None:
    relaxed = PLAIN.replace("datasets: {}", "datasets: {relax: {tls: a lab on one wire}}")
    remarks = World.of(relaxed, replace(ALL, waivers=tuple(name for name in ALL.waivers if name != "tls-version"))).plan.remarks
    assert "tls-version" not in {remark.code for remark in remarks}


@pytest.mark.parametrize(
    ("target", "message"),
    [(replace(RGW, waivers=("everything",)), "`everything` is not a waiver"), (replace(RGW, dialect="minio"), "no dialect `minio`")],
)
def test_unknown_names_are_refused_with_those_there_are(target: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        World.of(PLAIN, target)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DIALECTS)
def test_codes_are_unique_and_only_weaknesses_can_be_waived(name: str) -> None:
    differences = dialect_named(name).differences
    assert len({difference.code for difference in differences}) == len(differences)
    assert all(bool(difference.waiver) is (difference.kind is DifferenceKind.WEAKER) for difference in differences)


def test_what_is_met_twice_is_noted_once() -> None:
    findings = Findings()
    findings.note("acls", ["buckets.a", "buckets.b"])
    findings.note("acls", ["buckets.a"])
    assert list(findings.met) == [("acls", "buckets.a"), ("acls", "buckets.b")]
