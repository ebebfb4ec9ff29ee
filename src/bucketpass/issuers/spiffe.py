"""SPIFFE and SPIRE: the issuer is the OIDC discovery host, the subject the SPIFFE ID."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="spiffe",
    title="SPIFFE",
    subjects=(SubjectFormat(("spiffe_id",), ("{spiffe_id}",)),),
    fields={"spiffe_id": "`spiffe://trust-domain/path`"},
    evidence=Evidence.PARTLY,
    trailing_slash=None,
    notes=("not confirmed in full: AWS reads the SPIFFE ID as the subject without change",),
)
