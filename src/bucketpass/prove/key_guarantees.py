"""What is promised of a KMS key and of what administers: who else may use, grant or destroy the key, and change policies or settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bucketpass.decide import PolicySet, PrincipalKind
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.model import Access
from bucketpass.prove.callers import EVERYTHING, KEY_ACTIONS, anonymous, service_session, undeclared_principals
from bucketpass.prove.declared_bucket import is_administrator
from bucketpass.prove.evaluation import allowed, documents_of
from bucketpass.prove.keys import FreeText, text_matches
from bucketpass.prove.narrow import EMPTY, about_actions, only
from bucketpass.prove.question import Case, Guarantee, GuaranteePart
from bucketpass.prove.scope import (
    actions_over,
    applicable_policies,
    assumed_boundaries,
    layers_of,
    not_modelled,
    of_bucket,
    policies,
    principals_over,
    sessions_over,
    unknown_of,
    unread_of,
    with_organization_policies,
)
from bucketpass.prove.theory.formula import FALSE, Formula, Matches, conjunction, disjunction, negation
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.vocabulary import Vocabulary

__all__ = ["administration", "key_use", "plane"]

# What changes who may do what with a bucket, or what becomes of its objects [A: Service Authorization Reference for Amazon S3].
PLANE = (
    *("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketAcl", "s3:PutBucketOwnershipControls"),
    *("s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration", "s3:PutEncryptionConfiguration", "s3:PutBucketVersioning"),
    *("s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketObjectLockConfiguration", "s3:DeleteBucket"),
)
# What changes what roles may do, who becomes them, and whose tokens are taken [A: Service Authorization Reference for AWS IAM].
IAM_PLANE = tuple(
    f"iam:{name}"
    for name in (
        *(
            "UpdateAssumeRolePolicy",
            "PutRolePolicy",
            "DeleteRolePolicy",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "CreateRole",
            "DeleteRole",
        ),
        *("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "CreatePolicyVersion", "SetDefaultPolicyVersion", "UpdateRole"),
        *("CreateOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint", "AddClientIDToOpenIDConnectProvider", "CreateAccessKey"),
        *("PutUserPolicy", "AttachUserPolicy", "CreateUser", "TagRole", "UntagRole"),
    )
)


def key_use(key: DeployedKey, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if nobody who is not declared may use, grant or destroy the key by its own policy.

    What services with a grant on data that it encrypts may do with it is `requests`. In the key's account its policy leaves the rest to
    principals' own policies: nobody there may anything without them.
    """
    users = {bucket.name for bucket in deployment.buckets if bucket.key == key.arn}
    let_in = tuple(
        role.arn
        for role in deployment.roles
        if (service := access.services.get(role.service or "")) is not None
        and (key.arn in service.keys or any(grant.bucket in users for grant in service.grants))
    )
    inputs = (key, let_in, deployment_alone(deployment))
    rcps = (policy for level in deployment.guardrails.rcps for policy in level)
    return Guarantee(
        f"key of {', '.join(sorted(users)) or key.arn}",
        f"no principal of another account, no AWS service and no unsigned request may use, grant or destroy key {key.arn}, and in its"
        " account nobody whose own policies do not allow it, but services as their grants mean",
        lambda: key_cases(*inputs),
        assumed=("an account that no policy names stands for all such accounts",),
        unknown=not_modelled(deployment.target.partition, key.policy, *rcps),
        parts=lambda: [GuaranteePart(key_cases, inputs, (key.arn, *let_in))],
        code="key",
        over=lambda: principals_over(KEY_ACTIONS, key.policy, key.account, deployment),
    )


def deployment_alone(deployment: Deployment) -> Deployment:
    """Return the deployment as far as a question that brings its own resources depends on it."""
    return Deployment(deployment.target, guardrails=deployment.guardrails)


def key_cases(key: DeployedKey, let_in: tuple[str, ...], deployment: Deployment) -> Iterator[Case]:
    """Yield the cases in which the key's policy allows an undeclared principal anything with the key."""
    by_itself = with_organization_policies(PolicySet(resource=(key.policy,)), deployment, owner=key.account)
    with_own = with_organization_policies(PolicySet(identity=(EVERYTHING,), resource=(key.policy,)), deployment, owner=key.account)
    vocabulary, where = Vocabulary.of(documents_of(with_own)), Matches("resource", Glob.literal(key.arn))
    everybody = (
        *undeclared_principals(deployment, KEY_ACTIONS, vocabulary, resource_account=key.account, resources=where),
        ("an unsigned request", anonymous(deployment, KEY_ACTIONS, vocabulary, resource_account=key.account, resources=where)),
    )
    for who, request in everybody:
        # The root user is the account: AWS lets nobody take its own keys from it for good.
        if request.principal.kind is PrincipalKind.ROOT and request.principal.account == key.account:
            continue
        own = request.principal.account == key.account
        binding = applicable_policies(by_itself if own else with_own, request, deployment)
        arn = request.keys.get("aws:principalarn")
        declared: Formula = FALSE
        if isinstance(arn, FreeText):
            declared = disjunction(*(text_matches(arn.text, Glob.literal(role)) for role in let_in))
        broken = conjunction(allowed(request, binding), negation(declared))
        yield Case.of(request, broken, binding, expected=True, description=f"{who} may do so by the key's policy")


def administration(name: str, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if no session of the service may change settings of a bucket, or anything in IAM, by its own policies.

    An action that a grant of the service names is declared.
    """
    roles, service = deployment.roles_of(name), access.services[name]
    declared = {action for grant in service.grants for action in grant.actions}
    actions = tuple(action for action in PLANE if action not in declared)
    alone = deployment_alone(deployment)

    def parts() -> Iterator[GuaranteePart]:
        for role in roles:
            slim = DeployedRole(
                role.arn, EMPTY, tuple(about_actions(policy, (*PLANE, *IAM_PLANE)) for policy in role.policies), role.boundary
            )
            yield GuaranteePart(own_administration_cases, (slim, actions, alone), (role.arn,))

    return Guarantee(
        f"administration by {name}",
        f"no session of {name} may change a bucket's policy or settings, or a role, a policy, a user or an identity provider in IAM",
        lambda: (case for role in roles for case in own_administration_cases(role, actions, alone)),
        assumed=assumed_boundaries(roles),
        unknown=unread_of(roles),
        parts=parts,
        code="administration-by-service",
        over=lambda: sessions_over(roles, actions_over((*actions, *IAM_PLANE))),
    )


def own_administration_cases(role: DeployedRole, actions: tuple[str, ...], deployment: Deployment) -> Iterator[Case]:
    """Yield the requests that change who may do what, and that the role's own policies allow."""
    deciding = layers_of(role, None, deployment)
    for asked in (actions, IAM_PLANE):
        request = service_session(role, deployment, asked, Vocabulary.of(documents_of(deciding)))
        yield Case.of(request, allowed(request, deciding), deciding, expected=True, description="the session may change who may do what")


def plane(bucket: DeployedBucket, access: Access, deployment: Deployment) -> Guarantee:
    """Unsatisfiable if and only if nobody changes the bucket's policy or settings but administrators, and no declared service.

    Administrators are those that the bucket declares; where it is not exclusive, also principals whose own policies allow it.
    """
    declared = access.buckets[bucket.name]
    roles = tuple(role for role in deployment.roles if role.service in access.services)
    let_in = tuple(role.arn for role in roles)
    who = "its administrators" if declared.exclusive else "principals of its account whose own policies allow it"
    inputs = (bucket, let_in, only(access, {bucket.name: declared}, {}), deployment_alone(deployment))

    return Guarantee(
        f"administration of {bucket.name}",
        f"nobody but {who} may change bucket {bucket.name}'s policy, Block Public Access, lifecycle, replication or other settings,"
        " and its policy lets no declared service",
        lambda: plane_cases(*inputs),
        assumed=("every other principal has every permission of its own",),
        unknown=unknown_of(bucket, deployment),
        parts=lambda: [GuaranteePart(plane_cases, inputs, (bucket.name, *let_in))],
        code="administration-of-bucket",
        over=lambda: principals_over(PLANE, bucket.policy, bucket.account, deployment),
    )


def plane_cases(bucket: DeployedBucket, let_in: tuple[str, ...], access: Access, deployment: Deployment) -> Iterator[Case]:
    """Yield the cases in which a principal that is not an administrator changes the bucket's settings, or a service does by its policy."""
    declared = access.buckets[bucket.name]
    by_itself = with_organization_policies(
        PolicySet(resource=policies(bucket.policy), public_access=bucket.public_access), deployment, owner=bucket.account
    )
    with_own = replace(by_itself, identity=(EVERYTHING,))
    vocabulary, where = Vocabulary.of(documents_of(with_own)), of_bucket(bucket)
    everybody = (
        *undeclared_principals(deployment, PLANE, vocabulary, resource_account=bucket.account, resources=where),
        ("an unsigned request", anonymous(deployment, PLANE, vocabulary, resource_account=bucket.account, resources=where)),
    )
    for who, request in everybody:
        kind, own = request.principal.kind, request.principal.account == bucket.account
        arn = request.keys.get("aws:principalarn")
        services: Formula = FALSE
        exempt: Formula = FALSE
        if isinstance(arn, FreeText):
            services = disjunction(*(text_matches(arn.text, Glob.literal(role)) for role in let_in))
            exempt = disjunction(services, is_administrator(declared, request))
        if kind is PrincipalKind.ROLE_SESSION:
            binding = applicable_policies(by_itself, request, deployment)
            description = f"{who}, which is a declared service's, may change the bucket's settings by its policy"
            yield Case.of(request, conjunction(allowed(request, binding), services), binding, expected=True, description=description)
        if own and (not declared.exclusive or kind is PrincipalKind.ROOT):
            continue
        binding = applicable_policies(with_own, request, deployment)
        broken = conjunction(allowed(request, binding), negation(exempt))
        yield Case.of(request, broken, binding, expected=True, description=f"{who} may change the bucket's settings")
