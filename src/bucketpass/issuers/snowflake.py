"""Snowflake: ID tokens of `SYSTEM$ISSUE_WORKLOAD_IDENTITY_FEDERATION_TOKEN`."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="snowflake",
    title="Snowflake",
    subjects=(SubjectFormat(("subject",), ("{subject}",)),),
    fields={"subject": "the token's `sub`, exactly"},
    evidence=Evidence.PARTLY,
    trailing_slash=None,
    notes=(
        "not confirmed: the form of the issuer; copy it from a token",
        "not confirmed: the form of the subject; copy it from a token",
    ),
)
