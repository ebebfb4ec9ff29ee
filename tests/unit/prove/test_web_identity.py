import random

import pytest

from bucketpass.decide import NamedPolicy
from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.web_identity import token_keys
from bucketpass.deployment.resources import DeployedRole
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement
from bucketpass.prove.keys import Absent, Fixed, FreeText, FreeTextOrList
from bucketpass.prove.theory.formula import conjunction, negation
from bucketpass.prove.theory.solver import Satisfied, Unsatisfiable, Witness, holds, solve
from bucketpass.prove.web_identity import admits, claims_of, decide_token, session_tags_of, takes_audience, token_request

ARN = "arn:aws:iam::111122223333:oidc-provider/acme.example"
PROVIDER = TrustedProvider(ARN, "https://acme.example", ("data", "more"))
TRUSTED = (
    Condition("StringEquals", "acme.example:sub", ("a",)),
    Condition("StringLike", "acme.example:sub", ("a*",)),
    Condition("StringEquals", "acme.example:aud", ("data",)),
    Condition("StringEquals", "https://acme.example:sub", ("a",)),
    Condition("ForAnyValue:StringEquals", "acme.example:amr", ("mfa",)),
    Condition("ForAllValues:StringEquals", "aws:TagKeys", ("team",)),
    Condition("StringLike", "aws:RequestTag/team", ("?*",)),
    Condition("StringEquals", "acme.example:repository", ("x",)),
    Condition("Null", "sts:SourceIdentity", ("true",)),
    Condition("StringEquals", "aws:PrincipalArn", (ARN,)),
    Condition("Bool", "sts:RoleAuthorizedByIdp", ("false",)),
)


def role(*lines: Condition, actions: tuple[str, ...] = ("sts:AssumeRoleWithWebIdentity",)) -> DeployedRole:
    statement = Statement(Effect.ALLOW, actions=actions, principal=PrincipalElement(federated=(ARN,)), conditions=lines)
    return DeployedRole("arn:aws:iam::111122223333:role/r", NamedPolicy("trust", PolicyDocument((statement,))))


def claims(chance: random.Random) -> dict[str, object]:
    made: dict[str, object] = {"sub": chance.choice(["a", "ab", "b"]), "aud": chance.choice(["data", "more", "other"])}
    if chance.random() < 0.3:
        made["amr"] = chance.choice([["mfa"], ["pwd", "mfa"], ["pwd"]])
    if chance.random() < 0.4:
        made["https://aws.amazon.com/tags"] = {"principal_tags": {chance.choice(["team", "cost"]): [chance.choice(["x", ""])]}}
    if chance.random() < 0.2:
        made["https://aws.amazon.com/source_identity"] = "ann"
    return made


def test_a_token_is_admitted_exactly_where_the_engine_gives_a_session() -> None:
    chance = random.Random(13)
    seen = {True: 0, False: 0}
    for _ in range(400):
        actions = ("sts:AssumeRoleWithWebIdentity", *chance.sample(["sts:TagSession", "sts:SetSourceIdentity"], chance.randint(0, 2)))
        deployed = role(*chance.sample(TRUSTED, chance.randint(0, 3)), actions=actions)
        token = claims(chance)
        asked = WebIdentityRequest(PROVIDER.url, token, TrustedRole(deployed.arn, deployed.trust), PROVIDER)
        expected = assume_role_with_web_identity(asked).allowed
        request = token_request(PROVIDER, [deployed], ["team", "cost"])
        formula = conjunction(request.facts, takes_audience(request, PROVIDER), admits(deployed, request))
        assert holds(formula, as_witness(token)) == expected, (deployed, token)
        seen[expected] += 1
    assert min(seen.values()) > 50


def as_witness(token: dict[str, object]) -> Witness:
    texts: dict[str, str | tuple[str, ...]] = {
        "resource": "arn:aws:iam::111122223333:role/r",
        "sts:rolesessionname": "session",
        "acme.example:sub": str(token["sub"]),
        "acme.example:aud": str(token["aud"]),
    }
    flags = {"acme.example:sub is present": True}
    amr, tags = token.get("amr"), token.get("https://aws.amazon.com/tags")
    if isinstance(amr, list):
        texts["acme.example:amr"], flags["acme.example:amr is present"] = tuple(amr), True
    if isinstance(tags, dict):
        [(key, [value])] = tags["principal_tags"].items()
        texts["aws:tagkeys"], texts[f"aws:requesttag/{key}"] = (key,), value
        flags |= {"aws:tagkeys is present": True, f"aws:requesttag/{key} is present": True}
    if "https://aws.amazon.com/source_identity" in token:
        texts["sts:sourceidentity"], flags["sts:sourceidentity is present"] = "ann", True
    return Witness(texts, {"action": "sts:AssumeRoleWithWebIdentity", "sts:roleauthorizedbyidp": "false"}, flags)


def test_a_key_with_a_scheme_or_of_a_claim_that_aws_does_not_read_is_in_no_token() -> None:
    request = token_request(PROVIDER, [role(*TRUSTED)])
    assert request.key("https://acme.example:sub") == Absent()
    assert request.key("acme.example:repository") == Absent()
    assert request.key("aws:PrincipalArn") == Absent()
    assert request.key("aws:userid") == Fixed(ARN)


def test_a_key_of_aws_that_is_not_known_may_be_there() -> None:
    request = token_request(PROVIDER, [role(Condition("StringEquals", "aws:InventedTomorrow", ("x",)))])
    assert isinstance(request.key("aws:InventedTomorrow"), FreeText)


def test_a_trust_without_a_subject_admits_every_subject() -> None:
    deployed = role(Condition("StringEquals", "acme.example:aud", ("data",)))
    request = token_request(PROVIDER, [deployed])
    outcome = solve(conjunction(request.facts, admits(deployed, request)), request.domains)
    assert isinstance(outcome, Satisfied)
    assert decide_token([deployed])(request.concrete(outcome.witness)).allowed


def test_a_token_with_tags_needs_an_action_of_its_own() -> None:
    deployed = role(Condition("StringEquals", "acme.example:sub", ("a",)))
    request = token_request(PROVIDER, [deployed])
    assert solve(conjunction(request.facts, admits(deployed, request), session_tags_of(request)), request.domains) == Unsatisfiable()


def test_the_list_of_tag_keys_and_the_tags_go_together() -> None:
    deployed = role(Condition("Null", "aws:RequestTag/team", ("false",)), Condition("Null", "aws:TagKeys", ("true",)))
    request = token_request(PROVIDER, [deployed])
    assert solve(conjunction(request.facts, admits(deployed, request)), request.domains) == Unsatisfiable()


def test_an_audience_that_is_no_client_id_is_not_taken() -> None:
    deployed = role(Condition("StringEquals", "acme.example:aud", ("other",)))
    request = token_request(PROVIDER, [deployed])
    taken = conjunction(request.facts, admits(deployed, request), takes_audience(request, PROVIDER))
    assert solve(taken, request.domains) == Unsatisfiable()
    not_taken = conjunction(request.facts, admits(deployed, request), negation(takes_audience(request, PROVIDER)))
    assert isinstance(solve(not_taken, request.domains), Satisfied)


def test_a_counterexample_becomes_a_token_that_brings_its_keys() -> None:
    chance = random.Random(17)
    request = token_request(PROVIDER, [role()], ["team", "cost"])
    for _ in range(50):
        token = claims(chance)
        found = claims_of(PROVIDER, request.concrete(as_witness(token)))
        keys, again = token_keys(PROVIDER.url, token), token_keys(PROVIDER.url, found)
        assert (again.claims, again.tags, again.source_identity) == (keys.claims, keys.tags, keys.source_identity)
        assert found["iss"] == PROVIDER.url


def test_the_first_role_that_admits_a_token_answers() -> None:
    strict, open_ = role(Condition("StringEquals", "acme.example:sub", ("a",))), role()
    request = token_request(PROVIDER, [strict, open_]).concrete(as_witness({"sub": "b", "aud": "data"}))
    assert not decide_token([strict])(request).allowed
    assert decide_token([strict, open_])(request).allowed
    assert not decide_token([])(request).allowed


def test_a_token_for_several_audiences_beside_its_party_is_one_that_can_come() -> None:
    deployed = role(Condition("ForAnyValue:StringEquals", "acme.example:oaud", ("api",)))
    request = token_request(PROVIDER, [deployed])
    state = request.key("acme.example:oaud")
    assert isinstance(state, FreeTextOrList)
    outcome = solve(conjunction(request.facts, admits(deployed, request), state.several), request.domains)
    assert isinstance(outcome, Satisfied)
    found = request.concrete(outcome.witness)
    audiences = found.context["acme.example:oaud"]
    assert len(audiences) == 2
    assert "api" in audiences
    assert decide_token([deployed])(found).allowed
    assert claims_of(PROVIDER, found)["aud"] == list(audiences)


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLikeIfExists"])
def test_a_condition_without_set_operator_is_never_met_by_several_audiences(operator: str) -> None:
    deployed = role(Condition(operator, "acme.example:oaud", ("api",)))
    request = token_request(PROVIDER, [deployed])
    state = request.key("acme.example:oaud")
    assert isinstance(state, FreeTextOrList)
    several = conjunction(request.facts, admits(deployed, request), state.present, state.several)
    assert solve(several, request.domains) == Unsatisfiable()
