"""KMS: who may use or change a key, and then moto's own answer.

Source: KMS API reference and "Key policies": identity policies count only where the key policy lets the account in [A].
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

from bucketpass.aws.quotas import KEY_POLICY_BYTES
from bucketpass.clock import Clock
from bucketpass.decide import PrincipalKind
from bucketpass.errors import PolicyError
from bucketpass.policy import PolicyKind, check_policy, parse_policy
from bucketpass.requests.kms import authorization_request
from bucketpass.sandbox.authorizer import Authorizer
from bucketpass.sandbox.exchange import Exchange
from bucketpass.sandbox.keys import STATES
from bucketpass.sandbox.principals import bind_principals, show_principals, unknown_principal
from bucketpass.sandbox.state import State
from bucketpass.sandbox.stored_key import StoredKey
from bucketpass.sandbox.wire_errors import AwsError, Problem, Protocol, refusal
from bucketpass.sandbox.world import UnusableRequest
from bucketpass.wire.server import ServerResponse

__all__ = ["Kms"]

_ON_KEY = (
    "CancelKeyDeletion CreateAlias Decrypt DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encrypt"
    " GenerateDataKey GenerateDataKeyWithoutPlaintext GetKeyPolicy GetKeyRotationStatus ListKeyPolicies ListResourceTags PutKeyPolicy"
    " ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription"
)
ON_KEY = frozenset(_ON_KEY.split())
# What a key of each state refuses: KMS Developer Guide, "Key states of KMS keys" [A].
_NEEDS_ENABLED = frozenset(
    {"Decrypt", "DisableKeyRotation", "EnableKeyRotation", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"}
)
_BEFORE_DELETION = frozenset(
    {"CancelKeyDeletion", "DeleteAlias", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListKeyPolicies", "ListResourceTags"}
    | {"PutKeyPolicy"}
)
ON_ACCOUNT = frozenset({"CreateKey", "ListAliases", "ListKeys"})


class Kms:
    """KMS of the account whose key signs, in the Region that it signs for; keys of the sandbox's other accounts by their ARNs."""

    def __init__(self, state: State, authorizer: Authorizer, clock: Clock) -> None:
        self._state = state
        self._authorizer = authorizer
        self._clock = clock

    def answer(self, exchange: Exchange, body: bytes) -> ServerResponse:
        """KMS's answer. Raises AwsError."""
        action = exchange.operation
        if action not in ON_KEY and action not in ON_ACCOUNT:
            raise AwsError("UnknownOperationException", f"The sandbox's KMS does not have {action}")
        if exchange.requester.principal.kind is PrincipalKind.ANONYMOUS:
            raise refusal(Problem.NO_CREDENTIALS, Protocol.KMS)
        members = _members(body)
        own = self._state.of(exchange.requester.principal.account, exchange.region)
        encryption = members.get("EncryptionContext")
        key = _key(own, action, members) if action in ON_KEY else None
        state = own.of(key.account) if key is not None else own
        if key is not None and "KeyId" in members:
            # The key that is authorized, by the name that every operation of moto's knows.
            members["KeyId"] = key.arn.rpartition("/")[2]
        tags = _request_tags(action, members)
        # A key that is made with tags needs the right to tag it as well [A].
        for needed in (action, "TagResource") if action == "CreateKey" and tags else (action,):
            self._authorizer.require(
                exchange,
                authorization_request(
                    needed,
                    key.arn if key is not None else "*",
                    state.account,
                    exchange.requester.caller,
                    exchange.connection(self._clock.now()),
                    encryption_context={name: str(value) for name, value in encryption.items()} if isinstance(encryption, dict) else {},
                    request_tags=tags,
                    key_tags=key.tags if key is not None else {},
                ),
            )
        if key is not None:
            _check_state(action, key)
            if action == "Decrypt":
                _check_sealed(state, members, key)
        if action == "ScheduleKeyDeletion" and not 7 <= _days(members.get("PendingWindowInDays", 30)) <= 30:
            raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30 (inclusive)")
        if action == "PutKeyPolicy" and not isinstance(members.get("Policy"), str):
            raise AwsError("ValidationException", "Value at 'policy' failed to satisfy constraint: Member must not be null")
        if action in ("CreateKey", "PutKeyPolicy") and members.get("Policy"):
            self._check_policy(str(members["Policy"]))
            members["Policy"] = bind_principals(self._state, str(members["Policy"]))
        if action.endswith("KeyPolicy"):
            members.setdefault("PolicyName", "default")
        body = json.dumps(members).encode()
        headers = (("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", f"TrentService.{action}"))
        changes = not action.startswith(("Get", "List", "Describe"))
        try:
            response = state.forward("kms", "POST", "/", headers, body, changes=changes)
        except UnusableRequest:
            raise AwsError("ValidationException", f"A member of {action} is missing or is not what it should be") from None
        return self._with_arns(response) if action == "GetKeyPolicy" and response.status == 200 else response

    def _with_arns(self, response: ServerResponse) -> ServerResponse:
        """The answer with its policy as it is shown."""
        answer = json.loads(b"".join(response.blocks()))
        answer["Policy"] = show_principals(self._state, answer["Policy"])
        return ServerResponse(response.status, response.headers, json.dumps(answer).encode())

    def _check_policy(self, text: str) -> None:
        if len(text) > KEY_POLICY_BYTES:
            raise AwsError("LimitExceededException", "The key policy is larger than 32 KB")
        try:
            document = parse_policy(text)
            check_policy(document, PolicyKind.KEY)
        except PolicyError as problem:
            raise AwsError("MalformedPolicyDocumentException", str(problem)) from None
        if unknown_principal(self._state, document) is not None:
            raise AwsError("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")


def _key(state: State, action: str, members: Mapping[str, object]) -> StoredKey:
    named = members.get("TargetKeyId") or members.get("KeyId") or members.get("AliasName")
    if not named and action == "Decrypt":
        sealed = _sealed_with(state, members)
        key = next((key for account in state.accounts if (key := account.key(sealed)) is not None), None)
        if key is None:
            raise AwsError("InvalidCiphertextException", "")
        return key
    key = state.key(str(named)) if named else None
    if key is None:
        raise AwsError("NotFoundException", f"Key '{named}' does not exist" if named else "Invalid keyId")
    return key


def _sealed_with(state: State, members: Mapping[str, object]) -> str:
    """The ID of the key that the ciphertext was made with. Raises AwsError."""
    try:
        return state.key_of_ciphertext(b64decode(str(members.get("CiphertextBlob", "")), validate=True))
    except (Base64Error, ValueError):
        raise AwsError("InvalidCiphertextException", "") from None


def _check_sealed(state: State, members: Mapping[str, object], key: StoredKey) -> None:
    """Raise AwsError where the ciphertext was made with another key than the one that is named."""
    sealed = _sealed_with(state, members)
    if sealed != key.arn.rpartition("/")[2]:
        if state.key(sealed) is None:
            raise AwsError("InvalidCiphertextException", "")
        raise AwsError("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")


def _days(written: object) -> int:
    return written if isinstance(written, int) else 0


def _request_tags(action: str, members: Mapping[str, object]) -> dict[str, str]:
    """The tags that the call sets; of UntagResource their keys, with empty values."""
    listed = members.get("TagKeys" if action == "UntagResource" else "Tags")
    if not isinstance(listed, list):
        return {}
    if action == "UntagResource":
        return {str(key): "" for key in listed}
    return {str(tag.get("TagKey", "")): str(tag.get("TagValue", "")) for tag in listed if isinstance(tag, dict)}


def _check_state(action: str, key: StoredKey) -> None:
    """Raise AwsError where a key of this state refuses the operation."""
    pending = key.state == "PendingDeletion"
    if action == "CancelKeyDeletion" and not pending:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    if pending and action not in _BEFORE_DELETION:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is {STATES[key.state]}.")
    if key.state == "Disabled" and action in _NEEDS_ENABLED:
        raise AwsError("DisabledException", f"{key.arn} is {STATES[key.state]}.")


def _members(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AwsError("SerializationException", "The request's body is not a JSON object")
    return found
