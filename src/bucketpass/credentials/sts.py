"""AssumeRoleWithWebIdentity as it goes over the wire: the request, and what each answer means. No I/O.

The call needs no signature: the token is the proof.

See: AWS STS API reference, AssumeRoleWithWebIdentity; AWS query protocol.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bucketpass.aws.arn import Arn
from bucketpass.credentials.claims import identity_of
from bucketpass.credentials.rules import BAD_ANSWER, ENDED_SESSION, WRONG_ROLE, rule_for
from bucketpass.credentials.values import LONGEST_SECONDS, Credentials, Refusal
from bucketpass.secret import Secret
from bucketpass.wire.client import HttpRequest
from bucketpass.wire.url import form_encoded
from bucketpass.wire.xml import leaf_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bucketpass.credentials.values import Outcome, RoleToAssume
    from bucketpass.identity.token import UnverifiedToken
    from bucketpass.wire.client import HttpResponse

__all__ = ["INSTANCE_HEADER", "INSTANCE_PATH", "clock_skew", "read_answer", "server_time", "web_identity_request"]

API_VERSION = "2011-06-15"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
INSTANCE_HEADER = "x-bucketpass-instance"  # a sandbox says by it which run it is
INSTANCE_PATH = "_bucketpass/events"  # what a sandbox answers, with a refusal, without recording a request
HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"), ("Accept", "application/xml"))


def web_identity_request(role: RoleToAssume, token: UnverifiedToken, session_name: str) -> HttpRequest:
    """The request that exchanges `token` for a session of `role`."""
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": API_VERSION,
        "RoleArn": role.arn,
        "RoleSessionName": session_name,
        "WebIdentityToken": token.text.reveal(),
    }
    if role.seconds is not None:
        fields["DurationSeconds"] = str(role.seconds)
    if role.policy is not None:
        fields["Policy"] = role.policy
    for number, arn in enumerate(role.policy_arns, start=1):
        fields[f"PolicyArns.member.{number}.arn"] = arn
    # SECURITY: in the body, never in the URL: addresses are logged by proxies and servers.
    return HttpRequest("POST", role.endpoint(), HEADERS, form_encoded(fields))


def read_answer(response: HttpResponse, role: RoleToAssume, token: UnverifiedToken, now: float) -> Outcome:
    """The credentials, or why there are none. `now` is this machine's clock at the answer."""
    fields = leaf_texts(response.body)
    if response.status != 200:
        code = fields.get("Code", "")
        # SECURITY: AWS's validation errors quote what was sent.
        message = fields.get("Message", "").replace(token.text.reveal(), "***") or f"STS answered {response.status}"
        return Refusal(code or f"http-{response.status}", one_line(message), rule_for(code, response.status, message), response.status)
    access_key, secret, session = (fields.get(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    expiration = instant(fields.get("Expiration", ""))
    if not (access_key and secret and session and expiration):
        return Refusal("unreadable-answer", "STS answered 200, but with no credentials", BAD_ANSWER, 200)
    assumed = fields.get("Arn", "")
    if not is_session_of(assumed, role.arn):
        # SECURITY: whatever answers, the service must not work as another role than the one it was given.
        return Refusal("wrong-role", f"STS gave a session of `{assumed}`, asked for was `{role.arn}`", WRONG_ROLE, 200)
    named = fields.get("SubjectFromWebIdentityToken", token.subject)
    if named != token.subject:
        return Refusal("wrong-subject", f"STS gave a session for `{named}`, the token is of `{token.subject}`", WRONG_ROLE, 200)
    skew = clock_skew(response.headers, now)
    expires = min(expiration + skew, now + LONGEST_SECONDS)
    if expires <= now:
        # Taken for credentials, it would be renewed at once, again and again.
        ago = f"{now - expires:,.0f} s ago by this machine's clock"
        return Refusal("ended-session", f"STS gave a session that ended {ago}", ENDED_SESSION, 200)
    return Credentials(
        access_key,
        Secret(secret),
        Secret(session),
        issued=now,
        expires=expires,
        role_arn=role.arn,
        identity=identity_of(token),
        skew=skew,
        instance=response.headers.get(INSTANCE_HEADER, ""),
    )


def clock_skew(headers: Mapping[str, str], now: float) -> float:
    """How many seconds this machine's clock is ahead of the answer's Date, which has whole seconds: so has the skew."""
    return (now - server_time(headers, now)) // 1


def server_time(headers: Mapping[str, str], otherwise: float) -> float:
    """The time of the answer's Date header, or `otherwise`. Read by hand: strptime knows months by the machine's language."""
    parts = headers.get("date", "").replace(":", " ").split()
    try:
        _, day, month, year, hour, minute, second, zone = parts
        if zone != "GMT":
            return otherwise
        return datetime(int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=UTC).timestamp()
    except ValueError:
        return otherwise


def instant(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time with a zone, or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def is_session_of(assumed: str, role: str) -> bool:
    """Whether `assumed` (arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION) is a session of `role` (arn:aws:iam::ACCOUNT:role/PATH/NAME)."""
    got, wanted = Arn.parse(assumed), Arn.parse(role)
    if got is None or wanted is None:
        return False
    kind, _, rest = got.resource.partition("/")
    name, _, session = rest.rpartition("/")
    same_account = (got.partition, got.account) == (wanted.partition, wanted.account)
    return same_account and kind == "assumed-role" and bool(session) and name.rpartition("/")[2] == wanted.name


def one_line(message: str) -> str:
    """A server's message, short and on one line."""
    return " ".join(message.split())[:500]
