"""The session that STS is asked for: its policies, its tags, its source identity, and what a chain of roles hands on.

Rules ([A] IAM User Guide, "Passing session tags in AWS STS" and "Monitor and control actions taken with assumed roles"): tag keys
count in any case; a transitive tag goes on to the next role and cannot be set anew; a source identity, once set, stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bucketpass.aws.quotas import (
    SESSION_NAME_CHARACTERS,
    SESSION_POLICY_ARNS,
    SESSION_POLICY_CHARACTERS,
    SESSION_TAGS,
    TAG_KEY_CHARACTERS,
    TAG_VALUE_CHARACTERS,
)
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy
from bucketpass.policy.document import PolicyDocument
from bucketpass.requests.request import RequestedSession
from bucketpass.sandbox.authorizer import parse_stored
from bucketpass.sandbox.credentials import Requester
from bucketpass.sandbox.form import listed, tags_of
from bucketpass.sandbox.wire_errors import AwsError

__all__ = ["inherited_session", "merged_session", "requested_session", "session_policies"]

_SOURCE_IDENTITY = re.compile(rf"(?!aws:)[\w+=,.@-]{{{SESSION_NAME_CHARACTERS[0]},{SESSION_NAME_CHARACTERS[1]}}}", re.ASCII)
_POLICY_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff]+")
_POLICY_ARN = re.compile(r"PolicyArns\.member\.[0-9]{1,4}\.arn")


def inherited_session(requester: Requester) -> RequestedSession:
    """Return what a session hands on to the next role of a chain: its transitive tags, and its source identity."""
    caller, session = requester.caller, requester.session
    keys = session.transitive_tag_keys if session is not None else ()
    transitive = {key.lower() for key in keys}
    tags = {key: value for key, value in caller.tags.items() if key.lower() in transitive}
    return RequestedSession(tags=tags, transitive_tag_keys=keys, source_identity=caller.source_identity or None)


def requested_session(form: Mapping[str, str], name: str, inherited: RequestedSession) -> RequestedSession:
    """Return what the call asks for. Raises AwsError for what STS refuses."""
    tags, transitive = dict(tags_of(form)), listed(form, "TransitiveTagKeys")
    keys = [key.lower() for key, _ in tags_of(form)]
    if len(set(keys)) != len(keys):
        raise AwsError("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if {key.lower() for key in inherited.tags} & set(keys):
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling"
            " session.",
        )
    if len(tags) > SESSION_TAGS or any(not _is_tag(key, value) for key, value in tags.items()):
        raise AwsError("ValidationError", f"expected at most {SESSION_TAGS} tags of 1 to {TAG_KEY_CHARACTERS} characters")
    if not {key.lower() for key in transitive} <= set(keys):
        raise AwsError("InvalidParameterValue", "One of the specified transitive tag keys is not among the tags")
    source_identity = form.get("SourceIdentity") or None
    if source_identity is not None and not _SOURCE_IDENTITY.fullmatch(source_identity):
        raise AwsError("ValidationError", "1 validation error detected: Value at 'sourceIdentity' failed to satisfy constraint")
    if inherited.source_identity not in (None, source_identity) and source_identity is not None:
        raise AwsError("AccessDenied", "The source identity is already set for this assume role session", 403)
    return RequestedSession(name, tags, transitive, source_identity, external_id=form.get("ExternalId") or None)


def merged_session(requested: RequestedSession, inherited: RequestedSession) -> RequestedSession:
    """Return the session that follows: what is asked for, and what is inherited."""
    return requested._replace(
        tags={**inherited.tags, **requested.tags},
        transitive_tag_keys=(*inherited.transitive_tag_keys, *requested.transitive_tag_keys),
        source_identity=requested.source_identity or inherited.source_identity,
    )


def session_policies(form: Mapping[str, str], managed_policy: Callable[[str], str | None]) -> tuple[PolicyDocument, ...] | None:
    """Return the session policies of the call, None without any; `managed_policy` finds one's text. Raises AwsError."""
    inline, arns = form.get("Policy"), [arn for name, arn in form.items() if _POLICY_ARN.fullmatch(name)]
    if inline is None and not arns:
        return None
    if inline is not None and len(inline) > SESSION_POLICY_CHARACTERS:
        message = "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length"
        raise AwsError("ValidationError", f"{message} less than or equal to {SESSION_POLICY_CHARACTERS}")
    if inline is not None and not _POLICY_CHARACTERS.fullmatch(inline):
        message = "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression"
        raise AwsError("ValidationError", rf"{message} pattern: [\u0009\u000A\u000D\u0020-\u00FF]+")
    if len(arns) > SESSION_POLICY_ARNS:
        raise AwsError("ValidationError", f"More than {SESSION_POLICY_ARNS} managed session policies")
    texts = [] if inline is None else [inline]
    for arn in arns:
        text = managed_policy(arn)
        if text is None:
            raise AwsError("InvalidParameterValue", f"The specified managed policy {arn} does not exist")
        texts.append(text)
    try:
        documents = tuple(parse_stored(text) for text in texts)
        if inline is not None:
            check_policy(documents[0], PolicyKind.SESSION)
    except PolicyError as problem:
        raise AwsError("MalformedPolicyDocument", str(problem)) from None
    return documents


def _is_tag(key: str, value: str) -> bool:
    return 1 <= len(key) <= TAG_KEY_CHARACTERS and len(value) <= TAG_VALUE_CHARACTERS and not key.lower().startswith("aws:")
