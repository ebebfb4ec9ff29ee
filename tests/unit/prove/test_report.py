import json
from dataclasses import dataclass, replace

from tests.unit.prove import foreign
from tests.unit.prove.worlds import SIMPLE, World

from bucketpass.prove.compare import Version, differences
from bucketpass.prove.faults import faults
from bucketpass.prove.never import never
from bucketpass.prove.question import Answer, Guarantee, Verdict, prove
from bucketpass.prove.report import (
    Result,
    as_markdown,
    as_object,
    differences_as_markdown,
    differences_as_object,
    example_lines,
    faults_as_markdown,
    faults_as_object,
    in_one_line,
    overall,
    replayed_line,
    request_lines,
)

WORLD = World.of(SIMPLE)
PROVED = Result(
    Guarantee("a | b", "a <theorem>", list, assumed=("something",), over=lambda: "3 | 4 kinds"), Answer(Verdict.PROVED, seconds=0.5)
)
UNKNOWN = Result(Guarantee("unknown", "another", list), Answer(Verdict.UNKNOWN, reasons=("a new operator",)))


def broken() -> Result:
    guarantee = never("GetObject s3://datasets/raw/*", ["trainer"], WORLD.access, WORLD.deployment)
    return Result(guarantee, prove(guarantee))


def test_all_together_is_the_worst_of_each() -> None:
    assert overall([PROVED]) is Verdict.PROVED
    assert overall([PROVED, UNKNOWN]) is Verdict.UNKNOWN
    assert overall([PROVED, UNKNOWN, broken()]) is Verdict.COUNTEREXAMPLE


def test_nothing_asked_is_nothing_proved() -> None:
    assert overall([]) is Verdict.UNKNOWN


def test_the_object_has_every_guarantee_and_the_whole_counterexample() -> None:
    written = json.loads(json.dumps(as_object([PROVED, UNKNOWN, broken()])))
    assert written["verdict"] == "counterexample"
    assert [one["verdict"] for one in written["guarantees"]] == ["proved", "unknown", "counterexample"]
    assert written["guarantees"][1]["reasons"] == ["a new operator"]
    [request] = written["guarantees"][2]["counterexample"]["requests"]
    assert (request["action"], request["resource"]) == ("s3:GetObject", "arn:aws:s3:::datasets/raw/")
    assert request["context"]["aws:SecureTransport"] == "true"
    assert request["decision"]["allowed"]
    assert request["decision"]["statements"]


def test_markdown_shows_what_is_broken_and_what_is_unknown() -> None:
    text = as_markdown([PROVED, UNKNOWN, broken()])
    assert "1 proved, 1 broken, 1 unknown" in text
    assert "| a \\| b | proved | a &lt;theorem> | 3 \\| 4 kinds |" in text
    assert "s3:GetObject arn:aws:s3:::datasets/raw/" in text
    assert "- a new operator" in text
    assert "- something" in text


@dataclass
class Sent:
    request: str
    status: int | None
    message: str = ""


def test_what_the_sandbox_answered_stands_beside_the_counterexample() -> None:
    sent = [
        Sent("GET /datasets/raw/", 200),
        Sent("PUT /datasets/raw/", 403, "AccessDenied"),
        Sent("kms:Decrypt key", None, "not by a client"),
    ]
    result = replace(broken(), replayed=sent)
    lines = [replayed_line(one) for one in sent]
    assert lines == [
        "sandbox: GET /datasets/raw/ -> 200",
        "sandbox: PUT /datasets/raw/ -> 403 AccessDenied",
        "not sent to the sandbox: kms:Decrypt key: not by a client",
    ]
    assert all(line in as_markdown([result]) for line in lines)
    [guarantee] = json.loads(json.dumps(as_object([result])))["guarantees"]
    assert [one["status"] for one in guarantee["replayed"]] == [200, 403, None]


def test_a_token_stands_before_the_request_that_it_leads_to() -> None:
    answer = broken().answer.counterexample
    assert answer is not None
    token, who, *_ = example_lines(answer)
    assert token == "token with iss = `https://acme.okta.com/oauth2/default`, sub = `0oa1trainer`, aud = `s3-data`"
    assert who.startswith("arn:aws:sts::")


def test_a_request_is_a_line_for_each_thing_about_it() -> None:
    answer = broken().answer.counterexample
    assert answer is not None
    lines = request_lines(*answer.requests[0])
    assert lines[1] == "s3:GetObject arn:aws:s3:::datasets/raw/"
    assert "  aws:SecureTransport = `true`" in lines
    assert lines[-1].startswith("allowed by statement")


def test_differences_are_written_with_their_examples() -> None:
    new = World.of(SIMPLE.replace("prefix: raw/, access: read", "prefix: raw/, access: [read, delete]"))
    found = list(differences(Version(WORLD.access, WORLD.deployment), Version(new.access, new.deployment)))
    written = json.loads(json.dumps(differences_as_object(found)))
    assert [one["relation"] for one in written["differences"]] == ["equal", "more", "equal", "equal", "equal", "equal"]
    text = differences_as_markdown(found)
    assert "| trainer | requests | more |" in text
    [who, what, *_, before, now] = text[text.index("```text") + 8 :].splitlines()[:-1]
    assert (who.partition("/")[0], what) == ("arn:aws:sts::111122223333:assumed-role", "s3:DeleteObject arn:aws:s3:::datasets/raw/")
    assert (before, now.partition(" by ")[0]) == ("before: no identity-based policy allows s3:DeleteObject", "now: allowed")


def test_what_follows_from_the_principal_is_not_said_again() -> None:
    answer = broken().answer.counterexample
    assert answer is not None
    text = " ".join((*example_lines(answer), in_one_line(answer)))
    assert "aws:PrincipalArn" in answer.requests[0][0].context and "aws:PrincipalArn" not in text and "aws:userid" not in text


def test_faults_are_written_with_what_mends_them() -> None:
    found = list(faults(foreign.deployment(foreign.DOCUMENTED_TRUST, foreign.CLASSIC_POLICY)))
    [written] = json.loads(json.dumps(faults_as_object(found)))["findings"]
    assert (written["code"], written["path"], written["verdict"]) == ("changes-permissions", "app", "counterexample")
    assert "| changes-permissions | app | the role may change permissions |" in faults_as_markdown(found)
