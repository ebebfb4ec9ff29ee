"""How long the prover takes, from policy documents to the answer, and how much memory; cvc5's strings on the same formulas.

Questions: is there a request that the policies allow and that was not declared? Is there a token that the trust admits and that is
none of the declared? Unsatisfiable where all is declared, satisfiable where the last grant and the last subject are not. Each
number of grants is that of subjects in the trust, and of statements in the role's policy and in the bucket's, beside the refusals
of plain http and of other principals. Families:

* base: `team-7/*`, declared as it is;
* nested: `team-7/year=????/month=??/*.parquet`, declared as `team-7/*`;
* infix: `acme-*/*/team-7/*/part-*.parquet`, declared as `acme-*/*/team-7/*`.

`python -m benchmarks.prove --json`: `seconds_100_base` (bar 1 s; the slower of both answers, which stand beside it),
`seconds_100_nested`, `seconds_100_infix` (1 s), `seconds_300_*` (5 s), `seconds_1000_base` (10 s), `peak_mib` (100 MiB: the largest
process that answered a question of 100 grants), `cvc5_seconds_100_*` (null: no answer in 20 s).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from bucketpass.compile import Target
from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.assume_role import Provider
from bucketpass.deployment import DeployedRole, Deployment
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.callers import S3_ACTIONS, service_session
from bucketpass.prove.keys import FreeText
from bucketpass.prove.layers import allowed, documents_of
from bucketpass.prove.request import SymbolicRequest, Vocabulary, text_matches
from bucketpass.prove.second_opinion import Opinion, ask_cvc5
from bucketpass.prove.theory.formula import Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, solve
from bucketpass.prove.web_identity import admits, token_request

ROLE = "arn:aws:iam::111122223333:role/trainer"
ACTIONS = ("s3:GetObject", "s3:PutObject")
PROVIDER = Provider("arn:aws:iam::111122223333:oidc-provider/acme.okta.com", "https://acme.okta.com", ("s3-data",))
Pattern = Callable[[int], str]
Question = tuple[SymbolicRequest, Formula]
FAMILIES: dict[str, tuple[Pattern, Pattern]] = {
    "base": (lambda number: f"data/team-{number}/*", lambda number: f"data/team-{number}/*"),
    "nested": (lambda number: f"data/team-{number}/year=????/month=??/*.parquet", lambda number: f"data/team-{number}/*"),
    "infix": (lambda number: f"acme-*/*/team-{number}/*/part-*.parquet", lambda number: f"acme-*/*/team-{number}/*"),
}
SIZES = {"base": (1, 10, 100, 300, 1000), "nested": (1, 10, 100, 300), "infix": (1, 10, 100, 300)}
CVC5_SECONDS = 20.0


def layers(family: str, grants: int) -> PolicySet:
    """The role's policy and the bucket's, a statement for each grant in both."""
    narrow, _ = FAMILIES[family]
    everyone, everything = PrincipalElement(everyone=True), ("arn:aws:s3:::*",)
    allows = [Statement(Effect.ALLOW, actions=ACTIONS, resources=(f"arn:aws:s3:::{narrow(number)}",)) for number in range(grants)]
    lets_in = [
        Statement(Effect.ALLOW, actions=ACTIONS, resources=statement.resources, principal=PrincipalElement(aws=(ROLE,)))
        for statement in allows
    ]
    plain = Condition("Bool", "aws:SecureTransport", ("false",))
    others = Condition("ArnNotLikeIfExists", "aws:PrincipalArn", (ROLE,))
    refuses = [
        Statement(Effect.DENY, actions=("s3:*",), resources=everything, principal=everyone, conditions=(line,)) for line in (plain, others)
    ]
    return PolicySet(
        identity=(NamedPolicy("role", PolicyDocument(tuple(allows))),),
        resource=(NamedPolicy("bucket", PolicyDocument((*lets_in, *refuses))),),
    )


def trust_question(subjects: int, declared: int) -> Question:
    """Tokens that the trust admits and whose subject is none of the first `declared`."""
    pinned = (
        Condition("StringEquals", "acme.okta.com:aud", ("s3-data",)),
        Condition("StringEquals", "acme.okta.com:sub", tuple(f"service-{number}" for number in range(subjects))),
    )
    trust = Statement(
        Effect.ALLOW,
        actions=("sts:AssumeRoleWithWebIdentity",),
        principal=PrincipalElement(federated=(PROVIDER.arn,)),
        conditions=pinned,
    )
    role = DeployedRole(ROLE, NamedPolicy("trust", PolicyDocument((trust,))))
    request = token_request(PROVIDER, [role])
    subject = request.key("acme.okta.com:sub")
    assert isinstance(subject, FreeText)
    means = disjunction(*(text_matches(subject.text, Glob.literal(f"service-{number}")) for number in range(declared)))
    return request, conjunction(request.facts, admits(role, request), negation(means))


def questions(family: str, grants: int, missing: int) -> tuple[Question, Question]:
    """Both questions, with the last `missing` grants and subjects left out of what is declared."""
    return question(family, grants, grants - missing), trust_question(grants, grants - missing)


def question(family: str, grants: int, declared: int) -> Question:
    """Requests that the policies allow and that none of the first `declared` grants means."""
    policies = layers(family, grants)
    role = DeployedRole(ROLE, NamedPolicy("trust", PolicyDocument(())))
    deployment = Deployment(Target("111122223333", "eu-central-1"), roles=(role,))
    request = service_session(role, deployment, S3_ACTIONS, Vocabulary.of(documents_of(policies)))
    _, wide = FAMILIES[family]
    means = disjunction(*(Matches(request.resource, Glob.parse(f"arn:aws:s3:::{wide(number)}")) for number in range(declared)))
    means = conjunction(request.does(ACTIONS), means)
    return request, conjunction(request.facts, allowed(request, policies), negation(means))


def measure(family: str, grants: int) -> dict[str, float | None]:
    """The seconds of both answers, each of them checked."""
    found: dict[str, float | None] = {}
    for name, missing, expected in (("unsatisfiable", 0, Unsatisfiable), ("satisfiable", 1, Satisfied)):
        started = time.perf_counter()
        outcomes = [solve(formula, request.domains) for request, formula in questions(family, grants, missing)]
        found[f"seconds_{grants}_{family}_{name}"] = time.perf_counter() - started
        assert all(isinstance(outcome, expected) for outcome in outcomes), (family, grants, name, outcomes)
    found[f"seconds_{grants}_{family}"] = max(value for value in found.values() if value is not None)
    return found


def measure_cvc5(family: str, grants: int) -> dict[str, float | None]:
    """The seconds that cvc5 takes for both answers, or None where it gives none."""
    found: dict[str, float | None] = {}
    for name, missing, expected in (("unsatisfiable", 0, Opinion.UNSATISFIABLE), ("satisfiable", 1, Opinion.SATISFIABLE)):
        asked = questions(family, grants, missing)
        started = time.perf_counter()
        opinions = {ask_cvc5(formula, request.domains, CVC5_SECONDS) for request, formula in asked}
        found[f"cvc5_seconds_{grants}_{family}_{name}"] = None if Opinion.NONE in opinions else time.perf_counter() - started
        assert opinions <= {expected, Opinion.NONE}, (family, grants, name, opinions)
    return found


def in_process_of_its_own(arguments: list[str]) -> dict[str, float | None]:
    """What this program measures when it is started anew: nothing is warm, and the memory is that of one question."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.prove", *arguments], check=True, capture_output=True, text=True)
    measured: dict[str, float | None] = json.loads(done.stdout)
    return measured


def main() -> None:
    """Print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--one", nargs=2, metavar=("FAMILY", "GRANTS"), help=argparse.SUPPRESS)
    parser.add_argument("--without-cvc5", action="store_true", help="only our own solver")
    arguments = parser.parse_args()
    if arguments.one:
        family, grants = arguments.one[0], int(arguments.one[1])
        measured = measure(family, grants)
        measured["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(measured))
        return
    measured, peaks = {}, []
    for family, sizes in SIZES.items():
        for grants in sizes:
            one = in_process_of_its_own(["--one", family, str(grants)])
            peak = one.pop("peak_mib")
            if grants == 100 and peak is not None:
                peaks.append(peak)
            measured |= one
        if not arguments.without_cvc5:
            measured |= measure_cvc5(family, 100)
    measured["peak_mib"] = max(peaks)
    rounded = {name: None if value is None else round(value, 3) for name, value in measured.items()}
    print(json.dumps(rounded) if arguments.json else "\n".join(f"{name:40} {value}" for name, value in rounded.items()))


if __name__ == "__main__":
    main()
