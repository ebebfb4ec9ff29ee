"""Decisions: what AWS answers to one request, over all layers of policy, and why. Standard library only.

::

    layers = Layers(identity=(NamedPolicy("trainer-data", document),))
    caller = Principal(PrincipalKind.ROLE_SESSION, arn="arn:aws:iam::111122223333:role/trainer", account="111122223333")
    request = Request(caller, "s3:GetObject", "arn:aws:s3:::datasets/raw/1", {})
    decide(request, layers).allowed
    explain(request, layers).layers        # each statement, and the first element of it that did not match

`layers` holds the order of the layers, `statement`, `conditions`, `context`, `principals`, `variables`, `values` and `comparisons`
the elements, `index` finds statements fast, `public_access` and `ownership` are S3's own settings. `web_identity` and
`assume_role` lead from a token to a session, `call` decides all requests of an S3 call. `reasons`
explains, `faults` knows the usual faults of web identity, `changes` finds the smallest change that would turn a refusal.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from bucketpass.decide.layers import PreparedPolicySet, decide, prepare
from bucketpass.decide.policy_set import Decision, NamedPolicy, PolicySet, PolicyType, PublicAccessBlock, StatementRef
from bucketpass.requests.callers import Principal, PrincipalKind
from bucketpass.requests.request import AuthorizationRequest, ContextValue

if TYPE_CHECKING:
    from bucketpass.decide.assume_role import Provider, Role, WebIdentityRequest, assume_role_with_web_identity
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
    "Provider",
    "PublicAccessBlock",
    "Role",
    "StatementRef",
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
    "assume_role": ("Provider", "Role", "WebIdentityRequest", "assume_role_with_web_identity"),
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
