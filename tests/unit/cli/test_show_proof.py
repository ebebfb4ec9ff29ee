import pytest
from tests.unit.prove import foreign
from tests.unit.prove.worlds import SIMPLE, World

from bucketpass.cli.show_proof import show_differences, show_faults, show_results
from bucketpass.prove.compare import Version, differences
from bucketpass.prove.faults import faults
from bucketpass.prove.never import never
from bucketpass.prove.question import Answer, Guarantee, Verdict, prove
from bucketpass.prove.report import Result

WORLD = World.of(SIMPLE)


def test_results_show_the_answer_the_example_and_what_was_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    broken = never("GetObject s3://datasets/raw/*", ["trainer"], WORLD.access, WORLD.deployment)
    unknown = Guarantee("[a] name", "a theorem", list, assumed=("something",))
    show_results([Result(broken, prove(broken)), Result(unknown, Answer(Verdict.UNKNOWN, reasons=("a new operator",)))])
    out = capsys.readouterr().out
    assert "s3:GetObject arn:aws:s3:::datasets/raw/" in out
    assert "[a] name" in out
    assert "not known: a new operator" in out
    assert "assumed: something" in out
    assert "1 counterexample, 1 unknown" in out


def test_differences_show_what_is_gained_and_lost(capsys: pytest.CaptureFixture[str]) -> None:
    new = World.of(SIMPLE.replace("subject: 0oa1trainer", "subject: two"))
    show_differences(list(differences(Version(WORLD.access, WORLD.deployment), Version(new.access, new.deployment))))
    out = capsys.readouterr().out
    assert "trainer: tokens incomparable" in out
    assert "acme.okta.com/oauth2/default:sub = `two`" in out
    assert "acme.okta.com/oauth2/default:sub = `0oa1trainer`" in out


def test_faults_show_their_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    show_faults(list(faults(foreign.deployment(foreign.DOCUMENTED_TRUST, foreign.CLASSIC_POLICY))))
    show_faults([])
    out = capsys.readouterr().out
    assert "warning app changes-permissions\n  the role may change permissions\n" in out
    assert "remedy: Allow single actions" in out
    assert out.endswith("0 findings\n")
