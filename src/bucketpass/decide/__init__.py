"""Decisions: what AWS answers to one request, over all layers of policy, and why. Standard library only.

::

    layers = Layers(identity=(NamedPolicy("trainer-data", document),))
    caller = Principal(PrincipalKind.ROLE_SESSION, arn="arn:aws:iam::111122223333:role/trainer", account="111122223333")
    decide(Request(caller, "s3:GetObject", "arn:aws:s3:::datasets/raw/1", {}), layers).allowed

`layers` holds the order of the layers, `statement`, `conditions`, `principals`, `variables` and `values` the elements,
`index` finds statements fast, `public_access` is S3's Block Public Access, `web_identity` the way from a token to a session.
"""

from bucketpass.decide.layers import PreparedLayers, decide, prepare
from bucketpass.decide.request import (
    ContextValue,
    Decision,
    LayerName,
    Layers,
    NamedPolicy,
    Principal,
    PrincipalKind,
    PublicAccessBlock,
    Request,
    StatementRef,
)

__all__ = [
    "ContextValue",
    "Decision",
    "LayerName",
    "Layers",
    "NamedPolicy",
    "PreparedLayers",
    "Principal",
    "PrincipalKind",
    "PublicAccessBlock",
    "Request",
    "StatementRef",
    "decide",
    "prepare",
]
