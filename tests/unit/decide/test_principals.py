"""Whom a Principal or NotPrincipal means."""

import pytest
from tests.strategies import ACCOUNT, OTHER_ACCOUNT, PROVIDER, ROLE, SESSION, USER

from bucketpass.decide.principals import GrantedTo, compile_not_principal, compile_principal
from bucketpass.policy.document import Effect, PrincipalElement
from bucketpass.requests.callers import Principal, PrincipalKind

ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
ROLE_SESSION = Principal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, SESSION, unique_id="AROAEXAMPLE")
ANN = Principal(PrincipalKind.USER, USER, ACCOUNT)
ROOT = Principal(PrincipalKind.ROOT, ROOT_ARN, ACCOUNT)
FEDERATED = Principal(PrincipalKind.WEB_IDENTITY, PROVIDER)
SERVICE = Principal(PrincipalKind.SERVICE, "logging.s3.amazonaws.com")
NOBODY = Principal(PrincipalKind.ANONYMOUS)


CANONICAL = Principal(PrincipalKind.CANONICAL_USER, canonical_user="c0ffee")
IDENTITY = Principal(
    PrincipalKind.ORIGIN_ACCESS_IDENTITY,
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE",
    canonical_user="0a1b",
)


@pytest.mark.parametrize(
    ("element", "principal", "strength"),
    [
        (PrincipalElement(everyone=True), NOBODY, GrantedTo.SESSION),
        (PrincipalElement(everyone=True), FEDERATED, GrantedTo.SESSION),
        (PrincipalElement(aws=("*",)), NOBODY, GrantedTo.SESSION),
        (PrincipalElement(aws=("*",)), ROLE_SESSION, GrantedTo.SESSION),
        (PrincipalElement(aws=("*",)), FEDERATED, GrantedTo.NONE),
        (PrincipalElement(aws=(ROLE,)), ROLE_SESSION, GrantedTo.ROLE),
        (PrincipalElement(aws=("AROAEXAMPLE",)), ROLE_SESSION, GrantedTo.ROLE),
        (PrincipalElement(aws=(SESSION,)), ROLE_SESSION, GrantedTo.SESSION),
        (PrincipalElement(aws=(USER,)), ANN, GrantedTo.SESSION),
        (PrincipalElement(aws=(ACCOUNT,)), ROLE_SESSION, GrantedTo.ACCOUNT),
        (PrincipalElement(aws=(ROOT_ARN,)), ANN, GrantedTo.ACCOUNT),
        (PrincipalElement(aws=(ROOT_ARN,)), ROOT, GrantedTo.SESSION),
        (PrincipalElement(aws=(OTHER_ACCOUNT,)), ANN, GrantedTo.NONE),
        (PrincipalElement(aws=(ROLE.lower() + "x", USER)), ROLE_SESSION, GrantedTo.NONE),
        (PrincipalElement(federated=(PROVIDER,)), FEDERATED, GrantedTo.SESSION),
        (PrincipalElement(federated=(PROVIDER + "/",)), FEDERATED, GrantedTo.NONE),
        (PrincipalElement(federated=("*",)), FEDERATED, GrantedTo.NONE),
        (PrincipalElement(service=("logging.s3.amazonaws.com",)), SERVICE, GrantedTo.SESSION),
        (PrincipalElement(aws=("logging.s3.amazonaws.com",)), NOBODY, GrantedTo.NONE),
        (PrincipalElement(canonical_user=("abc",)), NOBODY, GrantedTo.NONE),
        (PrincipalElement(canonical_user=("",)), ANN, GrantedTo.NONE),
        (PrincipalElement(canonical_user=("c0ffee",)), CANONICAL, GrantedTo.SESSION),
        (PrincipalElement(canonical_user=("c0ffee",)), IDENTITY, GrantedTo.NONE),
        (PrincipalElement(canonical_user=("0a1b",)), IDENTITY, GrantedTo.SESSION),
        (PrincipalElement(aws=(IDENTITY.arn,)), IDENTITY, GrantedTo.SESSION),
        (PrincipalElement(aws=(IDENTITY.arn,)), NOBODY, GrantedTo.NONE),
    ],
)
def test_an_element_means_a_principal_so_strongly(element: PrincipalElement, principal: Principal, strength: GrantedTo) -> None:
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
    assert (test(principal) is GrantedTo.NONE) is spared


def test_an_allow_leaves_out_whom_it_lists_in_any_form() -> None:
    test = compile_not_principal(PrincipalElement(aws=(ROLE,)), Effect.ALLOW)
    assert test(ROLE_SESSION) is GrantedTo.NONE
    assert test(ANN) is GrantedTo.SESSION


def test_a_deny_exempts_a_role_by_its_unique_id_too() -> None:
    element = PrincipalElement(aws=("AROAEXAMPLE", SESSION, ACCOUNT))
    assert compile_not_principal(element, Effect.DENY)(ROLE_SESSION) is GrantedTo.NONE
    made_anew = Principal(PrincipalKind.ROLE_SESSION, ROLE, ACCOUNT, SESSION, unique_id="AROAOTHER")
    assert compile_not_principal(element, Effect.DENY)(made_anew) is GrantedTo.SESSION
    assert compile_not_principal(PrincipalElement(aws=("AROAEXAMPLE",)), Effect.ALLOW)(ROLE_SESSION) is GrantedTo.NONE
