"""What a question about one service or one bucket depends on: the parts of a declaration and of a deployment that can matter to it.

Services are independent of each other, and so are buckets: a question about a service is about its own roles, the buckets that it has
a grant on, and those whose policies name its roles. What is left out changes no answer, so that proofs are linear in what is declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache

from bucketpass.decide import NamedPolicy, Principal, PrincipalKind
from bucketpass.decide.conditions import Test, compile_condition
from bucketpass.decide.principals import GrantedTo, compile_principal
from bucketpass.decide.variables import has_variables
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import DeployedBucket, DeployedKey, DeployedRole, Deployment
from bucketpass.issuers import issuer_url, provider_path
from bucketpass.model import Access, Bucket, Grant, Issuer, Service
from bucketpass.model.own_folder import own_folder
from bucketpass.policy import Condition, Effect, PolicyDocument, PrincipalElement, Statement, parse_pattern
from bucketpass.prove.theory.glob import Glob
from bucketpass.prove.web_identity import federated_in

__all__ = ["EMPTY", "Index", "about_actions", "about_bucket", "about_keys", "for_role", "on_bucket", "only", "patterns_of"]

EMPTY = NamedPolicy("no policy", PolicyDocument(()))
# All that are narrowed to grants share what else there is of a service: it is digested once.
_WITHOUT_IDENTITY = tuple(getattr(Service(identity=()), one.name) for one in fields(Service)[2:])
# What stands before the first wildcard or variable.
_HEAD = re.compile(r"[^*?$]*")
_ROLE_KEYS = ("aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice")


class Index:
    """The parts of a declaration and its deployment by service and by bucket."""

    def __init__(self, access: Access, deployment: Deployment) -> None:
        self._access, self._deployment = access, deployment
        self._buckets = {bucket.name: bucket for bucket in deployment.buckets}
        self._keys = {key.arn: key for key in deployment.keys}
        self._roles: dict[str, list[DeployedRole]] = {}
        self._services: dict[str, list[str]] = {}
        self._logs: dict[str, list[str]] = {}
        self._naming: dict[str, list[str]] = {}
        self._with_key: dict[str, list[str]] = {}
        for name, service in access.services.items():
            for arn in service.keys:
                self._with_key.setdefault(arn, []).append(name)
        self._providers = {provider.arn: provider for provider in deployment.providers}
        self._by_path: dict[str, list[str]] = {}
        for role in deployment.roles:
            self._roles.setdefault(role.service or "", []).append(role)
        for name, service in access.services.items():
            for bucket in dict.fromkeys(grant.bucket for grant in service.grants):
                self._services.setdefault(bucket, []).append(name)
        for name, declared in access.buckets.items():
            if declared.logging is not None:
                self._logs.setdefault(declared.logging.bucket, []).append(name)
        for deployed in deployment.buckets:
            for name in _let_in(deployed.policy):
                self._naming.setdefault(name, []).append(deployed.name)
        for provider in deployment.providers:
            self._by_path.setdefault(provider_of(provider.url), []).append(provider.arn)

    def service(self, name: str) -> tuple[Access, Deployment]:
        """Return what a question about the service depends on."""
        service, roles = self._access.services[name], tuple(self._roles.get(name, ()))
        granted = dict.fromkeys(grant.bucket for grant in service.grants)
        naming = (bucket for role in roles for known in (_ANYBODY, role.name) for bucket in self._naming.get(known, ()))
        buckets = tuple(self._buckets[bucket] for bucket in dict.fromkeys((*granted, *naming)) if bucket in self._buckets)
        keys = dict.fromkeys((*(bucket.key for bucket in buckets), *service.keys))
        issuers = {identity.issuer: self._access.issuers[identity.issuer] for identity in service.identity}
        paths = (provider_path(issuer_url(issuer)) for issuer in issuers.values())
        arns = dict.fromkeys(
            (
                *(arn for path in paths for arn in self._by_path.get(path, ())),
                *(arn for role in roles for arn in federated_in(role.trust.document)),
            )
        )
        declared = {bucket.name: self._access.buckets[bucket.name] for bucket in buckets}
        access = only(self._access, declared, {name: service}, issuers)
        providers = tuple(self._providers[arn] for arn in arns if arn in self._providers)
        known = tuple(self._keys[key] for key in keys if key in self._keys)
        named = (*service.policies, service.permissions_boundary)
        managed = {arn: self._deployment.managed[arn] for arn in named if arn is not None and arn in self._deployment.managed}
        return access, Deployment(self._deployment.target, providers, roles, buckets, known, self._deployment.guardrails, managed)

    def key(self, key: DeployedKey) -> tuple[Access, Deployment]:
        """Return what a question about the key depends on."""
        buckets = tuple(bucket for bucket in self._buckets.values() if bucket.key == key.arn)
        names = dict.fromkeys(
            (*(name for bucket in buckets for name in self._services.get(bucket.name, ())), *self._with_key.get(key.arn, ()))
        )
        services = {name: Service((), self._access.services[name].grants, keys=self._access.services[name].keys) for name in names}
        roles = tuple(role for name in names for role in self._roles.get(name, ()))
        slim = tuple(replace(bucket, policy=None, public_access=None) for bucket in buckets)
        return only(self._access, {}, services), replace(self._deployment, providers=(), roles=roles, buckets=slim, keys=(key,))

    def bucket(self, bucket: DeployedBucket) -> tuple[Access, Deployment]:
        """Return what a question about the bucket depends on."""
        names = self._services.get(bucket.name, ())
        # SECURITY: with a service's further policies, since what follows from its grants does not follow from these.
        services = {name: on_bucket(self._access.services[name], bucket.name) for name in names}
        further = {name: self._access.services[name].policies for name in names if self._access.services[name].policies}
        services |= {name: replace(services[name], policies=policies) for name, policies in further.items()}
        buckets = {name: self._access.buckets[name] for name in (bucket.name, *self._logs.get(bucket.name, ()))}
        access = only(self._access, buckets, services)
        roles = tuple(role for name in names for role in self._roles.get(name, ()))
        return access, replace(self._deployment, providers=(), roles=roles, buckets=(bucket,), keys=())


# A policy that lets in others than the roles that it names one by one.
_ANYBODY = ""


def _let_in(policy: NamedPolicy | None) -> Iterable[str]:
    """Return the names of the roles that a policy lets in whatever their own policies say; `_ANYBODY` for more than it names.

    SECURITY: an account is not among them, since it only leaves it to the role's own policies, which are asked about anywhere.
    """
    found: dict[str, None] = {}
    for statement in policy.document.statements if policy is not None else ():
        if statement.effect is Effect.ALLOW:
            element = statement.principal
            if element is None or element.everyone or "*" in element.aws:
                found[_ANYBODY] = None
            else:
                found |= dict.fromkeys(map(_role_named, element.aws))
    return found


def _role_named(principal: str) -> str:
    """Return the name of the role that an ARN names, or of the role of the session that it names."""
    before, session, after = principal.partition(":assumed-role/")
    return after.partition("/")[0] if session else before.rpartition("/")[2]


def only(
    access: Access, buckets: Mapping[str, Bucket], services: Mapping[str, Service], issuers: Mapping[str, Issuer] | None = None
) -> Access:
    """Return a declaration of these parts and of nothing else."""
    return replace(access, issuers=issuers or {}, buckets=buckets, services=services, name="", tags={}, guarantees={})


def on_bucket(service: Service, bucket: str) -> Service:
    """Return the service as far as its grants on the bucket go."""
    return Service((), tuple([grant for grant in service.grants if grant.bucket == bucket]), *_WITHOUT_IDENTITY)


def for_role(policy: NamedPolicy | None, role: DeployedRole, account: str) -> NamedPolicy | None:
    """Return the policy with what it says of the role's sessions and of nobody else.

    What is left out applies to no request of these sessions: statements whose Principal cannot match, and of the values that a
    condition compares with what such a session always is, those that change nothing.
    """
    if policy is None:
        return None
    fixed = dict(zip(_ROLE_KEYS, (role.arn, account, "AssumedRole", "false"), strict=True))
    variables = policy.document.version == "2012-10-17"
    kept = (_for_role(statement, role, account, fixed, variables=variables) for statement in _relevant(policy.document, role))
    return replace(policy, document=replace(policy.document, statements=tuple(one for one in kept if one is not None)))


def about_bucket(policy: NamedPolicy, bucket: DeployedBucket) -> NamedPolicy:
    """Return the policy without what can apply to no S3 request on the bucket, its access points and its objects."""
    kept = (_about(statement, "s3:", bucket.arn, *bucket.access_points.values()) for statement in policy.document.statements)
    return replace(policy, document=replace(policy.document, statements=tuple(one for one in kept if one is not None)))


def about_keys(policy: NamedPolicy) -> NamedPolicy:
    """Return the policy without what can apply to no KMS request."""
    kept = (_about(statement, "kms:", "") for statement in policy.document.statements)
    return replace(policy, document=replace(policy.document, statements=tuple(one for one in kept if one is not None)))


def about_actions(policy: NamedPolicy, actions: tuple[str, ...]) -> NamedPolicy:
    """Return the policy without the statements that match none of `actions`."""
    kept = (one for one in policy.document.statements if one.actions is None or _matches_any(one.actions, actions))
    return replace(policy, document=replace(policy.document, statements=tuple(kept)))


@lru_cache(maxsize=4096)
def _matches_any(patterns: tuple[str, ...], actions: tuple[str, ...]) -> bool:
    globs = [Glob.parse(pattern.lower()) for pattern in patterns]
    return any(glob.matches(action.lower()) for glob in globs for action in actions)


def _about(statement: Statement, service: str, *arns: str) -> Statement | None:
    if statement.actions is not None and not any(_could_start(action.lower(), service) for action in statement.actions):
        return None
    if statement.resources is None:
        return statement
    resources = tuple(pattern for pattern in statement.resources if any(_could_start(pattern, arn) for arn in arns))
    return replace(statement, resources=resources) if resources else None


def _could_start(pattern: str, start: str) -> bool:
    """True where a text that begins with `start` could match the pattern."""
    head = _HEAD.match(pattern)
    literal = head.group() if head is not None else ""
    return literal.startswith(start) or (len(literal) < len(pattern) and start.startswith(literal))


_by_role: dict[int, tuple[PolicyDocument, dict[str, list[int]], list[int]]] = {}


def _relevant(document: PolicyDocument, role: DeployedRole) -> Iterable[Statement]:
    """Return the statements that do not name other roles alone, found by the names of those that they do."""
    known = _by_role.get(id(document))
    if known is None or known[0] is not document:
        named: dict[str, list[int]] = {}
        general = []
        for index, statement in enumerate(document.statements):
            element = statement.principal
            if element is not None and element.aws and replace(element, aws=()) == PrincipalElement() and all(map(_is_role, element.aws)):
                for name in dict.fromkeys(map(_role_named, element.aws)):
                    named.setdefault(name, []).append(index)
            else:
                general.append(index)
        known = _by_role[id(document)] = (document, named, general)
    return (document.statements[index] for index in sorted((*known[1].get(role.name, ()), *known[2])))


def _is_role(principal: str) -> bool:
    return ":role/" in principal or ":assumed-role/" in principal


def _for_role(statement: Statement, role: DeployedRole, account: str, fixed: Mapping[str, str], *, variables: bool) -> Statement | None:
    principal = statement.principal
    if principal is not None and not principal.everyone:
        session = f":assumed-role/{role.name}/"
        element = replace(principal, aws=tuple(text for text in principal.aws if session in text or _matches(text, role.arn, account)))
        if element == PrincipalElement():
            return None
        statement = replace(statement, principal=element)
    lines = tuple(_for_value(line, fixed.get(line.key.lower()), statement.effect, variables=variables) for line in statement.conditions)
    return replace(statement, conditions=lines)


@lru_cache(maxsize=65536)
def _matches(text: str, arn: str, account: str) -> bool:
    who = Principal(PrincipalKind.ROLE_SESSION, arn, account)
    return compile_principal(PrincipalElement(aws=(text,)))(who) is not GrantedTo.NONE


def _for_value(line: Condition, value: str | None, effect: Effect, *, variables: bool) -> Condition:
    """Return a line with one value at most that is true of `value` where this one is."""
    if value is None or len(line.values) < 2 or (variables and any(has_variables(parse_pattern(text)) for text in line.values)):
        return line
    truth = _truth(line, value, effect, variables)
    shorter = (replace(line, values=(one,)) for one in (value, f"arn:aws:iam::{'0' * 12}:role/of-nobody"))
    return next((one for one in shorter if _truth(one, value, effect, variables) is truth), line)


def _truth(line: Condition, value: str, effect: Effect, variables: bool) -> bool:
    return _test(line, effect, variables)({line.key.lower(): value})


@lru_cache(maxsize=4096)
def _test(line: Condition, effect: Effect, variables: bool) -> Test:
    return compile_condition(line, variables=variables, effect=effect)


def patterns_of(service: Service) -> tuple[str, ...]:
    """Return the keys that the service's grants mean, as patterns: what the prover makes of a grant's prefix."""
    return tuple(pattern for grant in service.grants for pattern in _patterns(grant))


def _patterns(grant: Grant) -> Iterator[str]:
    if grant.key is not None:
        yield grant.key
        return
    folder = grant.prefix + own_folder(grant.per, lambda tag: f"${{aws:PrincipalTag/{tag}}}")
    yield f"{folder}*"
    for pattern in (*grant.keys, *grant.exclude):
        # Keys that match, and the beginning of names that are listed.
        yield from (f"{folder}{pattern}", f"{folder}{pattern}*", f"{folder}{re.split('[*?]', pattern)[0]}*")
