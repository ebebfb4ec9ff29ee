"""Okta: one issuer per authorization server; a service's token has the client ID as its subject."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="okta",
    title="Okta",
    subjects=(SubjectFormat(("client_id",), ("{client_id}",)), SubjectFormat(("subject",), ("{subject}",))),
    fields={"client_id": "the client ID of the service application", "subject": "the token's `sub`, exactly"},
    evidence=Evidence.PARTLY,
    urls=("https://{org}.okta.com/oauth2/{server}", "https://{org}.oktapreview.com/oauth2/{server}"),
    audience="api://default",
    notes=(
        "not confirmed by Okta's own text: the default audience `api://default`",
        "not confirmed by Okta's own text: with client credentials the subject is the client ID",
    ),
)
