"""What can be seen on this machine without a network: the environment, the cache, the role, the token and its source.

The token's own source may ask a server of its platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.credentials.assemble import open_store, with_session_policy
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.doctor.examination import CheckResult, ExaminedService, found, passed, skipped
from bucketpass.credentials.entry import decode_entry, decode_refusal
from bucketpass.credentials.host import Exchanger, entry_name, failure_names
from bucketpass.credentials.options import token_path
from bucketpass.credentials.outranking import seen_before_ours
from bucketpass.credentials.values import UnknownRole, parse_role
from bucketpass.credentials.warm import default_directory
from bucketpass.identity.interface import Machine
from bucketpass.identity.registry import Detection, detect_source, source_named
from bucketpass.identity.token import UNUSABLE, TokenFault, read_token, token_fault

__all__ = [
    "audience_remedy",
    "check_cache",
    "check_claims",
    "check_environment",
    "check_role",
    "check_session",
    "check_source",
    "check_token",
]


def check_environment(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether other credentials would be taken before ours."""
    seen = seen_before_ours(service.machine.variables, service.machine.read)
    for path in seen.files:
        remedy = "move the keys to another profile, or start the service with `bucketpass exec`, which passes the file over"
        yield found("profile", "other-credentials-first", f"the default profile in `{path}` has credentials: SDKs take these first", remedy)
    if seen.variables:
        remedy = environment_remedy(service.machine, seen.variables)
        yield found("environment", "other-credentials-first", f"`{'`, `'.join(seen.variables)}` set: SDKs take these first", remedy)
    elif not seen.files:
        words = f"the profile `{seen.ours}` asks bucketpass" if seen.ours else "no other AWS credentials are in the environment"
        yield passed("environment", words)


def environment_remedy(machine: Machine, variables: tuple[str, ...]) -> str:
    """How the variables go that SDKs take first."""
    if machine.value("GITHUB_ACTIONS") and "AWS_SESSION_TOKEN" in variables:
        return (
            "a step before this one exported a session, as aws-actions/configure-aws-credentials does: remove it, give it "
            "`output-env-credentials: false`, or start the service with `bucketpass exec`"
        )
    return "unset them, or start the service with `bucketpass exec`, which does"


def check_cache(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether this host's processes share their exchanges."""
    directory = default_directory({**service.machine.variables, "BUCKETPASS_CACHE": service.values.get("cache", "")})
    if directory is None:
        yield found("cache", "cache-off", "turned off: every process exchanges for itself")
    elif open_store(directory, service.machine) is None:
        yield found("cache", "cache-unusable", f"`{directory}` cannot be used")
    else:
        yield passed("cache", f"shared in `{directory}`")


def check_role(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether there is a role to assume."""
    try:
        service.role = with_session_policy(parse_role(service.values, None), service.values, service.machine)
    except ValueError as error:
        yield found("role", "role-unknown" if isinstance(error, UnknownRole) else "option-invalid", str(error))
        return
    arn, region = Arn.parse(service.role.arn), service.role.region
    if arn is not None and region and not service.role.endpoint_url and partition_of_region(region).name != arn.partition:
        seen = f"the role is in the partition `{arn.partition}`, the Region `{region}` is not: its STS knows no such role"
        yield found("role", "role-of-another-partition", seen)
    else:
        yield passed("role", service.role.arn)


def check_source(service: ExaminedService) -> Iterator[CheckResult]:
    """Where the token comes from."""
    path, audience = token_path(service.values), service.values.get("audience")
    spelled = f"file:{path}" if path else service.values.get("source")
    machine = service.machine
    detection = Detection(source_named(spelled, machine, audience), ()) if spelled else detect_source(machine, audience)
    service.source = detection.source
    if detection.source is None:
        yield found("source", "no-token-source", f"no token source: {detection}", detection.remedy())
    else:
        yield passed("source", detection.source.describe())


def check_token(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether the source has a token, and AWS takes tokens of this shape."""
    if service.source is None:
        yield skipped("token", "no source")
        return
    token = read_token(service.source.fetch().reveal())
    if isinstance(token, TokenFault):
        yield found("token", UNUSABLE, token.message, token.remedy)
        return
    service.token = token
    audience = f" for `{token.aws_audience}`" if token.aws_audience else ""
    yield passed("token", f"`{token.subject}` of `{token.issuer}`{audience}, {token.algorithm}")


def check_claims(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether the token is in its time and for the right audience."""
    if service.token is None:
        yield skipped("claims", "no token")
        return
    now = service.machine.clock.now().timestamp() - service.skew
    audience = service.values.get("audience")
    fault = token_fault(service.token, now=now, audience=audience)
    if fault is not None:
        service.unsent = "the token would be refused, so it is not sent"
        remedy = audience_remedy(service, audience) if audience and "audience is" in fault.message else fault.remedy
        yield found("claims", UNUSABLE, fault.message, remedy)
    else:
        yield passed("claims", f"the token lives {int((service.token.expires or now) - now):,} s more")


def audience_remedy(service: ExaminedService, audience: str) -> str:
    """How a token with this audience is got from the service's source."""
    name = service.source.name if service.source is not None else ""
    remedy = (
        "name it: --audience AUDIENCE" if name in ASKED_WITH_AUDIENCE else OTHER_AUDIENCE.get(name, "ask the issuer for a token with it")
    )
    return re.sub(r"\bAUDIENCE\b", lambda _: audience, remedy)  # not within the names of variables


# Sources that ask for a token when it is needed, for the audience that is named.
ASKED_WITH_AUDIENCE = frozenset({"ambient", "azure", "azure-arc", "buildkite", "cursor", "fly", "gcp", "github", "spiffe"})
OAUTH_AUDIENCE = "set BUCKETPASS_OAUTH_AUDIENCE=AUDIENCE, or BUCKETPASS_OAUTH_SCOPE to the scope that stands for it at the server"
# A platform's variable or file holds one token, for the audience that it was declared with: how to get another.
OTHER_AUDIENCE = {
    "azure-devops": "Azure DevOps gives the audience `api://AzureADTokenExchange`: declare that in access.yaml",
    "bitbucket": "Bitbucket gives one audience for a workspace: declare that in access.yaml",
    "circleci": """ask CircleCI for one: --source 'command:circleci run oidc get --claims {"aud":"AUDIENCE"}'""",
    "gitlab": "declare it in the job: `id_tokens: {GITLAB_OIDC_TOKEN: {aud: AUDIENCE}}`",
    "kubernetes": "write `audience: AUDIENCE` into the projected volume's serviceAccountToken",
    "modal": "Modal gives the audience `oidc.modal.com`: declare that in access.yaml",
    "oauth": OAUTH_AUDIENCE,
    "private-key-jwt": OAUTH_AUDIENCE,
    "terraform-cloud": "set TFC_WORKLOAD_IDENTITY_AUDIENCE=AUDIENCE in the workspace, or with a tag and --source terraform-cloud:TAG",
    "vercel": "Vercel gives one audience for a team: declare that in access.yaml",
}


def check_session(service: ExaminedService) -> Iterator[CheckResult]:
    """What `exec` and the other processes of this host use without asking STS: the session in the cache, and how its renewal goes."""
    if service.token is None or service.role is None or service.source is None:
        yield skipped("session", "no token, or no role")
        return
    machine, identity = service.machine, identity_of(service.token)
    store = open_store(service.values.get("cache"), machine)
    exchanger = Exchanger(service.role, service.source, machine.send, store, machine.clock)
    name = entry_name(service.role, identity)
    kept = decode_entry(store.read(name)) if store is not None else None
    if store is None or kept is None:
        yield passed("session", "this host's cache has none for this token and role")
        return
    left = kept[0].good_until - machine.clock.now().timestamp()
    failure = next((refusal for file in failure_names(name) if (refusal := decode_refusal(store.read(file), 0.0))), None)
    instance = exchanger.instance() if left > 0 and kept[0].instance else kept[0].instance
    if isinstance(instance, OSError) and not isinstance(instance, ConnectionRefusedError):
        seen = f"the cache has a session of a sandbox at `{service.role.endpoint()}`, and whether that one runs cannot be asked: {instance}"
        yield skipped("session", seen)
    elif left > 0 and instance != kept[0].instance:
        seen = f"the cache has a session of a sandbox that does not run at `{service.role.endpoint()}` any more: it is not used"
        yield found("session", "session-of-another-sandbox", seen)
    elif left > 0 and failure is not None:
        seen = f"renewing failed {kept[2]:,} times, the session in the cache is good for {left:,.0f} s: {failure.code}: {failure.message}"
        yield found("session", "renewal-fails", seen, failure.rule.remedy)
    elif left > 0:
        yield passed("session", f"the cache has one that is good for {left:,.0f} s: `exec` uses it")
    else:
        yield passed("session", "the one in the cache has ended: it is not used")
