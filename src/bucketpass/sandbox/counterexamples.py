"""A counterexample as real requests: the documents that it is about deployed in a sandbox of its own, and what this answers.

Everything that the documents name is made: providers and the issuers behind them, roles, users, buckets and objects. A session is had
as the counterexample has it, by a token where there is one. What no client can set (an address, a VPC endpoint, the time) is left as it
is; then the sandbox may answer otherwise, and that is what is shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from bucketpass.aws.arn import Arn
from bucketpass.aws.provider_claims import BUILT_IN_PROVIDERS
from bucketpass.decide import AuthorizationRequest, NamedPolicy, PrincipalKind
from bucketpass.decide.assume_role import TrustedProvider
from bucketpass.decide.web_identity import provider_of
from bucketpass.deployment.resources import DeployedBucket, DeployedRole, Deployment
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyDocument, policy_json
from bucketpass.prove.question import Counterexample
from bucketpass.requests.s3 import DSSE, SSE_HEADER
from bucketpass.sandbox.api_request import ApiRequest, api_request
from bucketpass.sandbox.credentials import Credential
from bucketpass.sandbox.regions import GLOBAL_REGIONS
from bucketpass.sandbox.replayed_keys import NotSent, ReplayedKeys
from bucketpass.sandbox.replayed_request import send_signed
from bucketpass.sandbox.service import Sandbox, SandboxOptions

__all__ = ["SandboxAnswer", "replay"]

_ROLE_OR_USER = re.compile(r"arn:[^:]+:iam::[0-9]{12}:(role|user)/[^*?$]+")
_EVERYTHING = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
_SESSION_NAME, _TAG = "sts:rolesessionname", "aws:principaltag/"
_CUSTOMER_KEY = "x-amz-server-side-encryption-customer-"
# The account whose root user sends what an account sends that only its canonical user ID names.
_CANONICAL = "999999999999"
# Why nobody can send a request of such a principal to the sandbox.
_NO_CLIENT = {
    PrincipalKind.SERVICE: "only the AWS service itself signs such a request, and no AWS service is in the sandbox",
    PrincipalKind.ORIGIN_ACCESS_IDENTITY: "only CloudFront signs such a request, and it is not in the sandbox",
    PrincipalKind.WEB_IDENTITY: "who becomes the role of this provider is not part of the counterexample",
}


@dataclass(frozen=True, slots=True)
class SandboxAnswer:
    """What the sandbox answered to a request. `status` None: it was not sent. `message`: the error, or why it was not sent."""

    request: str
    status: int | None
    message: str = ""


def replay(found: Counterexample, deployment: Deployment) -> list[SandboxAnswer]:
    """Send the requests of a counterexample to a sandbox in which the deployment's documents are, and return its answers."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    issuers = dict.fromkeys(provider.url for provider in deployment.providers)
    if found.token is not None:
        issuers[str(found.token["iss"])] = None
    principals = [request.principal for request, _ in found.requests]
    accounts = {one.account for one in principals} | {bucket.account for bucket in deployment.buckets}
    canonical = next((one.canonical_user for one in principals if one.kind is PrincipalKind.CANONICAL_USER), "")
    own = deployment.target.account
    options = SandboxOptions(
        issuers={f"issuer-{number}": url for number, url in enumerate(issuers)},
        account=own,
        administrator=f"arn:{deployment.target.partition}:iam::{own}:root",
        further_accounts=tuple(sorted(accounts - {own, ""} | ({_CANONICAL} if canonical else set()))),
        canonical_users={_CANONICAL: canonical} if canonical else {},
        region=deployment.target.region,
    )
    answers = []
    with Sandbox(options) as sandbox, ExitStack() as stack:
        world = _World(sandbox, deployment, boto3, stack, found.token or {})
        for number, (request, _) in enumerate(found.requests):
            try:
                answers.append(world.send(request, found.token if number == 0 else None))
            except NotSent as reason:
                answers.append(SandboxAnswer(f"{request.action} {request.resource}", None, str(reason)))
            except (BotoCoreError, ClientError, PolicyError) as error:
                answers.append(SandboxAnswer(f"{request.action} {request.resource}", None, f"it could not be prepared: {error}"))
    return answers


class _World:
    """A sandbox, and what a counterexample needs in it, made when it is needed."""

    def __init__(self, sandbox: Sandbox, deployment: Deployment, boto3: Any, stack: ExitStack, token: Mapping[str, object]) -> None:
        self._sandbox = sandbox
        self._boto3 = boto3
        self._stack = stack
        # What STS compares with the provider's client IDs, and what a provider takes whose client IDs are not known.
        self._audience = str(token.get("azp") or token.get("aud") or "sts.amazonaws.com")
        self._made: set[str] = set()
        self._numbers = count(1)
        accounts = frozenset({sandbox.account, *sandbox.further_administrators})
        self._deployment = deployment
        self._keys = ReplayedKeys.made(deployment, accounts, lambda account: self._client("kms", self._administrator(account)))
        self._deployment = self._keys.deployment

    # ---- clients

    def _client(self, service: str, keys: Credential | Mapping[str, str] | None, region: str = "") -> Any:
        """A client with an administrator's key or a session's; without, its requests are not signed."""
        from botocore import UNSIGNED
        from botocore.config import Config

        named: dict[str, Any] = {"config": Config(signature_version=UNSIGNED)}
        if isinstance(keys, Credential):
            named = {"aws_access_key_id": keys.access_key_id, "aws_secret_access_key": keys.secret.reveal()}
        elif keys is not None:
            names = {"AccessKeyId": "access_key_id", "SecretAccessKey": "secret_access_key", "SessionToken": "session_token"}
            named = {f"aws_{name}": keys[key] for key, name in names.items() if key in keys}
        client = self._boto3.client(
            service,
            endpoint_url=self._sandbox.https_url,
            region_name=region or self._deployment.target.region if service != "iam" else GLOBAL_REGIONS[self._deployment.target.partition],
            verify=str(self._sandbox.ca_file),
            **named,
        )
        self._stack.callback(client.close)
        return client

    def _administrator(self, account: str) -> Credential:
        further = self._sandbox.further_administrators
        return further.get(account, self._sandbox.admin)

    def _iam(self, account: str) -> Any:
        return self._client("iam", self._administrator(account))

    # ---- what is deployed

    def _once(self, name: str) -> bool:
        """Whether this is to be made now."""
        is_new = name not in self._made
        self._made.add(name)
        return is_new

    def _names(self, *documents: PolicyDocument) -> None:
        """Make the roles and users that the documents name, as far as they are not there."""
        for statement in (statement for document in documents for statement in document.statements):
            elements = (element for element in (statement.principal, statement.not_principal) if element is not None)
            for arn in (text for element in elements for text in element.aws if _ROLE_OR_USER.fullmatch(text)):
                self._principal(arn)

    def _principal(self, arn: str) -> None:
        """Make the role or user of that ARN: as it is deployed, or with every permission of its own."""
        if not self._once(arn):
            return
        deployed = next((role for role in self._deployment.roles if role.arn == arn), None)
        if deployed is not None:
            self._role(deployed)
            return
        parts = Arn.parse(arn)
        if parts is None or parts.account not in (self._sandbox.account, *self._sandbox.further_administrators):
            return
        kind, _, path = parts.resource.partition("/")
        folder, _, name = f"/{path}".rpartition("/")
        iam = self._iam(parts.account)
        if kind == "role":
            iam.create_role(Path=f"{folder}/", RoleName=name, AssumeRolePolicyDocument=self._by_administrator(parts.account))
            iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_EVERYTHING)
        else:
            iam.create_user(Path=f"{folder}/", UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="everything", PolicyDocument=_EVERYTHING)

    def _role(self, role: DeployedRole) -> None:
        account, path = self._deployment.target.account, role.arn.partition(":role/")[2]
        folder = f"/{path}".rpartition("/")[0]
        self._providers(role)
        iam = self._iam(account)
        iam.create_role(Path=f"{folder}/", RoleName=role.name, AssumeRolePolicyDocument=self._by_administrator(account))
        for number, policy in enumerate(role.policies):
            iam.attach_role_policy(RoleName=role.name, PolicyArn=self._managed(iam, f"{role.name}-{number}", policy))
        if isinstance(role.boundary, tuple):
            first, *rest = role.boundary
            statements = tuple(one for policy in role.boundary for one in policy.document.statements)
            whole = replace(first, document=replace(first.document, statements=statements)) if rest else first
            iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=self._managed(iam, f"{role.name}-boundary", whole))
        self._names(role.trust.document)
        iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=policy_json(role.trust.document))

    def _managed(self, iam: Any, name: str, policy: NamedPolicy) -> str:
        """Return the ARN of the policy: AWS's own is in the sandbox, of whatever size; another one is made."""
        known = next((arn for arn, managed in self._deployment.managed.items() if managed is policy), None)
        return known or str(iam.create_policy(PolicyName=name, PolicyDocument=policy_json(policy.document))["Policy"]["Arn"])

    def _providers(self, role: DeployedRole) -> None:
        for provider in self._deployment.providers:
            if provider.arn not in BUILT_IN_PROVIDERS and provider.arn in policy_json(role.trust.document) and self._once(provider.arn):
                self._provider(provider)

    def _provider(self, provider: TrustedProvider) -> None:
        iam = self._iam(self._deployment.target.account)
        iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=list(provider.client_ids) or [self._audience])

    def _by_administrator(self, account: str) -> str:
        """A trust by which the sandbox's administrator gets a session, before the trust that is asked about takes its place."""
        root = f"arn:{self._deployment.target.partition}:iam::{account}:root"
        actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
        return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": root}, "Action": actions}]})

    def _bucket(self, bucket: DeployedBucket, key: str, sent: ApiRequest) -> ApiRequest:
        """Make the bucket with its policy, and the object, version or upload that the request is about; return it with their names."""
        # A declaration may have another name for it.
        name = bucket.arn.rpartition(":")[2]
        region = bucket.region or self._deployment.target.region
        s3 = self._client("s3", self._administrator(bucket.account), region)
        if self._once(bucket.arn):
            where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            s3.create_bucket(Bucket=name, **where)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        # The policy may bind the administrator too: it comes last, and goes before anything else is changed.
        s3.delete_bucket_policy(Bucket=name)
        if key and sent.operation not in ("PutObject", "CreateMultipartUpload"):
            made = s3.put_object(Bucket=name, Key=key, Body=b"x")
            if sent.with_version:
                sent = replace(sent, target=f"{sent.target.partition('?')[0]}?versionId={made.get('VersionId', '')}")
            if "uploadId=x" in sent.target:
                upload = s3.create_multipart_upload(Bucket=name, Key=key)["UploadId"]
                sent = replace(sent, target=sent.target.replace("uploadId=x", f"uploadId={upload}"))
            if sent.object_tags:
                tags = [{"Key": tag, "Value": value} for tag, value in sent.object_tags.items()]
                s3.put_object_tagging(Bucket=name, Key=key, Tagging={"TagSet": tags})
        block = bucket.public_access
        settings = {
            "BlockPublicAcls": block is not None and block.block_public_acls,
            "IgnorePublicAcls": block is not None and block.ignore_public_acls,
            # It decides which policies are stored, and no request.
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": block is not None and block.restrict_public_buckets,
        }
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=settings)
        if bucket.policy is not None and bucket.policy.document.statements:
            self._names(bucket.policy.document)
            s3.put_bucket_policy(Bucket=name, Policy=policy_json(bucket.policy.document))
        return sent

    # ---- who asks

    def _keys_of(self, request: AuthorizationRequest, token: Mapping[str, object] | None) -> Mapping[str, str] | Credential | None:
        """The credentials of the request's principal; None for a request that nobody signs."""
        who = request.principal
        match who.kind:
            case PrincipalKind.ANONYMOUS:
                return None
            case PrincipalKind.ROOT:
                return self._administrator(who.account)
            case PrincipalKind.CANONICAL_USER:
                return self._administrator(_CANONICAL)
            case PrincipalKind.USER if ":user/" in who.arn and not who.unique_id:
                self._principal(who.arn)
                name = who.arn.rpartition("/")[2]
                return dict(self._iam(who.account).create_access_key(UserName=name)["AccessKey"])
            case PrincipalKind.ROLE_SESSION if not who.unique_id:
                self._principal(who.arn)
                name = who.session_arn.rpartition("/")[2]
                return self._with_token(who.arn, name, token) if token is not None else self._as_administrator(request, name)
        raise NotSent(_NO_CLIENT.get(who.kind, "the sandbox gives roles and users unique IDs of its own"))

    def _with_token(self, role: str, name: str, claims: Mapping[str, object]) -> Mapping[str, str]:
        issuer = str(claims["iss"])
        if not any(provider_of(provider.url) == provider_of(issuer) for provider in self._deployment.providers):
            raise NotSent(f"the OIDC provider of {issuer} is not deployed")
        token = self._sandbox.mint(issuer=issuer, claims={"aud": self._audience, **claims}).reveal()
        sts = self._client("sts", None)
        return dict(sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName=name, WebIdentityToken=token)["Credentials"])

    def _as_administrator(self, request: AuthorizationRequest, name: str) -> Mapping[str, str]:
        """A session of the role before its own trust is in force."""
        who = request.principal
        keys = {key: value for key, value in request.context.items() if key.lower().startswith(_TAG) and isinstance(value, str)}
        tags = [{"Key": key[len(_TAG) :], "Value": value} for key, value in keys.items()]
        iam, role = self._iam(who.account), who.arn.rpartition("/")[2]
        trust = json.dumps(iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=self._by_administrator(who.account))
        manager = f"bucketpass-replay-{next(self._numbers)}"
        iam.create_user(UserName=manager)
        iam.put_user_policy(UserName=manager, PolicyName="everything", PolicyDocument=_EVERYTHING)
        sts = self._client("sts", dict(iam.create_access_key(UserName=manager)["AccessKey"]))
        keys = sts.assume_role(RoleArn=who.arn, RoleSessionName=name, Tags=tags)["Credentials"]
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
        return dict(keys)

    # ---- the request

    def send(self, request: AuthorizationRequest, token: Mapping[str, object] | None) -> SandboxAnswer:
        """Send the request as its principal. Raises `NotSent`."""
        service = request.action.partition(":")[0]
        if service == "sts":
            return self._assume(request, token)
        if service == "kms":
            return self._use_key(request, token)
        sent = api_request(request) if service == "s3" else None
        if sent is None:
            raise NotSent(f"no operation of S3 that the sandbox has asks for {request.action} by itself")
        if any(name.startswith(_CUSTOMER_KEY) for name in sent.headers):
            raise NotSent("the sandbox takes no object that is encrypted with a customer's key (SSE-C)")
        if (algorithm := sent.headers.get(SSE_HEADER, DSSE)) not in ("AES256", "aws:kms", DSSE):
            raise NotSent(f"no client encrypts objects of this bucket with `{algorithm}`")
        if f"{SSE_HEADER}-aws-kms-key-id" in sent.headers:
            raise NotSent("the KMS key that the upload names is not one of the sandbox")
        arn, _, key = request.resource.partition("/")
        known = (bucket for bucket in self._deployment.buckets if bucket.arn == arn)
        bucket = next(known, DeployedBucket("", arn, self._sandbox.account, None))
        keys = self._keys_of(request, token)
        sent, region = self._bucket(bucket, key, sent), bucket.region or self._deployment.target.region
        return SandboxAnswer(str(sent), *send_signed(self._sandbox, region, sent, keys))

    def _use_key(self, request: AuthorizationRequest, token: Mapping[str, object] | None) -> SandboxAnswer:
        """Call KMS by the key's own ARN, with the key's policy in force."""
        from botocore import xform_name

        parameters, key = self._keys.parameters(request), self._keys.key(request.resource)
        if key is None:
            raise NotSent("the key is not deployed")
        client = self._client("kms", self._keys_of(request, token))
        self._names(key.policy.document)
        self._keys.lock(key)
        operation = request.action.partition(":")[2]
        call = getattr(client, xform_name(operation))
        return _status(f"{operation} {key.arn}", lambda: call(**parameters))

    def _assume(self, request: AuthorizationRequest, token: Mapping[str, object] | None) -> SandboxAnswer:
        context = {key.lower(): value for key, value in request.context.items() if isinstance(value, str)}
        name, asked = context.get(_SESSION_NAME, "replay"), f"{request.action.partition(':')[2]} {request.resource}"
        if request.action == "sts:AssumeRoleWithWebIdentity" and token is not None:
            self._principal(request.resource)
            return _status(asked, lambda: self._with_token(request.resource, name, token))
        if request.action != "sts:AssumeRole":
            raise NotSent("the sandbox takes tokens of OIDC providers, and AssumeRole")
        keys = self._keys_of(request, None)
        self._principal(request.resource)
        sts = self._client("sts", keys)
        given = {"ExternalId": context.get("sts:externalid"), "SourceIdentity": context.get("sts:sourceidentity")}
        options = {option: value for option, value in given.items() if value}
        return _status(asked, lambda: sts.assume_role(RoleArn=request.resource, RoleSessionName=name, **options))


def _status(asked: str, call: Callable[[], object]) -> SandboxAnswer:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        return SandboxAnswer(asked, error.response["ResponseMetadata"]["HTTPStatusCode"], str(error.response["Error"]["Message"]))
    return SandboxAnswer(asked, 200)
