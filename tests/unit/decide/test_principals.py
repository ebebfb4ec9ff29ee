"""Whom a Principal or NotPrincipal means."""

import pytest
from tests.strategies import ACCOUNT, OTHER_ACCOUNT, PROVIDER, ROLE, SESSION, USER

from bucketpass.decide.principals import Strength, compile_not_principal, compile_principal
from bucketpass.decide.request import Principal, PrincipalKind
from bucketpass.policy.document import Effect, PrincipalElement

ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
ROLE_SESSION = Principal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, SESSION, unique_id="AROAEXAMPLE")
ANN = Principal(PrincipalKind.USER, USER, ACCOUNT)
ROOT = Principal(PrincipalKind.ROOT, ROOT_ARN, ACCOUNT)
FEDERATED = Principal(PrincipalKind.FEDERATED, PROVIDER)
SERVICE = Principal(PrincipalKind.SERVICE, "logging.s3.amazonaws.com")
NOBODY = Principal(PrincipalKind.ANONYMOUS)


@pytest.mark.parametrize(
    ("element", "principal", "strength"),
    [
        (PrincipalElement(everyone=True), NOBODY, Strength.DIRECT),
        (PrincipalElement(everyone=True), FEDERATED, Strength.DIRECT),
        (PrincipalElement(aws=("*",)), NOBODY, Strength.DIRECT),
        (PrincipalElement(aws=("*",)), ROLE_SESSION, Strength.DIRECT),
        (PrincipalElement(aws=("*",)), FEDERATED, Strength.NONE),
        (PrincipalElement(aws=(ROLE,)), ROLE_SESSION, Strength.ROLE),
        (PrincipalElement(aws=("AROAEXAMPLE",)), ROLE_SESSION, Strength.ROLE),
        (PrincipalElement(aws=(SESSION,)), ROLE_SESSION, Strength.DIRECT),
        (PrincipalElement(aws=(USER,)), ANN, Strength.DIRECT),
        (PrincipalElement(aws=(ACCOUNT,)), ROLE_SESSION, Strength.ACCOUNT),
        (PrincipalElement(aws=(ROOT_ARN,)), ANN, Strength.ACCOUNT),
        (PrincipalElement(aws=(ROOT_ARN,)), ROOT, Strength.DIRECT),
        (PrincipalElement(aws=(OTHER_ACCOUNT,)), ANN, Strength.NONE),
        (PrincipalElement(aws=(ROLE.lower() + "x", USER)), ROLE_SESSION, Strength.NONE),
        (PrincipalElement(federated=(PROVIDER,)), FEDERATED, Strength.DIRECT),
        (PrincipalElement(federated=(PROVIDER + "/",)), FEDERATED, Strength.NONE),
        (PrincipalElement(federated=("*",)), FEDERATED, Strength.NONE),
        (PrincipalElement(service=("logging.s3.amazonaws.com",)), SERVICE, Strength.DIRECT),
        (PrincipalElement(aws=("logging.s3.amazonaws.com",)), NOBODY, Strength.NONE),
        (PrincipalElement(canonical_user=("abc",)), NOBODY, Strength.NONE),
        (PrincipalElement(canonical_user=("",)), ANN, Strength.NONE),
    ],
)
def test_an_element_means_a_principal_so_strongly(element: PrincipalElement, principal: Principal, strength: Strength) -> None:
    assert compile_principal(element)(principal) is strength


@pytest.mark.parametrize(
    ("listed", "principal", "spared"),
    [
        ((ROLE, SESSION, ROOT_ARN), ROLE_SESSION, True),
        ((ROLE, SESSION), ROLE_SESSION, False),
        ((ROLE, ACCOUNT), ROLE_SESSION, False),
        ((USER, ACCOUNT), ANN, True),
        ((USER,), ANN, False),
        (("*",), NOBODY, True),
        ((USER,), NOBODY, False),
        ((ACCOUNT,), ROOT, True),
        ((ROOT_ARN,), ROOT, True),
        ((OTHER_ACCOUNT,), ROOT, False),
    ],
)
def test_a_deny_spares_only_whom_it_lists_in_every_form(listed: tuple[str, ...], principal: Principal, spared: bool) -> None:
    test = compile_not_principal(PrincipalElement(aws=listed), Effect.DENY)
    assert (test(principal) is Strength.NONE) is spared


def test_an_allow_leaves_out_whom_it_lists_in_any_form() -> None:
    test = compile_not_principal(PrincipalElement(aws=(ROLE,)), Effect.ALLOW)
    assert test(ROLE_SESSION) is Strength.NONE
    assert test(ANN) is Strength.DIRECT
