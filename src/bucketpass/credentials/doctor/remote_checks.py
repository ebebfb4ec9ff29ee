"""What STS and S3 answer, and before they are asked, whether the trust admits the token."""

from __future__ import annotations

import math
import ssl
from collections.abc import Iterator

from bucketpass.credentials.address import Address
from bucketpass.credentials.data import LOOK_SECONDS, ask_s3, bucket_url
from bucketpass.credentials.doctor.examination import CheckResult, ExaminedService, found, passed, skipped
from bucketpass.credentials.doctor.local_checks import audience_remedy
from bucketpass.credentials.granted import granted
from bucketpass.credentials.host import Exchanger, Held
from bucketpass.credentials.rules import BAD_AUTHORITIES
from bucketpass.credentials.sts import INSTANCE_HEADER, server_time
from bucketpass.credentials.trust import admitting, target_of
from bucketpass.credentials.values import Refusal
from bucketpass.findings import CODES
from bucketpass.wire.client import HttpRequest, HttpResponse
from bucketpass.wire.network import UnreadableAuthorities
from bucketpass.wire.xml import leaf_texts

__all__ = ["check_data", "check_endpoint", "check_exchange", "check_trust"]

SKEW_NOTABLE_SECONDS = 60.0
SKEW_REFUSED_SECONDS = 900.0  # S3 answers RequestTimeTooSkewed [A]


def check_endpoint(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether STS answers, and what its clock says of ours."""
    if service.role is None:
        yield skipped("endpoint", "no role")
        return
    address = service.role.endpoint()
    try:
        response = service.machine.send(HttpRequest("GET", address), timeout=LOOK_SECONDS, ca_file=service.role.ca_file)
    except OSError as error:
        service.unsent = "STS gives no answer"
        yield found("endpoint", "sts-unreachable", *unreachable(address, error))
        return
    service.sandbox = INSTANCE_HEADER in response.headers
    yield passed("endpoint", f"`{address}` answers")
    now = service.machine.clock.now().timestamp()
    theirs = server_time(response.headers, math.nan)
    if math.isnan(theirs):
        yield found("clock", "clock-unknown", "not compared: the answer of STS has no time")
        return
    service.skew = now - theirs
    seen = f"this machine is {abs(service.skew):,.0f} s {'ahead of' if service.skew > 0 else 'behind'} STS"
    if abs(service.skew) >= SKEW_REFUSED_SECONDS:
        yield found("clock", "clock-refused", f"{seen}: S3 refuses requests")
    elif abs(service.skew) >= SKEW_NOTABLE_SECONDS:
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
        return f"`{address}`: {why}", "see who answers at this address: it does not speak TLS, or another version"
    return f"`{address}`: {why}", "see the address, DNS, HTTPS_PROXY and NO_PROXY, firewalls"


def check_trust(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether the declaration, or the role's trust policy, admits the token."""
    if service.token is None or service.role is None:
        yield skipped("trust", "no token, or no role")
    elif service.access is None and service.trust is None:
        yield skipped("trust", "no declaration is at hand (--access access.yaml, or --trust-policy FILE)")
    else:
        admission = admitting(service.token, service.role, service.access, service.trust)
        service.admitted = admission.admitted
        remedy = audience_remedy(service, admission.audience) if admission.audience else admission.remedy
        yield (passed("trust", admission.seen) if admission.admitted else found("trust", "trust-refuses-token", admission.seen, remedy))


def check_exchange(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether STS gives credentials for the token now. Past the cache: what another process got proves nothing."""
    if service.token is None or service.role is None or service.source is None:
        yield skipped("exchange", "no token, or no role")
        return
    if service.unsent:
        yield skipped("exchange", service.unsent)
        return
    machine = service.machine
    exchanger = Exchanger(service.role, service.source, machine.send, None, machine.clock, sleep=service.sleep)
    got = exchanger.fetch_credentials(patience=LOOK_SECONDS)
    if isinstance(got, Held):
        service.credentials = got.credentials
        left = got.credentials.expires - machine.clock.now().timestamp()
        yield passed("exchange", f"STS gave a session of {left:,.0f} s: a presigned URL ends with it, whatever its own expiry says")
    else:
        yield found("exchange", "exchange-refused", f"{got.code}: {got.message}", exchange_remedy(service, got))


def exchange_remedy(service: ExaminedService, refusal: Refusal) -> str:
    """What to do about a refusal. STS says AccessDenied also of a role that does not exist, and does not say which it is."""
    if refusal.code != "AccessDenied" or service.role is None or not service.admitted:
        return refusal.rule.remedy
    account = target_of(service.role).account
    return f"the declaration admits the token, so see that it is deployed in the account `{account}` of the role's ARN, and is up to date"


def check_data(service: ExaminedService) -> Iterator[CheckResult]:
    """Whether one object can be read, or a prefix listed."""
    if service.credentials is None or service.role is None:
        yield skipped("data", "no credentials")
        return
    if service.address is None:
        yield skipped("data", "nothing to read was named (s3://bucket/prefix/ or s3://bucket/key)")
        return
    try:
        response = ask_s3(service.address, service.credentials, service.role, service.machine, service.s3_endpoint)
    except OSError as error:
        address = bucket_url(service.address.bucket, service.role, service.s3_endpoint)
        yield found("data", "data-unreachable", f"`{address}`: {error.strerror or error}")
        return
    yield data_finding(service.address, response, granted(service.access, service.role))


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
    as_prefix = "" if address.is_prefix else f"to list a prefix, end it with a slash: `{address}/`. To read this key, "
    remedies = {
        "AccessDenied": as_prefix + no_grant,
        "NoSuchBucket": "see the bucket's name: `name:` in the declaration is its name in S3",
        "NoSuchKey": f"{as_prefix}see the key: the service may read here, and this one is not there",
        "RequestTimeTooSkewed": CODES["clock-refused"].remedy,
        "PermanentRedirect": "set AWS_REGION to the bucket's Region",
        "AuthorizationHeaderMalformed": "set AWS_REGION to the bucket's Region",
    }
    return found("data", "data-refused", f"`{address}` was not {done}: {code}: {message}".rstrip(": "), remedies.get(code, ""))
