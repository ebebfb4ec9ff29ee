import random

from tests.unit.prove import drawn

from bucketpass.decide import PrincipalKind
from bucketpass.decide.principals import GrantedTo, compile_not_principal, compile_principal
from bucketpass.policy import Effect, PrincipalElement
from bucketpass.prove.keys import TextValue
from bucketpass.prove.principals import PrincipalMatch, SymbolicPrincipal, match_not_principal, match_principal
from bucketpass.prove.theory.solver import Witness, holds

ROLES = SymbolicPrincipal(
    PrincipalKind.ROLE_SESSION, TextValue("name", f"arn:aws:iam::{drawn.ACCOUNT}:role/"), drawn.ACCOUNT, session="session"
)
EVERYBODY = (
    ROLES,
    SymbolicPrincipal(PrincipalKind.ROLE_SESSION, drawn.ROLE, drawn.ACCOUNT, session="session"),
    SymbolicPrincipal(PrincipalKind.USER, TextValue("name", f"arn:aws:iam::{drawn.ACCOUNT}:user/"), drawn.ACCOUNT),
    SymbolicPrincipal(PrincipalKind.ROOT, f"arn:aws:iam::{drawn.OTHER}:root", drawn.OTHER),
    SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, TextValue("name")),
    SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, "acme.example"),
    SymbolicPrincipal(PrincipalKind.SERVICE, TextValue("name")),
    SymbolicPrincipal(PrincipalKind.ANONYMOUS),
    SymbolicPrincipal(PrincipalKind.USER, TextValue("name", f"arn:aws:sts::{drawn.ACCOUNT}:federated-user/"), drawn.ACCOUNT),
    SymbolicPrincipal(PrincipalKind.USER, TextValue("name", f"arn:aws:iam::{drawn.OTHER}:user/"), drawn.OTHER, unique_id="AIDAEXAMPLE"),
    SymbolicPrincipal(PrincipalKind.ROLE_SESSION, drawn.ROLE, drawn.ACCOUNT, session="session", unique_id="AROAEXAMPLE"),
    SymbolicPrincipal(PrincipalKind.ROLE_SESSION, drawn.ROLE, drawn.ACCOUNT, session="session", canonical_user="79a5"),
    SymbolicPrincipal(PrincipalKind.ROOT, f"arn:aws:iam::{drawn.OTHER}:root", drawn.OTHER, canonical_user="ann"),
    SymbolicPrincipal(PrincipalKind.CANONICAL_USER, canonical_user=TextValue("name")),
    SymbolicPrincipal(
        PrincipalKind.ORIGIN_ACCESS_IDENTITY, TextValue("name", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ")
    ),
)
NAMES = ("79a5", "trainer", "path/b", "ann", "acme.example", "logging.s3.amazonaws.com", "z")


def strength(meant: PrincipalMatch, witness: Witness) -> GrantedTo:
    """The strongest of the ways in which the one who asks is meant."""
    ways = ((GrantedTo.SESSION, meant.session), (GrantedTo.ROLE, meant.role), (GrantedTo.ACCOUNT, meant.account))
    return next((way for way, formula in ways if holds(formula, witness)), GrantedTo.NONE)


def test_principals_are_meant_as_strongly_as_the_engine_says() -> None:
    chance = random.Random(12)
    seen = set()
    for _ in range(1500):
        element, who, effect = drawn.principal(chance), chance.choice(EVERYBODY), chance.choice(list(Effect))
        texts = {"name": chance.choice(NAMES), "session": chance.choice(["one", "two"])}
        asked, witness = who.concrete(texts), Witness(texts)
        expected = compile_principal(element)(asked)
        assert strength(match_principal(element, who), witness) == expected, (element, asked)
        assert strength(match_not_principal(element, who, effect), witness) == compile_not_principal(element, effect)(asked), (
            element,
            asked,
        )
        seen.add(expected)
    assert seen == set(GrantedTo)


def test_a_session_is_named_by_the_last_part_of_its_role() -> None:
    element = PrincipalElement(aws=(f"arn:aws:sts::{drawn.ACCOUNT}:assumed-role/trainer/one",))
    meant = match_principal(element, ROLES)
    assert strength(meant, Witness({"name": "path/trainer", "session": "one"})) is GrantedTo.SESSION
    assert strength(meant, Witness({"name": "trainer", "session": "two"})) is GrantedTo.NONE
