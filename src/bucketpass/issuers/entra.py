"""Microsoft Entra ID: v1 tokens (`sts.windows.net`, with a slash at the end) and v2 tokens (`login.microsoftonline.com`).

v2 access tokens carry `azp`, the application that asked: an identity that gives `client_id` is pinned by it.
"""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="entra",
    title="Microsoft Entra ID",
    subjects=(
        SubjectFormat(("object_id",), ("{object_id}",)),
        SubjectFormat(("object_id", "client_id"), ("{object_id}",)),
        SubjectFormat(("subject",), ("{subject}",)),
        SubjectFormat(("subject", "client_id"), ("{subject}",)),
    ),
    fields={
        "object_id": "the object ID of the service principal or managed identity",
        "client_id": "the application ID that asks for the token, where tokens carry `azp` (v2)",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.PARTLY,
    urls=("https://sts.windows.net/{tenant}/", "https://login.microsoftonline.com/{tenant}/v2.0"),
    authorized_party="client_id",
    party_urls=("https://login.microsoftonline.com/{tenant}/v2.0",),
    trailing_slash=None,
    notes=("not confirmed: that AWS reads `azp` of v2 tokens as the audience; it follows from what AWS says of `azp`",),
)
