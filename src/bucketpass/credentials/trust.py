"""Whether a declaration, or a role's trust policy, admits a token: decided here as STS would decide it."""

from __future__ import annotations

from bucketpass.aws.arn import Arn
from bucketpass.compile import Target, compile_access
from bucketpass.credentials.values import Role
from bucketpass.decide import assume_role
from bucketpass.decide.request import NamedPolicy
from bucketpass.identity.token import UnverifiedToken
from bucketpass.issuers.url import provider_path
from bucketpass.model.access import Access
from bucketpass.policy.document import PolicyDocument

__all__ = ["admitting"]


def admitting(token: UnverifiedToken, role: Role, access: Access | None, trust: PolicyDocument | None) -> tuple[bool, str, str]:
    """(whether the token is admitted to the role, what was seen, the remedy)."""
    arn = Arn.parse(role.arn)
    account, partition = (arn.account, arn.partition) if arn is not None else ("", "aws")
    if trust is not None:
        url = token.issuer
        provider = assume_role.Provider(f"arn:{partition}:iam::{account}:oidc-provider/{provider_path(url)}", url, (token.aws_audience,))
        answer = answered(token, role.arn, NamedPolicy("trust policy", trust), provider)
        return verdict(answer, "the trust policy")
    if access is None:
        return False, "there is neither a declaration nor a trust policy", "give one"
    plan = compile_access(access, Target(account=account, region=role.region or "us-east-1", partition=partition))
    mine = next((planned for planned in plan.roles if planned.arn == role.arn), None)
    if mine is None:
        known = ", ".join(f"`{planned.arn}`" for planned in plan.roles)
        return False, f"the declaration has no role `{role.arn}`", f"it has {known}: set AWS_ROLE_ARN to the service's"
    declared = next((each for each in plan.providers if each.url == token.issuer), None)
    if declared is None:
        known = ", ".join(f"`{each.url}`" for each in plan.providers)
        return (
            False,
            f"the declaration has no issuer `{token.issuer}`, it has {known}",
            "write the token's `iss` exactly, with or without its slash",
        )
    provider = assume_role.Provider(declared.arn, declared.url, declared.client_ids)
    return verdict(
        answered(token, mine.arn, NamedPolicy(f"trust of {mine.name}", mine.trust.document), provider), f"service `{mine.service}`"
    )


def answered(token: UnverifiedToken, role_arn: str, trust: NamedPolicy, provider: assume_role.Provider) -> assume_role.Assumption:
    """What STS would answer to the token, taken as verified."""
    role = assume_role.Role(role_arn, trust)
    return assume_role.assume_role_with_web_identity(assume_role.WebIdentityRequest(token.issuer, token.claims, role, provider))


def verdict(answer: assume_role.Assumption, who: str) -> tuple[bool, str, str]:
    """The answer in words."""
    if answer.allowed:
        return True, f"{who} admits the token", ""
    error = answer.error
    seen = f"{who} does not admit the token: {error.code}: {error.message}" if error is not None else f"{who} does not admit the token"
    return False, seen, "compare issuer, audience and subject with what `bucketpass token` shows"
