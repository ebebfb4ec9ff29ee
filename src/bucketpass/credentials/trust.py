"""Whether a declaration, or a role's trust policy, admits a token: decided here as STS would decide it."""

from __future__ import annotations

from typing import NamedTuple

from bucketpass.aws.arn import Arn
from bucketpass.compile import Target, compile_access
from bucketpass.credentials.values import DEFAULT_REGIONS, RoleToAssume
from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.assume_role import SessionDecision, TrustedProvider, WebIdentityRequest, assume_role_with_web_identity
from bucketpass.decide.assume_role import TrustedRole as DeployedRole
from bucketpass.decide.faults import usual_faults
from bucketpass.decide.reasons import explain
from bucketpass.identity.token import UnverifiedToken
from bucketpass.issuers.url import provider_path
from bucketpass.model.access import Access
from bucketpass.policy.document import Effect, PolicyDocument

__all__ = ["Admission", "admitting", "target_of"]


class Admission(NamedTuple):
    """Whether a token is admitted to a role, and why. `audience`: the one that the token lacks, where that is the reason."""

    admitted: bool
    seen: str
    remedy: str
    audience: str = ""


def admitting(token: UnverifiedToken, role: RoleToAssume, access: Access | None, trust: PolicyDocument | None) -> Admission:
    """Whether the declaration, or the trust policy, admits the token to the role."""
    target = target_of(role)
    if trust is not None:
        url = token.issuer
        provider = TrustedProvider(
            f"arn:{target.partition}:iam::{target.account}:oidc-provider/{provider_path(url)}", url, (token.aws_audience,)
        )
        return verdict(exchange_of(token, role.arn, NamedPolicy("trust policy", trust), provider), "the trust policy")
    if access is None:
        return Admission(False, "there is neither a declaration nor a trust policy", "give one")
    plan = compile_access(access, target)
    mine = next((planned for planned in plan.roles if planned.arn == role.arn), None)
    if mine is None:
        known = ", ".join(f"`{planned.arn}`" for planned in plan.roles)
        return Admission(False, f"the declaration has no role `{role.arn}`", f"it has {known}: set AWS_ROLE_ARN to the service's")
    declared = next((each for each in plan.providers if each.url == token.issuer), None)
    if declared is None:
        known = ", ".join(f"`{each.url}`" for each in plan.providers)
        return Admission(
            False,
            f"the declaration has no issuer `{token.issuer}`, it has {known}",
            "write the token's `iss` exactly, with or without its slash",
        )
    provider = TrustedProvider(declared.arn, declared.url, declared.client_ids)
    own = NamedPolicy(f"trust of {mine.name}", mine.trust.document)
    admission = verdict(exchange_of(token, mine.arn, own, provider), f"service `{mine.service}`")
    if admission.admitted:
        return admission
    # Where a token has an `azp`, AWS compares that: another audience would not change it.
    is_audience = token.authorized_party is None and token.aws_audience not in declared.client_ids
    lacking = declared.client_ids[0] if is_audience else ""
    remedy = f"take a token of the declared identity, or correct `{mine.service}` in the declaration"
    return admission._replace(remedy=remedy, audience=lacking)


def target_of(role: RoleToAssume) -> Target:
    """Where the role is, and so what a declaration that has it is compiled for."""
    arn = Arn.parse(role.arn)
    account, partition = (arn.account, arn.partition) if arn is not None else ("", "aws")
    return Target(account=account, region=role.region or DEFAULT_REGIONS["aws"], partition=partition)


def exchange_of(token: UnverifiedToken, role_arn: str, trust: NamedPolicy, provider: TrustedProvider) -> WebIdentityRequest:
    """The exchange that STS is asked for."""
    return WebIdentityRequest(token.issuer, token.claims, DeployedRole(role_arn, trust), provider)


def verdict(asked: WebIdentityRequest, who: str) -> Admission:
    """What STS would answer to the token, taken as verified, in words."""
    answer = assume_role_with_web_identity(asked)
    if answer.allowed:
        return Admission(True, f"{who} admits the token", "")
    faults = [fault for fault in usual_faults(asked) if fault.sufficient]
    why = (
        "; ".join(fault.finding.message for fault in faults)
        or unmet(asked, answer)
        or (answer.error.message if answer.error is not None else "")
    )
    change = (
        "; ".join(fault.finding.remedy for fault in faults) or "compare the token's claims, which `bucketpass token` shows, with the trust"
    )
    return Admission(False, f"{who} does not admit the token: {why}", change)


def unmet(asked: WebIdentityRequest, answer: SessionDecision) -> str:
    """The first line of the trust that the token does not meet, or the Deny that it meets; empty where the trust was not reached."""
    refused = next(((request, decision) for request, decision in answer.decisions if not decision.allowed), None)
    if refused is None:
        return ""
    request, decision = refused
    reports = [report for layer in explain(request, PolicySet(resource=(asked.role.trust,))).policy_types for report in layer.statements]
    missed = [str(report.mismatch) for report in reports if report.effect is Effect.ALLOW and report.mismatch is not None]
    return decision.reason if decision.explicit_deny or not missed else missed[0]
