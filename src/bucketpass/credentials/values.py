"""What an exchange is asked for, and what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bucketpass.aws.arn import Arn, partition_of_region
from bucketpass.credentials.budgets import expiry_margin
from bucketpass.digits import duration_seconds
from bucketpass.wire.url import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bucketpass.credentials.claims import TokenIdentity
    from bucketpass.credentials.rules import Rule
    from bucketpass.secret import Secret

__all__ = ["Credentials", "Outcome", "Refusal", "RoleToAssume", "Trace", "UnknownRole"]

MAX_SESSION_NAME = 64
SHORTEST_SECONDS, LONGEST_SECONDS = 900, 43_200  # See: AWS STS API reference, AssumeRoleWithWebIdentity, DurationSeconds [A].
SESSION_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-")
DEFAULT_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


class RoleToAssume(NamedTuple):
    """The role to assume and how. None is AWS's default, or ours where there is none of AWS's."""

    arn: str
    session_name: str | None = None
    seconds: int | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    region: str | None = None
    endpoint_url: str | None = None
    ca_file: str | None = None
    audience: str | None = None

    def endpoint(self) -> str:
        """The address of STS: as given, else that of the Region, which stays up when another Region does not."""
        if self.endpoint_url:
            return self.endpoint_url.rstrip("/") + "/"
        arn = Arn.parse(self.arn)
        partition = arn.partition if arn is not None else "aws"
        region = self.region or DEFAULT_REGIONS.get(partition, "us-east-1")
        return f"https://sts.{region}.{partition_of_region(region).dns_suffix}/"


class Credentials(NamedTuple):
    """A session's keys. Times are seconds since 1970 by this machine's clock, already corrected by the clock of STS.

    `instance` is the run of a sandbox that gave them, empty for AWS: its sessions end with it.
    """

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    issued: float
    expires: float
    role_arn: str
    identity: TokenIdentity
    skew: float = 0.0
    instance: str = ""

    @property
    def good_until(self) -> float:
        """The last moment at which they are given out: a request that is signed then still arrives in time."""
        return self.expires - expiry_margin(self.expires - self.issued)

    @property
    def expiration(self) -> datetime:
        """When the session ends, in UTC."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.expires, UTC)


class Trace(NamedTuple):
    """What an attempt showed beside its outcome: whose token it had and when that ends, and the seconds of each answer of STS."""

    identity: TokenIdentity | None = None
    token_expires: float = 0.0
    answer_seconds: tuple[float, ...] = ()


class Refusal(NamedTuple):
    """Why there are no credentials. `code` is AWS's, or one of our own in small letters.

    `retry_after`: in how many seconds the host asks STS again, where it knows.
    """

    code: str
    message: str
    rule: Rule
    status: int = 0
    trace: Trace = Trace()
    retry_after: float = 0.0

    @property
    def passes(self) -> bool:
        """True if waiting is all that it takes: STS is down, throttles, or cannot be reached."""
        return self.rule.retry and self.rule.attempts is None


Outcome = Credentials | Refusal


def default_session_name(subject: str, host: str) -> str:
    """A name by which CloudTrail tells who it was and where: the subject and the host, as far as 64 characters go."""
    tail = "@" + "".join(c for c in host.partition(".")[0] if c in SESSION_NAME_CHARACTERS)[:24] if host else ""
    head = "".join(c if c in SESSION_NAME_CHARACTERS else "-" for c in subject)
    return f"{head[: MAX_SESSION_NAME - len(tail)]}{tail}".ljust(2, "-")


class UnknownRole(ValueError):
    """No role is named, or what is named is not a role."""


def parse_role(values: Mapping[str, str], policy: str | None) -> RoleToAssume:
    """The role of these options (see `options.py`). Raises ValueError with what is wrong, UnknownRole where that is the role."""
    arn = values.get("role-arn")
    if not arn:
        raise UnknownRole("no role: give --role-arn, or set AWS_ROLE_ARN")
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise UnknownRole(f"`{arn}` is not a role ARN (expected arn:aws:iam::ACCOUNT:role/NAME)")
    duration = values.get("duration")
    seconds = duration_seconds(duration) if duration is not None else None
    # A sandbox may give shorter sessions than AWS: whoever names the address of STS is answered by that.
    shortest = SHORTEST_SECONDS if values.get("endpoint-url") is None else 1
    if duration is not None and (seconds is None or not shortest <= seconds <= LONGEST_SECONDS):
        expected = f"expected {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds, such as `3600` or `1h`"
        raise ValueError(f"got the duration `{duration}`, {expected}")
    name = values.get("session-name")
    if name is not None and not (2 <= len(name) <= MAX_SESSION_NAME and SESSION_NAME_CHARACTERS.issuperset(name)):
        raise ValueError(f"the session name `{name}` is not valid, expected 2 to 64 letters, digits or _+=,.@-")
    endpoint = values.get("endpoint-url")
    if endpoint is not None:
        try:
            url = parse_url(endpoint)
        except ConnectionError:
            raise ValueError(f"`{endpoint.rpartition('@')[2]}` is not an address of STS, expected https://HOST") from None
        if url.is_in_clear and "allow-http" not in values:
            # SECURITY: whoever reads the token on its way is the service for as long as the token lives.
            raise ValueError(
                f"the token would go to `{endpoint}` in clear text: set an https address, or --allow-http if the network is trusted"
            )
    return RoleToAssume(
        arn,
        session_name=name,
        seconds=seconds,
        policy=policy,
        region=values.get("region"),
        endpoint_url=endpoint,
        ca_file=values.get("ca-bundle"),
        audience=values.get("audience"),
    )
