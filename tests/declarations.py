"""A compiled declaration that can be asked: who gets in, and what they may do. `decide` answers, over the Plan's documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.compile import Plan, Target, compile_access
from bucketpass.compile.keys import key_plan
from bucketpass.compile.names import Names
from bucketpass.compile.plan import BucketPlan, RolePlan
from bucketpass.decide import AuthorizationRequest, ContextValue, Decision, NamedPolicy, PolicySet, Principal, PrincipalKind, decide
from bucketpass.decide.assume_role import (
    RoleSession,
    SessionDecision,
    TrustedProvider,
    TrustedRole,
    WebIdentityRequest,
    assume_role_with_web_identity,
)
from bucketpass.deployment.resources import Deployment
from bucketpass.errors import PolicyError
from bucketpass.issuers import sample_claims
from bucketpass.model import Access, Bucket, parse_access
from bucketpass.policy import PolicyKind, check_policy, parse_policy

TARGET = Target(account="111122223333", region="eu-central-1")
EVERYTHING = NamedPolicy(
    "everything", parse_policy({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
)
KEY_POLICY = NamedPolicy("key policy", key_plan("it", Names(Access({}, {"it": Bucket()}, {}), TARGET)).policy.document)
# Two issuers and two services; each test has the buckets that it needs between them.
ISSUERS = """\
issuers:
  okta: {preset: okta, url: https://acme.okta.com/oauth2/default, audience: s3-data}
  ci: {preset: github}
"""
SERVICES = """\
services:
  trainer:
    identity: {issuer: okta, subject: 0oa1trainer}
    grants:
      - {bucket: datasets, prefix: raw/, access: read}
      - {bucket: datasets, prefix: checkpoints/, access: write}
  evaluator:
    identity: {issuer: ci, repository: acme/eval, environment: production}
    grants:
      - {bucket: datasets, prefix: checkpoints/, access: read}
"""
HTTPS: Mapping[str, ContextValue] = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}


@dataclass(frozen=True)
class World:
    """A declaration and its Plan, as if it were deployed."""

    access: Access
    plan: Plan
    _layers: dict[tuple[str, str, str], PolicySet] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, access: Access | str, target: Target = TARGET) -> World:
        declared = parse_access(access) if isinstance(access, str) else access
        return cls(declared, compile_access(declared, target))

    def role(self, service: str, number: int = 0) -> RolePlan:
        return [role for role in self.plan.roles if role.service == service][number]

    def bucket(self, name: str) -> BucketPlan:
        return next(bucket for bucket in self.plan.buckets if bucket.name == name)

    def claims(self, service: str, identity: int = 0) -> dict[str, object]:
        declared = self.access.services[service].identity[identity]
        return dict(sample_claims(self.access.issuers[declared.issuer], declared))

    def assume(self, service: str, claims: Mapping[str, object], number: int = 0) -> SessionDecision:
        """What STS answers to a token with these claims, wherever it comes from."""
        role = self.role(service, number)
        url = str(claims["iss"])
        path = url.removeprefix("https://")
        found = next((plan for plan in self.plan.providers if plan.url == url), None)
        provider = TrustedProvider(found.arn, found.url, found.client_ids) if found else None
        if path in BUILT_IN_PROVIDERS:
            provider = TrustedProvider(path, url, (str(claims.get("azp") or claims.get("aud")),))
        trust = NamedPolicy("trust", role.trust.document)
        taken = TrustedRole(role.arn, trust, tags=dict(role.tags), max_session_seconds=role.max_session_seconds)
        return assume_role_with_web_identity(WebIdentityRequest(url, claims, taken, provider))

    def session(self, service: str, tags: Mapping[str, str] | None = None, identity: int = 0) -> RoleSession:
        """The session of a token that the service carries."""
        claims = self.claims(service, identity)
        if tags:
            principal_tags = {key: [value] for key, value in tags.items()}
            claims["https://aws.amazon.com/tags"] = {"principal_tags": principal_tags}
        answers = [self.assume(service, claims, number) for number, role in enumerate(self._roles(service))]
        return next(answer.session for answer in answers if answer.session is not None)

    def _roles(self, service: str) -> list[RolePlan]:
        return [role for role in self.plan.roles if role.service == service]

    def may(
        self,
        service: str,
        action: str,
        where: str,
        *,
        session: RoleSession | None = None,
        context: Mapping[str, ContextValue] | None = None,
    ) -> bool:
        """Whether the service's session may do `action` at `bucket` or `bucket/key`."""
        return self.decision(session or self.session(service), action, where, context).allowed

    def decision(
        self, session: RoleSession, action: str, where: str, context: Mapping[str, ContextValue] | None = None, resource: str | None = None
    ) -> Decision:
        name, slash, key = where.partition("/")
        arn = resource or f"{self.bucket(name).arn}{slash}{key}"
        asked = session.request(action, arn, {**HTTPS, **(context or {})})
        return decide(asked, self.layers(session.principal.arn, name, "key" if action.startswith("kms:") else "bucket"))

    def layers(self, role: str, bucket: str, resource: Literal["bucket", "key"] = "bucket") -> PolicySet:
        """What stands between a role and a bucket, or its key; the same value each time, so that `decide` prepares it once."""
        known = self._layers.get((role, bucket, resource))
        if known is None:
            plan = next(plan for plan in self.plan.roles if plan.arn == role)
            documents = [*(policy.document for policy in plan.policies), *(document for _, document in plan.inline)]
            guard = NamedPolicy("bucket policy", self.bucket(bucket).policy.document) if resource == "bucket" else KEY_POLICY
            identity = tuple(NamedPolicy(f"policy {number}", document.document) for number, document in enumerate(documents))
            known = self._layers[role, bucket, resource] = PolicySet(identity=identity, resource=(guard,))
        return known

    def stranger_may(self, principal: str, action: str, where: str, context: Mapping[str, ContextValue] | None = None) -> bool:
        """Whether another principal of the account, with `s3:*` of its own, may do it."""
        name, slash, key = where.partition("/")
        bucket = self.bucket(name)
        request = AuthorizationRequest(
            Principal(PrincipalKind.ROLE_SESSION, arn=principal, account=TARGET.account, session_arn=f"{principal}/session"),
            action,
            f"{bucket.arn}{slash}{key}",
            {**HTTPS, "aws:PrincipalArn": principal, "aws:PrincipalIsAWSService": "false", **(context or {})},
        )
        return decide(request, PolicySet(identity=(EVERYTHING,), resource=(NamedPolicy("bucket policy", bucket.policy.document),))).allowed


# A declaration that uses nearly everything, for what turns plans into other forms.
EVERYTHING_DECLARED = """\
issuers:
  okta: {preset: okta, url: "https://acme.okta.com/oauth2/default", audience: s3, thumbprints: ["aabbccddeeff00112233445566778899aabbccdd"]}
  ci: {preset: github}
  gitlab: {preset: gitlab, audience: sts, provider: existing}
buckets:
  datasets:
    encryption: kms
    exclusive: true
    administrators: ["arn:aws:iam::111122223333:role/admin"]
    logging: {bucket: logs, prefix: datasets/}
    lifecycle:
      expire_days: 300
      expire_old_versions_days: 90
      keep_old_versions: 3
      rules:
        - {prefix: raw/, transitions: {GLACIER_IR: 90, DEEP_ARCHIVE: 200}, old_transitions: {STANDARD_IA: 30}, expire_days: 250}
        - {prefix: tmp/, tags: {keep_for: short, rules: none}, expire_days: 3}
    cors: [{origins: ["https://studio.example.com"], methods: [GET, PUT], headers: ["*"], expose: [ETag], max_age_seconds: 600}]
    event_bridge: true
    transfer_acceleration: true
    access_points: [lab]
  logs: {}
  locked:
    object_lock: {days: 3}
    encryption: {key: "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"}
  plain: {versioning: false, relax: {block_public_access: "a public data set", customer_keys: "an old client"}}
  old: {create: false, policy: none}
services:
  trainer:
    identity: {issuer: okta, subject: "a${b}"}
    session: {duration: 4h, tags: [tenant]}
    tags: {team: ml}
    grants:
      - {bucket: datasets, prefix: raw/, access: [read, write]}
      - {bucket: datasets, prefix: tenants/, access: read, per: tenant}
      - {bucket: locked, prefix: "50%{x}/", access: write}
      - {bucket: datasets, prefix: lab/, access: read, access_point: lab}
  eval.one:
    path: /ai/
    permissions_boundary: arn:aws:iam::111122223333:policy/boundary
    identity:
      - {issuer: ci, repository: acme/eval, environment: production}
      - {issuer: gitlab, project: a/b, tag: v1}
    grants:
      - {bucket: old, prefix: checkpoints/, access: read}
      - {bucket: plain, access: [read, delete]}
tags: {owner: platform}
"""


def is_taken_by_aws(deployment: Deployment) -> bool:
    """Whether AWS would take the documents: a fault that it refuses does no harm."""
    try:
        for role in deployment.roles:
            check_policy(role.trust.document, PolicyKind.TRUST)
        for bucket in deployment.buckets:
            if bucket.policy is not None:
                check_policy(bucket.policy.document, PolicyKind.BUCKET)
    except PolicyError:
        return False
    return True
