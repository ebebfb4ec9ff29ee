from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.prove.worlds import CREATING, RICH, SIMPLE, TENANTS, World

from bucketpass.deployment.resources import Deployment
from bucketpass.errors import InvalidInput
from bucketpass.model import Access, Service
from bucketpass.policy import Effect, PolicyDocument, Statement
from bucketpass.prove import store as stores
from bucketpass.prove.guarantees import guarantees
from bucketpass.prove.proofs import Proofs, prove_all
from bucketpass.prove.question import Verdict
from bucketpass.prove.store import Digests, ProofStore

WORLD = World.of(SIMPLE)


def run(path: Path, deployment: Deployment = WORLD.deployment) -> tuple[dict[str, Verdict], int]:
    """The verdicts by name, and how many parts were asked about."""
    proofs = Proofs(store=(store := ProofStore(path)))
    asked = guarantees(WORLD.access, deployment, keys=True)
    found = {one.name: answer.verdict for one, answer in prove_all(asked, proved=proofs.proved, store=store)}
    store.save()
    return found, proofs.asked


def test_what_is_kept_is_not_proved_again(tmp_path: Path) -> None:
    first, asked = run(tmp_path / "proofs")
    again, asked_again = run(tmp_path / "proofs")
    assert first == again
    assert asked > 0
    assert asked_again == 0
    assert (tmp_path / "proofs").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["proofs"]


def test_what_changed_is_proved_anew_and_broken_where_it_is(tmp_path: Path) -> None:
    run(tmp_path / "proofs")
    statement = Statement(Effect.ALLOW, actions=("s3:DeleteObject",), resources=("*",))
    role = WORLD.deployment.roles[0]
    policy = replace(role.policies[0], document=PolicyDocument((*role.policies[0].document.statements, statement)))
    roles = (replace(role, policies=(policy, *role.policies[1:])), *WORLD.deployment.roles[1:])
    changed = replace(WORLD.deployment, roles=roles)
    for _ in range(2):
        found, asked = run(tmp_path / "proofs", changed)
        assert found[f"requests of {role.service}"] is Verdict.COUNTEREXAMPLE
        assert found["requests of evaluator"] is Verdict.PROVED
        assert asked > 0


def test_everything_that_an_answer_depends_on_is_in_its_key() -> None:
    access, deployment = WORLD.access, WORLD.deployment
    role, bucket, key = deployment.roles[0], deployment.buckets[0], deployment.keys[0]
    more = PolicyDocument((Statement(Effect.ALLOW, actions=("s3:GetObject",), resources=("*",)),))
    others = (
        (access, replace(deployment, providers=())),
        (access, replace(deployment, roles=(replace(role, boundary="arn:aws:iam::111122223333:policy/b"), *deployment.roles[1:]))),
        (access, replace(deployment, roles=(replace(role, trust=replace(role.trust, document=more)), *deployment.roles[1:]))),
        (access, replace(deployment, buckets=(replace(bucket, public_access=None),))),
        (access, replace(deployment, buckets=(replace(bucket, bucket_key=False),))),
        (access, replace(deployment, buckets=(replace(bucket, known=False),))),
        (access, replace(deployment, keys=(replace(key, policy=replace(key.policy, document=more)),))),
        (access, replace(deployment, target=replace(deployment.target, region="eu-west-1"))),
        (access, replace(deployment, guardrails=replace(deployment.guardrails, organization="o-abcdefghij"))),
        (replace(access, buckets={"datasets": replace(access.buckets["datasets"], exclusive=False)}), deployment),
        (replace(access, issuers={}), deployment),
        (replace(access, services={}), deployment),
    )
    digests = [Digests().of(*one) for one in ((access, deployment), *others)]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize("text", [SIMPLE, TENANTS, RICH, CREATING])
def test_every_field_of_a_declaration_has_a_digest(text: str) -> None:
    world = World.of(text)
    assert Digests().of(world.access, world.deployment) == Digests().of(world.access, World.of(text).deployment)


def test_values_of_other_types_or_borders_are_digested_otherwise() -> None:
    service = Service(identity=())
    values = [replace(service, path=path) for path in ("/a/", "/")]
    values += [replace(service, keys=keys) for keys in ((), ("a", "b"), ("ab",), ("a,b",))] + [replace(service, force_detach=True)]
    values += [replace(service, tags=tags) for tags in ({"a": "b"}, {"a": ""}, {"b": "a"})]
    digests = {Digests().of(replace(WORLD.access, services={"one": one}), WORLD.deployment) for one in values}
    assert len(digests) == len(values) - 1  # the default path


def test_another_prover_takes_no_proof_for_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "proofs")
    monkeypatch.setattr(stores, "prover_version", lambda: b"another")
    assert run(tmp_path / "proofs")[1] > 0


def test_of_what_changed_only_the_parts_that_did_are_proved_again(tmp_path: Path) -> None:
    def solved(access: Access, deployment: Deployment) -> tuple[int, int]:
        store = ProofStore(tmp_path / "proofs")
        proofs = Proofs(store=store)
        asked = guarantees(access, deployment, keys=True)
        assert {answer.verdict for _, answer in prove_all(asked, proved=proofs.proved, store=store)} == {Verdict.PROVED}
        store.save()
        return proofs.asked, proofs.solved

    asked, first = solved(WORLD.access, WORLD.deployment)
    changed = World.of(SIMPLE.replace("prefix: raw/", "prefix: other/"))
    assert changed.access != WORLD.access
    again, some = solved(changed.access, changed.deployment)
    assert 0 < again <= asked
    assert 0 < some <= first / 2
    assert solved(changed.access, changed.deployment) == (0, 0)
    assert solved(WORLD.access, WORLD.deployment)[0] > 0


def test_a_file_of_an_earlier_prover_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "proofs"
    path.write_bytes(b"bucketpass proofs 1\n" + bytes(32))
    path.chmod(0o600)
    assert run(path)[1] > 0
    assert run(path)[1] == 0


@pytest.mark.parametrize(
    "text", [b"something of a person's", b"bucketpass proofs 2\nshort", b"bucketpass proofs 2\n" + bytes(35) + b"\2" + bytes(32)]
)
def test_a_file_that_is_something_else_is_refused_and_kept(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "proofs"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(InvalidInput, match="is not a file of proofs"):
        ProofStore(path)
    assert path.read_bytes() == text


def test_a_file_that_others_can_write_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "proofs"
    path.write_bytes(b"bucketpass proofs 1\n")
    path.chmod(0o622)
    with pytest.raises(InvalidInput, match="others can write"):
        ProofStore(path)


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    store = ProofStore(tmp_path / "no" / "proofs")
    store.add(b"x" * 32)
    with pytest.raises(InvalidInput, match="cannot write"):
        store.save()
