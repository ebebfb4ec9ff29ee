"""Auth0: the issuer ends with a slash, and `azp` (the client) is what AWS reads as the audience.

With the RFC 9068 token profile there is no `azp`: say `authorized_party: false`, and the API identifier is the audience.
"""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="auth0",
    title="Auth0",
    subjects=(
        SubjectFormat(("client_id",), ("{client_id}@clients",)),
        SubjectFormat(("client_id", "subject"), ("{subject}",)),
    ),
    fields={"client_id": "the machine-to-machine client", "subject": "the token's `sub`, where it is not `<client_id>@clients`"},
    evidence=Evidence.PARTLY,
    urls=("https://{tenant}.auth0.com/",),
    authorized_party="client_id",
    trailing_slash=True,
    notes=("not confirmed by Auth0's or AWS's own text, but seen in failures: AWS reads `azp` (the client ID) as `aud`",),
)
