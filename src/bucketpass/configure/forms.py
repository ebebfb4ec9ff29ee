"""The forms in which a service gets its role: one row each, a template and what it needs beyond the usual values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from bucketpass.configure.facts import Options, ServiceFacts, Site, service_facts
from bucketpass.configure.template import QUOTES, Value, fill, read_template
from bucketpass.errors import InvalidInput
from bucketpass.model.access import Access, AccessLevel, Grant
from bucketpass.version import VERSION

__all__ = ["FORMS", "Form", "service_text"]

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to tell a service of its role.

    words: what is printed, for `--help`. template: the file in `templates/services`. style: how values are quoted.
    presets: the kinds of issuer whose tokens it hands over; none: any that something writes to a file.
    values: further values for the template. own_token_file: the token's file is made by the platform or by the text itself.
    only_aws: it reaches AWS itself and no other endpoint.
    """

    words: str
    template: str
    style: str
    presets: tuple[str, ...] = ()
    values: Callable[[ServiceFacts], Values] = lambda facts: {}
    own_token_file: bool = False
    only_aws: bool = False


def service_text(service: str, form: str, site: Site, options: Options = Options()) -> str:  # noqa: B008 - frozen
    """The file of this form that gives the service its role. Raises `InvalidInput` where the form does not fit the service."""
    if form not in FORMS:
        raise InvalidInput(f"`{form}` is not a form (expected one of {', '.join(FORMS)})", remedy="choose one of them")
    known = FORMS[form]
    if known.only_aws and site.endpoint_url:
        raise InvalidInput(f"`{form}` reaches AWS itself only, not `{site.endpoint_url}`", remedy="leave --endpoint-url out")
    facts = service_facts(service, site, options, known.presets, _fitting(service, site.access))
    return fill(read_template(f"services/{known.template}"), {**_usual(known, facts), **known.values(facts)}, QUOTES[known.style])


def _fitting(service: str, access: Access) -> list[str]:
    """The forms for what makes the service's tokens; where there are none, those for any token that something writes to a file."""
    identities = access.services[service].identity if service in access.services else ()
    kinds = {access.issuers[identity.issuer].preset for identity in identities}
    return [name for name, form in FORMS.items() if kinds & set(form.presets)] or [name for name, form in FORMS.items() if not form.presets]


def _usual(form: Form, facts: ServiceFacts) -> dict[str, Value]:
    token_file = PurePosixPath(facts.options.token_file)
    environment = facts.environment(None if form.own_token_file else str(token_file))
    return {
        "name": facts.name,
        "word": facts.word,
        "image": facts.image,
        "role_arn": facts.role_arn,
        "audience": facts.audience,
        "session_name": facts.session_name,
        "seconds": facts.service.session.seconds,
        "region": facts.site.region,
        "endpoint_url": facts.site.endpoint_url,
        "ca_bundle": facts.site.ca_bundle,
        "token_file": str(token_file),
        "token_folder": str(token_file.parent),
        "token_name": token_file.name,
        "env": [{"name": name, "value": value, "both": f"{name}={value}"} for name, value in environment.items()],
    }


def _kubernetes(facts: ServiceFacts) -> Values:
    account = re.fullmatch(r"system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)", facts.subject)
    if account is None:
        raise InvalidInput(
            f"`{facts.subject}` is not a service account (expected `system:serviceaccount:NAMESPACE:NAME`)",
            remedy="give the identity one namespace and one service account",
        )
    return {"namespace": account[1], "service_account": account[2]}


def _kubernetes_oauth(facts: ServiceFacts) -> Values:
    service = {name: value for name, value in facts.environment(None).items() if not name.startswith(("AWS_ROLE_", "SSL_"))}
    sidecar = {
        "AWS_ROLE_ARN": facts.role_arn,
        "AWS_ROLE_SESSION_NAME": facts.session_name,
        **service,
        "BUCKETPASS_OAUTH_ISSUER": facts.issuer_url,
        "BUCKETPASS_OAUTH_CLIENT_ID": facts.claims.get("client_id", facts.subject),
        "BUCKETPASS_OAUTH_CLIENT_SECRET_FILE": "/var/run/secrets/bucketpass/client-secret",
        **OAUTH_SETTINGS.get(facts.preset, {}),
        **({"BUCKETPASS_OAUTH_AUDIENCE": facts.audience} if facts.preset == "auth0" and facts.audience else {}),
        "BUCKETPASS_CACHE": "off",
    }
    client = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:4747/credentials",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/run/bucketpass/endpoint-token",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9",  # obstore and polars must not find the node's role
        **service,
    }
    return {
        "secret": f"{facts.word}-oauth",
        "sidecar_image": f"bucketpass:{VERSION}",
        "sidecar": [{"name": name, "value": value} for name, value in sidecar.items()],
        "client": [{"name": name, "value": value} for name, value in client.items()],
    }


# What a server wants beside client and secret. Okta's scope is whichever its access policy lets the client have.
OAUTH_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "okta": {"BUCKETPASS_OAUTH_SCOPE": "s3"},
    "auth0": {"BUCKETPASS_OAUTH_AUTHENTICATION": "body"},
}


def _github(facts: ServiceFacts) -> Values:
    return {name: facts.claims.get(name) for name in ("branch", "tag", "environment", "event")}


def _gitlab(facts: ServiceFacts) -> Values:
    variables = {"branch": "$CI_COMMIT_BRANCH", "tag": "$CI_COMMIT_TAG"}
    rules = (f'{variable} == "{facts.claims[field]}"' for field, variable in variables.items() if field in facts.claims)
    return {"rule": next(rules, None)}


def _credential_process(facts: ServiceFacts) -> Values:
    options = {
        "--role-arn": facts.role_arn,
        "--source": facts.options.source or ("spiffe" if facts.preset == "spiffe" else None),
        "--audience": facts.audience,
        "--session-name": facts.session_name,
        "--region": facts.site.region,
        "--endpoint-url": facts.site.endpoint_url,
        "--ca-bundle": facts.site.ca_bundle,
    }
    words = [word for option, value in options.items() if value is not None for word in (option, value)]
    return {"command": shlex.join(["bucketpass", "credential-process", *words])}


def _modal(facts: ServiceFacts) -> Values:
    names = {plan.name: plan.bucket for plan in facts.site.plan.buckets}
    mounts: dict[str, dict[str, str | int]] = {}
    rest = []
    for grant in facts.service.grants:
        if not _is_folder(grant):
            rest.append({"words": f"{grant.bucket}/{grant.key or grant.prefix}"})
            continue
        path = f"/{grant.bucket}/{grant.prefix}".rstrip("/")
        mount = mounts.setdefault(path, {"path": path, "bucket": names[grant.bucket], "prefix": grant.prefix, "read_only": True})
        mount["read_only"] = mount["read_only"] and not {AccessLevel.WRITE, AccessLevel.CREATE} & set(grant.access)
    return {
        "app": facts.claims.get("app", facts.word),
        "function": facts.claims.get("function", facts.word),
        "folder": [mount for mount in mounts.values() if mount["prefix"]],
        "whole": [mount for mount in mounts.values() if not mount["prefix"]],
        "rest": rest,
    }


def _volumes(facts: ServiceFacts) -> Values:
    if facts.audience != CSI_AUDIENCE:
        message = f"the driver asks for tokens with the audience `{CSI_AUDIENCE}`, and those of the service have `{facts.audience}`"
        raise InvalidInput(message, remedy=f"add `{CSI_AUDIENCE}` to the issuer's `audience`, as its first")
    account, folders = _kubernetes(facts), dict[tuple[str, str], set[AccessLevel]]()
    for grant in facts.service.grants:
        if _is_folder(grant) and MOUNTED.fullmatch(grant.prefix):
            folders.setdefault((grant.bucket, grant.prefix), set()).update(grant.access)
    read = {folder: access for folder, access in folders.items() if AccessLevel.READ in access}
    if not read:
        raise InvalidInput("no grant of the service reads a folder", remedy="grant `read` of a prefix that ends with `/`")
    left = [grant for grant in facts.service.grants if (grant.bucket, grant.prefix) not in read]
    name = f"{account['namespace']}-{facts.word}"
    return {
        **account,
        "volume": [_volume(f"{name}-{number}", *folder, read[folder], facts.site) for number, folder in enumerate(read, start=1)],
        "rest": [{"words": f"{grant.bucket}/{grant.key or grant.prefix}"} for grant in left],
    }


def _volume(name: str, bucket: str, prefix: str, access: set[AccessLevel], site: Site) -> dict[str, str | tuple[str, ...]]:
    plan = next(plan for plan in site.plan.buckets if plan.name == bucket)
    levels = ((AccessLevel.WRITE, "allow-overwrite"), (AccessLevel.DELETE, "allow-delete"))
    changes = tuple(option for level, option in levels if level in access)
    options = (f"region {plan.region}", *((f"prefix {prefix}",) if prefix else ()), "allow-other", "uid=10001", "gid=10001")
    return {
        "name": name,
        "bucket": plan.bucket,
        "path": f"/{bucket}/{prefix}".rstrip("/"),
        "mode": "ReadWriteMany" if changes else "ReadOnlyMany",
        "options": (*options, *(changes or ("read-only",))),
    }


def _is_folder(grant: Grant) -> bool:
    """Whether what it grants is a folder, or a bucket, that can be mounted as it is."""
    narrowed = grant.key or grant.keys or grant.exclude or grant.per or grant.access_point or not grant.access
    return not narrowed and (not grant.prefix or grant.prefix.endswith("/"))


def _sagemaker(facts: ServiceFacts) -> Values:
    words = ["aws", "sts", "get-web-identity-token", "--audience", facts.audience or "", "--signing-algorithm", "RS256"]
    return {"token_command": shlex.join([*words, "--query", "WebIdentityToken", "--output", "text"])}


# What the driver asks the cluster for, for a volume with the identity of its pod; and prefixes that its options can hold.
CSI_AUDIENCE, MOUNTED = "sts.amazonaws.com", re.compile(r"[\w./=+@-]*", re.ASCII)
FORMS: Mapping[str, Form] = {
    "kubernetes": Form(
        "a service account, and a pod with a projected token",
        "kubernetes.yaml",
        "yaml",
        presets=("kubernetes", "eks", "gke", "aks"),
        values=_kubernetes,
    ),
    "kubernetes-oauth": Form(
        "a pod with a sidecar that is a client of Keycloak, Okta or Auth0",
        "kubernetes-oauth.yaml",
        "yaml",
        presets=("keycloak", "okta", "auth0"),
        values=_kubernetes_oauth,
        own_token_file=True,
    ),
    "github": Form("a workflow of GitHub Actions", "github.yaml", "yaml", presets=("github",), values=_github, own_token_file=True),
    "gitlab": Form("a job of GitLab CI", "gitlab.yaml", "yaml", presets=("gitlab",), values=_gitlab, own_token_file=True),
    "mountpoint-csi": Form(
        "a pod whose folders are volumes of the Mountpoint for Amazon S3 CSI driver",
        "mountpoint-csi.yaml",
        "yaml",
        presets=("kubernetes", "eks", "gke", "aks"),
        values=_volumes,
        own_token_file=True,
        only_aws=True,
    ),
    "docker": Form("a `docker run` command", "docker.sh", "shell"),
    "compose": Form("a compose.yaml", "compose.yaml", "yaml"),
    "aws-profile": Form("a profile of ~/.aws/config", "aws-profile.ini", "ini"),
    "credential-process": Form(
        "a profile whose credentials bucketpass gets", "credential-process.ini", "ini", values=_credential_process, own_token_file=True
    ),
    "env": Form("environment variables, for a shell", "env.sh", "shell"),
    "systemd": Form("a drop-in of a systemd unit", "systemd.conf", "systemd"),
    "modal": Form(
        "a function of Modal with its buckets mounted", "modal.py.txt", "python", presets=("modal",), values=_modal, only_aws=True
    ),
    "sagemaker": Form(
        "fields of a SageMaker training job",
        "sagemaker.json",
        "json",
        presets=("aws",),
        values=_sagemaker,
        own_token_file=True,
        only_aws=True,
    ),
}
