"""Policies from files as a deployment: for a role that no declaration has."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from bucketpass.compile import Target, compile_access
from bucketpass.decide import NamedPolicy, PolicySet
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import (
    AccountGuardrails,
    DeployedBucket,
    DeployedKey,
    DeployedRole,
    Deployment,
    deployment_of,
    with_managed,
)
from bucketpass.errors import InvalidInput, PolicyError, RequestError
from bucketpass.model import Access
from bucketpass.policy import Effect, PolicyDocument, PolicyKind, PrincipalElement, Statement, check_policy, parse_policy

__all__ = [
    "add_layers",
    "add_policies",
    "catalogued",
    "deployment_of_access",
    "deployment_of_files",
    "extra_layers",
    "has_policies",
    "session_policies",
    "surrounded",
    "with_aws_managed",
]

# Without a trust policy, a role trusts nobody.
_NO_TRUST = PolicyDocument((Statement(Effect.DENY, actions=("*",)),))
# It is attached everywhere and cannot be taken away (AWS Organizations User Guide, "Resource control policies") [A].
_EVERYBODY = PrincipalElement(everyone=True)
_RCP_FULL_ACCESS = NamedPolicy(
    "RCPFullAWSAccess", PolicyDocument((Statement(Effect.ALLOW, actions=("*",), resources=("*",), principal=_EVERYBODY),))
)


def add_policies(parser: argparse.ArgumentParser) -> None:
    """The arguments for a role whose policies are in files."""
    group = parser.add_argument_group("policy files, in place of a declaration")
    group.add_argument("--role-policy", type=Path, action="append", default=[], metavar="FILE", help="a policy of the role; repeat it")
    group.add_argument("--trust", type=Path, metavar="FILE", help="the role's trust policy")
    group.add_argument("--bucket-policy", type=Path, metavar="FILE", help="the policy of the bucket")
    group.add_argument("--key-policy", type=Path, metavar="FILE", help="the policy of the key that --kms-key names")
    group.add_argument("--kms-key", metavar="ARN", help="the KMS key of the bucket")
    group.add_argument("--provider", metavar="URL", help="the issuer URL of the OIDC provider")
    group.add_argument(
        "--client-id", action="append", default=[], metavar="AUDIENCE", help="an audience that the provider allows; repeat it"
    )


def add_layers(parser: argparse.ArgumentParser, *, of_account: bool = False) -> None:
    """The arguments for the layers that no declaration holds: of a session, or of the whole account."""
    group = parser.add_argument_group("further layers")
    group.add_argument("--boundary", type=Path, metavar="FILE", help="the role's permissions boundary")
    group.add_argument("--endpoint-policy", type=Path, metavar="FILE", help="the policy of the VPC endpoint")
    for option, what in (("--scp", "SCPs"), ("--rcp", "RCPs; RCPFullAWSAccess is always among them")):
        words = f"a level of {what}; repeat it, the root first"
        group.add_argument(option, type=_level, action="append", default=[], metavar="FILE[,FILE]", help=words)
    if of_account:
        group.add_argument("--organization", metavar="ID", help="the organisation of the account, such as o-abcdefghij")
    else:
        group.add_argument("--session-policy", type=Path, action="append", default=[], metavar="FILE", help="a session policy; repeat it")


def has_policies(arguments: argparse.Namespace) -> bool:
    """Whether policies were given as files."""
    return bool(arguments.role_policy or arguments.trust or arguments.bucket_policy)


def read_policy(path: Path, kind: PolicyKind, *, any_size: bool = False) -> NamedPolicy:
    """The policy in the file, which AWS takes as this kind; its name is the kind's and the file's."""
    try:
        document = parse_policy(path.read_bytes())
        check_policy(document, kind, any_size=any_size)
    except OSError as error:
        raise InvalidInput(f"cannot read `{path}`: {error.strerror}", remedy="name a file of JSON") from error
    except PolicyError as error:
        raise PolicyError(f"`{path}` is no {kind.value} that AWS takes: {error}", remedy="correct it there") from error
    return NamedPolicy(f"{kind.value} {path.name}", document)


def extra_layers(arguments: argparse.Namespace) -> PolicySet:
    """The layers that were given as files."""
    return PolicySet(
        boundary=_one(arguments.boundary, PolicyKind.BOUNDARY),
        endpoint=_one(arguments.endpoint_policy, PolicyKind.ENDPOINT),
        scps=tuple(tuple(read_policy(path, PolicyKind.SCP) for path in level) for level in arguments.scp),
        rcps=tuple((_RCP_FULL_ACCESS, *(read_policy(path, PolicyKind.RCP) for path in level)) for level in arguments.rcp),
    )


def session_policies(paths: Sequence[Path]) -> tuple[NamedPolicy, ...] | None:
    """The policies of a session, or None where it has none."""
    return tuple(read_policy(path, PolicyKind.SESSION) for path in paths) or None


def surrounded(deployment: Deployment, arguments: argparse.Namespace) -> Deployment:
    """The deployment with the layers that were given as files. The boundary is that of all roles that have one."""
    extra = extra_layers(arguments)
    guardrails = AccountGuardrails(extra.scps, extra.rcps, extra.endpoint, arguments.organization)
    if extra.boundary is None:
        return replace(deployment, guardrails=guardrails)
    if all(role.boundary is None for role in deployment.roles):
        raise RequestError("got `--boundary`, and no role has a permissions boundary", remedy="give the service its `permissions_boundary`")
    roles = tuple(role if role.boundary is None else replace(role, boundary=extra.boundary) for role in deployment.roles)
    return replace(deployment, roles=roles, guardrails=guardrails)


def deployment_of_access(access: Access, target: Target, *, validated: bool = False) -> Deployment:
    """Return what the declaration would deploy, with AWS's own managed policies. validated: as in `compile_access`."""
    return with_aws_managed(deployment_of(compile_access(access, target, validated=validated)))


def with_aws_managed(deployment: Deployment) -> Deployment:
    """Return the deployment with AWS's own managed policies, as far as the sandbox's catalogue has them, where that is installed."""
    boundaries = (role.boundary for role in deployment.roles if isinstance(role.boundary, str))
    return with_managed(deployment, catalogued(chain(boundaries, *(role.unread for role in deployment.roles))))


def catalogued(arns: Iterable[str]) -> Mapping[str, NamedPolicy]:
    """Return AWS's own managed policies among `arns`, as far as the sandbox's catalogue has them, where that is installed."""
    named = set(arns)
    if not named:
        return {}
    try:
        from bucketpass.sandbox.aws_policies import aws_managed_policies
    except ModuleNotFoundError:
        return {}
    return aws_managed_policies(named)


def _level(text: str) -> tuple[Path, ...]:
    """The files of one level."""
    return tuple(Path(name) for name in text.split(","))


def _one(path: Path | None, kind: PolicyKind) -> tuple[NamedPolicy, ...] | None:
    # A boundary may be one of AWS's own, which are of any size.
    return None if path is None else (read_policy(path, kind, any_size=kind is PolicyKind.BOUNDARY),)


def deployment_of_files(arguments: argparse.Namespace, target: Target, bucket: str) -> Deployment:
    """One role, one bucket and one provider, as the files say."""
    prefix = f"arn:{target.partition}:iam::{target.account}"
    name: str = arguments.who
    role = DeployedRole(
        arn=name if name.startswith("arn:") else f"{prefix}:role/{name}",
        trust=read_policy(arguments.trust, PolicyKind.TRUST) if arguments.trust else NamedPolicy("trust policy (none given)", _NO_TRUST),
        policies=tuple(read_policy(path, PolicyKind.INLINE, any_size=True) for path in arguments.role_policy),
        boundary=_one(arguments.boundary, PolicyKind.BOUNDARY),
    )
    providers: tuple[TrustedProvider, ...] = ()
    if arguments.provider:
        arn = f"{prefix}:oidc-provider/{provider_of(arguments.provider)}"
        providers = (TrustedProvider(arn, arguments.provider, tuple(arguments.client_id)),)
    deployed = DeployedBucket(
        name=bucket,
        arn=f"arn:{target.partition}:s3:::{bucket}",
        account=target.account,
        policy=read_policy(arguments.bucket_policy, PolicyKind.BUCKET) if arguments.bucket_policy else None,
        key=arguments.kms_key,
    )
    keys: tuple[DeployedKey, ...] = ()
    if arguments.key_policy:
        if not arguments.kms_key:
            raise RequestError("got `--key-policy` without `--kms-key`", remedy="--kms-key ARN")
        keys = (DeployedKey(arguments.kms_key, target.account, read_policy(arguments.key_policy, PolicyKind.KEY)),)
    return Deployment(target, providers, (role,), (deployed,), keys)
