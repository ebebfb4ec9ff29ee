"""Decisions: AWS's decision on one request over the policies of every type, and why. Standard library only.

::

    policies = PolicySet(identity=(NamedPolicy("trainer-data", document),))
    caller = Principal(PrincipalKind.ROLE_SESSION, arn="arn:aws:iam::111122223333:role/trainer", account="111122223333")
    request = AuthorizationRequest(caller, "s3:GetObject", "arn:aws:s3:::datasets/raw/1", {})
    decide(request, policies).allowed
    explain(request, policies).policy_types    # each statement, and the first element of it that did not match

`policy_types` is the table of how the policy types combine, `evaluation` decides by it; `statement`, `conditions`, `context`,
`principals`, `variables` and `comparisons` match the elements, `index` finds statements fast, `public_access` and `ownership` are
S3's own settings. `web_identity` and `assume_role` lead from a token to a session, `call` decides all requests of an S3 call.
`reasons` explains, `faults` knows the usual faults of web identity, `changes` finds the smallest change that is sufficient.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bucketpass.decide.evaluation import PreparedPolicySet, decide, prepare
from bucketpass.decide.policy_set import Decision, NamedPolicy, PolicySet, PolicyType, PublicAccessBlock, StatementRef
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

if TYPE_CHECKING:
    from bucketpass.decide.assume_role import TrustedProvider, TrustedRole, WebIdentityRequest, assume_role_with_web_identity
    from bucketpass.decide.call import CallDecision, decide_call
    from bucketpass.decide.changes import smallest_changes
    from bucketpass.decide.faults import usual_faults
    from bucketpass.decide.reasons import Explanation, explain
    from bucketpass.decide.web_identity import web_identity_context

__all__ = [
    "AuthorizationRequest",
    "CallDecision",
    "ContextValue",
    "Decision",
    "Explanation",
    "NamedPolicy",
    "PolicySet",
    "PolicyType",
    "PreparedPolicySet",
    "Principal",
    "PrincipalKind",
    "PublicAccessBlock",
    "StatementRef",
    "TrustedProvider",
    "TrustedRole",
    "WebIdentityRequest",
    "assume_role_with_web_identity",
    "decide",
    "decide_call",
    "explain",
    "prepare",
    "smallest_changes",
    "usual_faults",
    "web_identity_context",
]

_MODULES = {
    "assume_role": ("TrustedProvider", "TrustedRole", "WebIdentityRequest", "assume_role_with_web_identity"),
    "call": ("CallDecision", "decide_call"),
    "changes": ("smallest_changes",),
    "faults": ("usual_faults",),
    "reasons": ("Explanation", "explain"),
    "web_identity": ("web_identity_context",),
}


def __getattr__(name: str) -> object:
    """The public name, from its module: imported when first asked for, so that to decide takes no time to import."""
    module = next((module for module, names in _MODULES.items() if name in names), None)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
