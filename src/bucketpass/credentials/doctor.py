"""Why a service cannot reach its data: every link of the chain is looked at, in the order in which they hold each other.

Each check says what it saw, and where it is wrong, the remedy. A check whose link before it is broken is skipped; what can
be seen without a network is seen first.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from bucketpass.credentials.address import Address
from bucketpass.credentials.assemble import open_store, with_session_policy
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.data import LOOK_SECONDS, ask_s3, bucket_url
from bucketpass.credentials.entry import decode_entry, decode_refusal
from bucketpass.credentials.granted import granted
from bucketpass.credentials.host import Exchanger, Held, entry_name, failure_names
from bucketpass.credentials.options import token_path
from bucketpass.credentials.outranking import seen_before_ours
from bucketpass.credentials.rules import BAD_AUTHORITIES
from bucketpass.credentials.sts import INSTANCE_HEADER, server_time
from bucketpass.credentials.trust import admitting, target_of
from bucketpass.credentials.values import Credentials, Refusal, RoleToAssume, parse_role
from bucketpass.credentials.warm import default_directory
from bucketpass.errors import BucketpassError, Severity
from bucketpass.findings import CODES
from bucketpass.identity.ask import json_object
from bucketpass.identity.interface import Machine, TokenSource
from bucketpass.identity.registry import Detection, detect_source, source_named
from bucketpass.identity.token import TokenFault, UnverifiedToken, decoded, read_token, token_fault
from bucketpass.model.access import Access
from bucketpass.policy.document import PolicyDocument
from bucketpass.wire.client import HttpRequest, HttpResponse
from bucketpass.wire.network import UnreadableAuthorities
from bucketpass.wire.xml import leaf_texts

__all__ = ["CheckResult", "CheckVerdict", "Patient", "examine"]

MOCK_ISSUERS_PATH = "/_oidc/"  # the sandbox's page that lists the issuers that it mocks
# As AWS asks: a kube-apiserver answers its key set as the first alone.
JSON = (("Accept", "application/jwk-set+json, application/json"),)
SKEW_NOTABLE_SECONDS = 60.0
SKEW_REFUSED_SECONDS = 900.0  # S3 answers RequestTimeTooSkewed [A]


class CheckVerdict(Enum):
    """What a check found."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's result: what was seen, and if that is a finding, its code and remedy."""

    check: str
    verdict: CheckVerdict
    seen: str
    remedy: str = ""
    code: str = ""


def passed(check: str, seen: str) -> CheckResult:
    """A check that found nothing wrong."""
    return CheckResult(check, CheckVerdict.GOOD, seen)


def skipped(check: str, reason: str) -> CheckResult:
    """A check that could not be made."""
    return CheckResult(check, CheckVerdict.SKIPPED, reason)


def found(check: str, code: str, seen: str, remedy: str = "") -> CheckResult:
    """A check that found something, under a code of the registry; without `remedy` it is the registry's."""
    entry = CODES[code]
    return CheckResult(
        check, CheckVerdict.BAD if entry.severity is Severity.ERROR else CheckVerdict.NOTE, seen, remedy or entry.remedy, code
    )


@dataclass(slots=True)
class Patient:
    """What is examined, and what the checks have learnt so far.

    unsent: why the token must not, or cannot, be sent to STS. sandbox: whether it is a sandbox's STS that answers.
    """

    values: Mapping[str, str]
    machine: Machine
    access: Access | None = None
    trust: PolicyDocument | None = None
    address: Address | None = None
    s3_endpoint: str | None = None
    role: RoleToAssume | None = None
    source: TokenSource | None = None
    token: UnverifiedToken | None = None
    credentials: Credentials | None = None
    skew: float = 0.0
    unsent: str = ""
    sandbox: bool = False
    admitted: bool = False


def examine(patient: Patient) -> Iterator[CheckResult]:
    """The findings, one after another, as they are made."""
    for name, check in CHECKS.items():
        try:
            yield from check(patient)
        except BucketpassError as error:
            diagnostic = error.diagnostics()[0]
            yield found(name, error.code, diagnostic.message, diagnostic.remedy)


def check_environment(patient: Patient) -> Iterator[CheckResult]:
    """Whether other credentials would be taken before ours."""
    seen = seen_before_ours(patient.machine.variables, patient.machine.read)
    for path in seen.files:
        remedy = "move the keys to another profile, or start the service with `bucketpass exec`, which passes the file over"
        yield found("profile", "other-credentials-first", f"the default profile in `{path}` has credentials: SDKs take these first", remedy)
    if seen.variables:
        remedy = environment_remedy(patient.machine, seen.variables)
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


def check_cache(patient: Patient) -> Iterator[CheckResult]:
    """Whether this host's processes share their exchanges."""
    directory = default_directory({**patient.machine.variables, "BUCKETPASS_CACHE": patient.values.get("cache", "")})
    if directory is None:
        yield found("cache", "cache-off", "turned off: every process exchanges for itself")
    elif open_store(directory, patient.machine) is None:
        yield found("cache", "cache-unusable", f"`{directory}` cannot be used")
    else:
        yield passed("cache", f"shared in `{directory}`")


def check_role(patient: Patient) -> Iterator[CheckResult]:
    """Whether there is a role to assume."""
    try:
        patient.role = with_session_policy(parse_role(patient.values, None), patient.values, patient.machine)
    except ValueError as error:
        yield found("role", "role-unknown", str(error))
        return
    yield passed("role", patient.role.arn)


def check_source(patient: Patient) -> Iterator[CheckResult]:
    """Where the token comes from."""
    path, audience = token_path(patient.values), patient.values.get("audience")
    spelled = f"file:{path}" if path else patient.values.get("source")
    machine = patient.machine
    detection = Detection(source_named(spelled, machine, audience), ()) if spelled else detect_source(machine, audience)
    patient.source = detection.source
    if detection.source is None:
        yield found("source", "no-token-source", f"no token source: {detection}", detection.remedy())
    else:
        yield passed("source", detection.source.describe())


def check_token(patient: Patient) -> Iterator[CheckResult]:
    """Whether the source has a token, and AWS takes tokens of this shape."""
    if patient.source is None:
        yield skipped("token", "no source")
        return
    token = read_token(patient.source.fetch().reveal())
    if isinstance(token, TokenFault):
        yield found("token", "token-unusable", token.message, token.remedy)
        return
    patient.token = token
    yield passed("token", f"`{token.subject}` of `{token.issuer}` for `{token.aws_audience}`, {token.algorithm}")


def check_endpoint(patient: Patient) -> Iterator[CheckResult]:
    """Whether STS answers, and what its clock says of ours."""
    if patient.role is None:
        yield skipped("endpoint", "no role")
        return
    address = patient.role.endpoint()
    try:
        response = patient.machine.send(HttpRequest("GET", address), timeout=LOOK_SECONDS, ca_file=patient.role.ca_file)
    except OSError as error:
        patient.unsent = "STS gives no answer"
        yield found("endpoint", "sts-unreachable", *unreachable(address, error))
        return
    patient.sandbox = INSTANCE_HEADER in response.headers
    yield passed("endpoint", f"`{address}` answers")
    now = patient.machine.clock.now().timestamp()
    theirs = server_time(response.headers, math.nan)
    if math.isnan(theirs):
        yield found("clock", "clock-unknown", "not compared: the answer of STS has no time")
        return
    patient.skew = now - theirs
    seen = f"this machine is {abs(patient.skew):,.0f} s {'ahead of' if patient.skew > 0 else 'behind'} STS"
    if abs(patient.skew) >= SKEW_REFUSED_SECONDS:
        yield found("clock", "clock-refused", f"{seen}: S3 refuses requests")
    elif abs(patient.skew) >= SKEW_NOTABLE_SECONDS:
        yield found("clock", "clock-skew", f"{seen}: bucketpass corrects it, other programs may not")
    else:
        yield passed("clock", "agrees with that of STS")


def unreachable(address: str, error: OSError) -> tuple[str, str]:
    """Why STS could not be asked, and the remedy."""
    why = error.strerror or str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        seen = f"`{address}`: the certificate cannot be checked: {error.verify_message}"
        return seen, "set AWS_CA_BUNDLE to the authority of this STS; or see which proxy answers in its place"
    if isinstance(error, UnreadableAuthorities):
        return str(error), BAD_AUTHORITIES.remedy
    if isinstance(error, ssl.SSLError):
        return f"`{address}`: {why}", "see who answers at this address: it is no TLS that fits"
    return f"`{address}`: {why}", "see the address, DNS, HTTPS_PROXY and NO_PROXY, firewalls"


def check_claims(patient: Patient) -> Iterator[CheckResult]:
    """Whether the token is in its time and for the right audience."""
    if patient.token is None:
        yield skipped("claims", "no token")
        return
    now = patient.machine.clock.now().timestamp() - patient.skew
    fault = token_fault(patient.token, now=now, audience=patient.values.get("audience"))
    if fault is not None:
        patient.unsent = "the token would be refused, so it is not sent"
        yield found("claims", "token-unusable", fault.message, audience_remedy(patient) if "audience is" in fault.message else fault.remedy)
    else:
        yield passed("claims", f"the token lives {int((patient.token.expires or now) - now):,} s more")


def audience_remedy(patient: Patient) -> str:
    """How a token with the wanted audience is got from this source."""
    name, audience = patient.source.name if patient.source is not None else "", patient.values.get("audience")
    return OTHER_AUDIENCE.get(name, "ask the issuer for a token with this audience").replace("AUDIENCE", audience or "AUDIENCE")


# A platform's variable holds one token, for the audience that it was declared with: how to get another.
OTHER_AUDIENCE = {
    "circleci": """ask CircleCI for one: --source 'command:circleci run oidc get --claims {"aud":"AUDIENCE"}'""",
    "gitlab": "declare it in the job: `id_tokens: {GITLAB_OIDC_TOKEN: {aud: AUDIENCE}}`",
    "terraform-cloud": "set TFC_WORKLOAD_IDENTITY_AUDIENCE=AUDIENCE in the workspace, or with a tag and --source terraform-cloud:TAG",
    "kubernetes": "write `audience: AUDIENCE` into the projected volume's serviceAccountToken",
    "vercel": "Vercel gives one audience for a team: declare that in access.yaml",
}


def check_session(patient: Patient) -> Iterator[CheckResult]:
    """What `exec` and the other processes of this host use without asking STS: the session in the cache, and how its renewal goes."""
    if patient.token is None or patient.role is None or patient.source is None:
        yield skipped("session", "no token, or no role")
        return
    machine, identity = patient.machine, identity_of(patient.token)
    store = open_store(patient.values.get("cache"), machine)
    exchanger = Exchanger(patient.role, patient.source, machine.send, store, machine.clock)
    name = entry_name(patient.role, identity)
    kept = decode_entry(store.read(name)) if store is not None else None
    if store is None or kept is None:
        yield passed("session", "this host's cache has none for this token and role")
        return
    left = kept[0].good_until - machine.clock.now().timestamp()
    failure = next((refusal for file in failure_names(name) if (refusal := decode_refusal(store.read(file), 0.0))), None)
    if left > 0 and exchanger.look(identity) is None:
        seen = f"the cache has a session of a sandbox that does not run at `{patient.role.endpoint()}` any more: it is not used"
        yield found("session", "session-of-another-sandbox", seen)
    elif left > 0 and failure is not None:
        seen = f"renewing failed {kept[2]:,} times, the session in the cache is good for {left:,.0f} s: {failure.code}: {failure.message}"
        yield found("session", "renewal-fails", seen, failure.rule.remedy)
    elif left > 0:
        yield passed("session", f"the cache has one that is good for {left:,.0f} s: `exec` uses it")
    else:
        yield passed("session", "the one in the cache has ended: it is not used")


def check_issuer(patient: Patient) -> Iterator[CheckResult]:
    """Whether the issuer publishes the key that signed the token. AWS must be able to read it, this machine need not."""
    if patient.token is None:
        yield skipped("issuer", "no token")
        return
    if not patient.token.issuer.startswith("https://"):
        yield found("issuer", "issuer-not-https", f"`{patient.token.issuer}` is not https")
        return
    mocked = mocked_issuer(patient, patient.token.issuer)
    if mocked is not None:
        yield from check_mocked_issuer(patient, patient.token, mocked)
        return
    unread = "AWS must be able to read it from the internet. This machine need not: where it is kept from the internet, all is well"
    document, why = fetched_json(patient, f"{patient.token.issuer.rstrip('/')}/.well-known/openid-configuration")
    if document is None:
        yield found("issuer", "issuer-unreadable", f"discovery cannot be read from here: {why}", unread)
        return
    if document.get("issuer") != patient.token.issuer:
        remedy = "the provider in IAM must have the token's `iss`, exactly: see its slash at the end"
        yield found(
            "issuer", "issuer-mismatch", f"discovery is of `{document.get('issuer')}`, the token of `{patient.token.issuer}`", remedy
        )
        return
    keys, why = fetched_json(patient, str(document.get("jwks_uri")))
    if keys is None:
        yield found("issuer", "issuer-unreadable", f"the keys cannot be read from here: {why}", unread)
        return
    signed_with = key_id(patient.token)
    if signed_with is not None and signed_with not in published(keys):
        seen = f"the issuer does not publish the key `{signed_with}`, with which the token is signed"
        yield found(
            "issuer", "signing-key-unpublished", seen, "get a new token: the issuer's keys have changed, or this one comes from elsewhere"
        )
        return
    yield passed("issuer", "publishes the key with which the token is signed")


def mocked_issuer(patient: Patient, issuer: str) -> str | None:
    """Where the sandbox that answers as STS mocks the issuer, or None."""
    if patient.role is None or not patient.sandbox:
        return None
    base = patient.role.endpoint().rstrip("/")
    page, _ = fetched_json(patient, f"{base}{MOCK_ISSUERS_PATH}", patient.role.ca_file)
    issuers = (page or {}).get("issuers")
    path = issuers.get(issuer) if isinstance(issuers, dict) else None
    return f"{base}{path}" if isinstance(path, str) else None


def check_mocked_issuer(patient: Patient, token: UnverifiedToken, address: str) -> Iterator[CheckResult]:
    """Whether the token is one of the sandbox's mock of its issuer: the sandbox takes no others."""
    keys, _ = fetched_json(patient, f"{address}/jwks", patient.role.ca_file if patient.role is not None else None)
    if key_id(token) in published(keys or {}):
        yield passed("issuer", f"this sandbox stands in for `{token.issuer}`, and the token is its own")
    else:
        seen = f"this sandbox stands in for `{token.issuer}`, and the token is not its own: it is of the real issuer or of another sandbox"
        yield found("issuer", "issuer-mocked", seen)


def key_id(token: UnverifiedToken) -> object:
    """The ID of the key that signed the token, or None."""
    return (decoded(token.text.reveal().partition(".")[0]) or {}).get("kid")


def published(keys: Mapping[str, object]) -> list[object]:
    """The key IDs of a key set."""
    listed = keys.get("keys")
    return [key.get("kid") for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []


def fetched_json(patient: Patient, url: str, ca_file: str | None = None) -> tuple[dict[str, object] | None, str]:
    """The JSON object at `url`, or why there is none."""
    try:
        response = patient.machine.send(HttpRequest("GET", url, JSON), timeout=LOOK_SECONDS, ca_file=ca_file)
    except OSError as error:
        return None, f"`{url}`: {error.strerror or error}"
    value = json_object(response.body) if response.status == 200 else None
    return value, f"`{url}` answered {response.status}"


def check_trust(patient: Patient) -> Iterator[CheckResult]:
    """Whether the declaration, or the role's trust policy, admits the token."""
    if patient.token is None or patient.role is None:
        yield skipped("trust", "no token, or no role")
    elif patient.access is None and patient.trust is None:
        yield skipped("trust", "no declaration is at hand (--access access.yaml, or --trust-policy FILE)")
    else:
        admitted, seen, remedy = admitting(patient.token, patient.role, patient.access, patient.trust)
        patient.admitted = admitted
        yield passed("trust", seen) if admitted else found("trust", "trust-refuses-token", seen, remedy)


def check_exchange(patient: Patient) -> Iterator[CheckResult]:
    """Whether STS gives credentials for the token now. Past the cache: what another process got proves nothing."""
    if patient.token is None or patient.role is None or patient.source is None:
        yield skipped("exchange", "no token, or no role")
        return
    if patient.unsent:
        yield skipped("exchange", patient.unsent)
        return
    machine = patient.machine
    got = Exchanger(patient.role, patient.source, machine.send, None, machine.clock).fetch_credentials(patience=LOOK_SECONDS)
    if isinstance(got, Held):
        patient.credentials = got.credentials
        left = got.credentials.expires - machine.clock.now().timestamp()
        yield passed("exchange", f"STS gave a session of {left:,.0f} s")
    else:
        yield found("exchange", "exchange-refused", f"{got.code}: {got.message}", exchange_remedy(patient, got))


def exchange_remedy(patient: Patient, refusal: Refusal) -> str:
    """What to do about a refusal. STS says AccessDenied also of a role that does not exist, and does not say which it is."""
    if refusal.code != "AccessDenied" or patient.role is None or not patient.admitted:
        return refusal.rule.remedy
    account = target_of(patient.role).account
    return f"the declaration admits the token, so see that it is deployed in the account `{account}` of the role's ARN, and is up to date"


def check_data(patient: Patient) -> Iterator[CheckResult]:
    """Whether one object can be read, or a prefix listed."""
    if patient.credentials is None or patient.role is None:
        yield skipped("data", "no credentials")
        return
    if patient.address is None:
        yield skipped("data", "nothing to read was named (s3://bucket/prefix/ or s3://bucket/key)")
        return
    try:
        response = ask_s3(patient.address, patient.credentials, patient.role, patient.machine, patient.s3_endpoint)
    except OSError as error:
        address = bucket_url(patient.address.bucket, patient.role, patient.s3_endpoint)
        yield found("data", "data-unreachable", f"`{address}`: {error.strerror or error}")
        return
    yield data_finding(patient.address, response, granted(patient.access, patient.role))


def data_finding(address: Address, response: HttpResponse, grants: str) -> CheckResult:
    """What S3's answer means. `grants` is what the declaration grants, in words."""
    done = "listed" if address.is_prefix else "read"
    if response.status in {200, 206, 416}:  # 416: there is no first byte in an empty object, which could be read
        return passed("data", f"`{address}` was {done}")
    fields = leaf_texts(response.body)
    code, message = fields.get("Code", f"HTTP {response.status}"), fields.get("Message", "")
    no_grant = f"name what the service has a grant for, or add one: {grants}" if grants else "see with `bucketpass explain` what it lacks"
    if not address.is_prefix and "s3:ListBucket" in message:
        # S3 tells that a key is not there only those who may list the bucket.
        no_grant = f"see first that the key is there: S3 answers this where it is not. Else {no_grant}"
    remedies = {
        "AccessDenied": no_grant,
        "NoSuchBucket": "see the bucket's name: `name:` in the declaration is its name in S3",
        "NoSuchKey": "the service may read here; this key is not there",
        "RequestTimeTooSkewed": CODES["clock-refused"].remedy,
        "PermanentRedirect": "set AWS_REGION to the bucket's Region",
        "AuthorizationHeaderMalformed": "set AWS_REGION to the bucket's Region",
    }
    return found("data", "data-refused", f"`{address}` was not {done}: {code}: {message}".rstrip(": "), remedies.get(code, ""))


CHECKS: dict[str, Callable[[Patient], Iterator[CheckResult]]] = {
    "environment": check_environment,
    "cache": check_cache,
    "role": check_role,
    "source": check_source,
    "token": check_token,
    "endpoint": check_endpoint,
    "claims": check_claims,
    "session": check_session,
    "issuer": check_issuer,
    "trust": check_trust,
    "exchange": check_exchange,
    "data": check_data,
}
