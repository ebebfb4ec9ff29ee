"""The callers that a guarantee covers, and the condition keys that the requests of each of them carry.

Sources: IAM User Guide, "AWS global condition context keys" [A]; what a session keeps of its token [A]. A caller that is
not declared is taken to have every permission of its own, so that only the resource's side can refuse it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from bucketpass.aws.actions import ACTIONS, ResourceKind
from bucketpass.decide import ContextValue, NamedPolicy, PrincipalKind
from bucketpass.deployment.resources import DeployedRole, Deployment
from bucketpass.policy import Effect, PolicyDocument, Statement
from bucketpass.prove.actions import UNLISTED
from bucketpass.prove.keys import TextValue, text_matches
from bucketpass.prove.principals import SymbolicPrincipal
from bucketpass.prove.request import SymbolicRequest
from bucketpass.prove.theory.formula import TRUE, Formula, conjunction
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.vocabulary import Vocabulary, accounts_of, unique_ids_of
from bucketpass.requests import callers
from bucketpass.requests.keys import TLS_ONLY

__all__ = [
    "EVERYTHING",
    "KEY_ACTIONS",
    "S3_ACTIONS",
    "S3_LISTED",
    "anonymous",
    "kinds_of_principals",
    "service_session",
    "undeclared_principals",
]

EVERYTHING = NamedPolicy("every permission", PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",)),)))


def _actions(service: str, *kinds: ResourceKind) -> tuple[str, ...]:
    return tuple(name for name, row in ACTIONS.items() if name.startswith(f"{service}:") and row.resource in kinds)


S3_LISTED = _actions("s3", ResourceKind.BUCKET, ResourceKind.OBJECT)
S3_ACTIONS = (*S3_LISTED, UNLISTED)
KEY_ACTIONS = (*_actions("kms", ResourceKind.KEY), UNLISTED)

Keys = Mapping[str, ContextValue | TextValue | None]
# An account that no policy names stands for all of those.
_ELSEWHERE = "999999999999"


def service_session(
    role: DeployedRole,
    deployment: Deployment,
    actions: tuple[str, ...],
    vocabulary: Vocabulary,
    *,
    resources: Formula = TRUE,
    resource_account: str = "",
    name: str = "",
) -> SymbolicRequest:
    """All requests of all sessions of the role, with any tags. `resource_account`: who owns the resources, where that is known."""
    target = deployment.target
    session = f"{name}session name"
    principal = SymbolicPrincipal(PrincipalKind.ROLE_SESSION, role.arn, target.account, target.partition, session, canonical_user=None)
    return SymbolicRequest.of(
        principal,
        actions,
        vocabulary,
        {
            **_of_account(deployment, vocabulary, target.account, resource_account),
            **_of_service(vocabulary, actions),
            **_of_principal(principal, "AssumedRole"),
        },
        resources=resources,
        resource_account=resource_account,
        partition=target.partition,
        name=name,
    )


def undeclared_principals(
    deployment: Deployment, actions: tuple[str, ...], vocabulary: Vocabulary, *, resource_account: str, resources: Formula = TRUE
) -> Iterator[tuple[str, SymbolicRequest]]:
    """Yield every kind of caller that a Principal element can name: its description and its requests.

    Roles, users, federated users and root of the resource's account and of others; roles and users that only their unique IDs name;
    AWS services; sessions of identity providers; accounts that only their canonical user IDs name; CloudFront's identities.
    """
    partition = deployment.target.partition
    with_account = (_of_accounts(partition, vocabulary, resource_account), _of_unique_ids(partition, vocabulary, resource_account))
    for who, principal, keys, sometimes in chain(*with_account, _of_no_account(partition)):
        whose_keys = _of_account(deployment, vocabulary, principal.account, resource_account)
        fixed: Keys = {**whose_keys, **_of_service(vocabulary, actions), **keys}
        request = SymbolicRequest.of(
            principal,
            actions,
            vocabulary,
            fixed,
            resources=resources,
            resource_account=resource_account,
            partition=partition,
            sometimes=sometimes,
            brings=PrincipalKind.ROLE_SESSION if principal.kind is PrincipalKind.WEB_IDENTITY else None,
        )
        if isinstance(principal.canonical_user, TextValue):
            request = replace(request, facts=conjunction(request.facts, text_matches(principal.canonical_user, Glob.parse("?*"))))
        yield who, request


def kinds_of_principals(documents: Iterable[PolicyDocument], resource_account: str) -> int:
    """Return how many kinds of principals `undeclared_principals` and `anonymous` distinguish, where these are all documents."""
    named = [statement for document in documents for statement in document.statements]
    others = {account for statement in named for account in accounts_of(statement)} - {resource_account}
    unique_ids = {unique_id for statement in named for unique_id in unique_ids_of(statement)}
    return _KINDS_OF_ACCOUNT * (2 + len(others)) + 2 * len(unique_ids) + _KINDS_OF_NO_ACCOUNT


_KINDS_OF_ACCOUNT, _KINDS_OF_NO_ACCOUNT = 5, 4
_Caller = tuple[str, SymbolicPrincipal, Keys, frozenset[str]]
_ALWAYS = frozenset[str]()
_NOT_FEDERATED = frozenset({"aws:username", "aws:userid"})


def _of_accounts(partition: str, vocabulary: Vocabulary, resource_account: str) -> Iterator[_Caller]:
    others = [(account, f"of account {account}") for account in sorted(vocabulary.accounts - {resource_account})]
    for account, whose in ((resource_account, "of the account"), *others, (_ELSEWHERE, "of another account")):
        start, federated = f"arn:{partition}:iam::{account}:", f"arn:{partition}:sts::{account}:federated-user/"
        kinds = (
            ("a role", PrincipalKind.ROLE_SESSION, TextValue("role", f"{start}role/"), "AssumedRole", "session name"),
            ("a user", PrincipalKind.USER, TextValue("user", f"{start}user/"), "User", None),
            (
                "a federated user",
                PrincipalKind.USER,
                TextValue("user", federated),
                "FederatedUser",
                None,
            ),
            ("the root user", PrincipalKind.ROOT, f"{start}root", "Account", None),
        )
        canonical_user = "" if account == _ELSEWHERE else None
        for what, kind, arn, type_, session in kinds:
            principal = SymbolicPrincipal(kind, arn, account, partition, session, canonical_user=canonical_user)
            # A federated user has no name in IAM, and another user ID than a user [A].
            yield f"{what} {whose}", principal, _of_principal(principal, type_), _NOT_FEDERATED if type_ == "FederatedUser" else _ALWAYS
        # Who a policy names by the provider is a role's session all the same.
        provider = SymbolicPrincipal(PrincipalKind.WEB_IDENTITY, TextValue("provider"), account, partition)
        keys = _of_principal(replace(provider, arn=TextValue("role", f"{start}role/")), "AssumedRole")
        yield f"a session of an identity provider {whose}", provider, keys, _ALWAYS


def _of_unique_ids(partition: str, vocabulary: Vocabulary, resource_account: str) -> Iterator[_Caller]:
    of_role = (PrincipalKind.ROLE_SESSION, "role", "AssumedRole", "session name")
    of_user = (PrincipalKind.USER, "user", "User", None)
    for unique_id in sorted(vocabulary.unique_ids):
        kind, what, type_, session = of_role if unique_id.startswith("AROA") else of_user
        for account in (resource_account, _ELSEWHERE):
            arn = TextValue(what, f"arn:{partition}:iam::{account}:{what}/")
            principal = SymbolicPrincipal(kind, arn, account, partition, session, unique_id)
            yield f"the {what} whose unique ID is {unique_id}", principal, _of_principal(principal, type_), _ALWAYS


def _of_no_account(partition: str) -> Iterator[_Caller]:
    """Yield the principals without an account that a policy could distinguish. Their unknown keys are free."""
    canonical = SymbolicPrincipal(PrincipalKind.CANONICAL_USER, partition=partition, canonical_user=TextValue("canonical user"))
    whose: Keys = {
        "aws:PrincipalArn": TextValue("principal", f"arn:{partition}:iam::{_ELSEWHERE}:"),
        "aws:PrincipalAccount": _ELSEWHERE,
        "aws:PrincipalIsAWSService": "false",
    }
    yield "an account that its canonical user ID names", canonical, whose, _ALWAYS
    name = TextValue("identity", f"arn:{partition}:iam::cloudfront:user/CloudFront Origin Access Identity ")
    identity = SymbolicPrincipal(PrincipalKind.ORIGIN_ACCESS_IDENTITY, name, partition=partition)
    yield "a CloudFront origin access identity", identity, {"aws:PrincipalArn": name}, frozenset({"aws:principalarn"})
    service = SymbolicPrincipal(PrincipalKind.SERVICE, TextValue("service"), partition=partition)
    own: Keys = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": TextValue("service")}
    yield "an AWS service", service, own, _ALWAYS


def anonymous(
    deployment: Deployment, actions: tuple[str, ...], vocabulary: Vocabulary, *, resource_account: str, resources: Formula = TRUE
) -> SymbolicRequest:
    """All requests that nobody signed."""
    partition = deployment.target.partition
    nobody = callers.ANONYMOUS
    return SymbolicRequest.of(
        SymbolicPrincipal(PrincipalKind.ANONYMOUS, partition=partition),
        actions,
        vocabulary,
        {
            **_of_account(deployment, vocabulary, "", resource_account),
            **_of_service(vocabulary, actions),
            "aws:PrincipalAccount": nobody.account,
            "aws:PrincipalType": nobody.type,
            "aws:userid": nobody.user_id,
        },
        resources=resources,
        resource_account=resource_account,
        partition=partition,
    )


def _of_principal(principal: SymbolicPrincipal, type_: str) -> Keys:
    return {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": type_,
        "aws:PrincipalIsAWSService": "false",
    }


def _of_account(deployment: Deployment, vocabulary: Vocabulary, caller: str, owner: str) -> Keys:
    """The keys that AWS sets for a resource of a known owner and for the organization, where a policy uses them.

    A request for what the account owns is made where that is: S3 and KMS answer in the resource's own Region [K].
    """
    own, organization = deployment.target.account, deployment.guardrails.organization
    said: dict[str, ContextValue] = {}
    if owner:
        said |= {"aws:resourceaccount": owner, "s3:resourceaccount": owner}
    if owner == own and {bucket.region for bucket in deployment.buckets} <= {"", deployment.target.region}:
        said["aws:requestedregion"] = deployment.target.region
    if organization is not None and caller == own:
        said["aws:principalorgid"] = organization
    if organization is not None and owner == own:
        said["aws:resourceorgid"] = organization
    return {key: value for key, value in said.items() if key in vocabulary.conditions}


def _of_service(vocabulary: Vocabulary, actions: tuple[str, ...]) -> Keys:
    """What is the same in all requests to a service: KMS and STS take none without TLS [A]."""
    key = "aws:securetransport"
    return {key: "true"} if actions[0].partition(":")[0] in TLS_ONLY and key in vocabulary.conditions else {}
