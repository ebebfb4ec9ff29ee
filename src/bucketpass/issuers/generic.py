"""Any OIDC issuer: the subject is given as it stands in the token."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="generic",
    title="any OpenID Connect issuer",
    subjects=(SubjectFormat(("subject",), ("{subject}",)),),
    fields={"subject": "the token's `sub`, exactly"},
    evidence=Evidence.SEEN,
    trailing_slash=None,
    reused_names="where the subject is a name, as client IDs of Ory Hydra are, whoever may make clients can take a deleted one",
)
