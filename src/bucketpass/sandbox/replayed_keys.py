"""The keys of a counterexample in a sandbox, under the ARNs that KMS gives them there, and its calls of KMS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bucketpass.decide import AuthorizationRequest
from bucketpass.deployment.resources import DeployedKey, Deployment, rewritten
from bucketpass.policy import policy_json

__all__ = ["NotSent", "ReplayedKeys"]

_CONTEXT, _VIA = "kms:encryptioncontext:", "kms:viaservice"
_DATA_KEY = {"KeySpec": "AES_256"}
# What a call needs besides the key: the operation's parameters [A: KMS API reference].
_PARAMETERS: Mapping[str, Mapping[str, object]] = {
    "Decrypt": {},
    "DescribeKey": {},
    "DisableKey": {},
    "EnableKey": {},
    "Encrypt": {"Plaintext": b"x"},
    "GenerateDataKey": _DATA_KEY,
    "GenerateDataKeyWithoutPlaintext": _DATA_KEY,
    "GetKeyPolicy": {"PolicyName": "default"},
    "GetKeyRotationStatus": {},
    "PutKeyPolicy": {"PolicyName": "default"},
    "ScheduleKeyDeletion": {"PendingWindowInDays": 7},
}
_CRYPTOGRAPHIC = frozenset({"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"})


class NotSent(Exception):
    """No client can send the request, or the sandbox cannot receive it."""


@dataclass(frozen=True, slots=True)
class ReplayedKeys:
    """The keys that were made, by the ARNs that the counterexample has for them, and the deployment with theirs in its documents.

    client: of KMS, for the administrator of an account.
    """

    deployment: Deployment
    arns: Mapping[str, str]
    client: Callable[[str], Any]

    @classmethod
    def made(cls, deployment: Deployment, accounts: frozenset[str], client: Callable[[str], Any]) -> ReplayedKeys:
        """Make the keys of the sandbox's accounts, which their administrators may use until `lock`."""
        keys = [key for key in deployment.keys if key.account in accounts]
        arns = {key.arn: str(client(key.account).create_key()["KeyMetadata"]["Arn"]) for key in keys}
        return cls(rewritten(deployment, lambda text: arns.get(text, text)), arns, client)

    def key(self, arn: str) -> DeployedKey | None:
        """Return the key that the counterexample calls so, with its policy as it is written here."""
        return next((key for key in self.deployment.keys if key.arn == self.arns.get(arn)), None)

    def parameters(self, request: AuthorizationRequest) -> Mapping[str, object]:
        """Return the parameters of the request's call. Raises `NotSent`."""
        action = request.action.partition(":")[2]
        given = {name.lower(): value for name, value in request.context.items() if isinstance(value, str)}
        key = self.key(request.resource)
        if key is None:
            raise NotSent("the sandbox has keys of its own accounts alone, as they are deployed")
        if _VIA in given:
            raise NotSent(f"KMS gets it from {given[_VIA]} on the session's behalf: no client sends it by itself")
        if action not in _PARAMETERS:
            raise NotSent(f"the sandbox's KMS does not have {action}")
        parameters = {"KeyId": key.arn, **_PARAMETERS[action]}
        context = {name.removeprefix(_CONTEXT): value for name, value in given.items() if name.startswith(_CONTEXT)}
        if context and action in _CRYPTOGRAPHIC:
            parameters["EncryptionContext"] = context
        if action == "PutKeyPolicy":
            parameters["Policy"] = policy_json(key.policy.document)
        if action == "Decrypt":
            text = self.client(key.account).encrypt(KeyId=key.arn, Plaintext=b"x", EncryptionContext=context)
            parameters["CiphertextBlob"] = text["CiphertextBlob"]
        return parameters

    def lock(self, key: DeployedKey) -> None:
        """Put the key's policy in force, which may leave out its administrator."""
        self.client(key.account).put_key_policy(KeyId=key.arn, PolicyName="default", Policy=policy_json(key.policy.document))
