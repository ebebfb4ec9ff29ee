"""Keycloak: one issuer per realm; `azp` is the client, the subject the user ID of its service account."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="keycloak",
    title="Keycloak",
    subjects=(SubjectFormat(("client_id", "subject"), ("{subject}",)),),
    fields={"client_id": "the client (`azp`)", "subject": "the user ID of the client's service account"},
    evidence=Evidence.SEEN,
    urls=("https://{host...}/realms/{realm}",),
    authorized_party="client_id",
    notes=(
        "turn *Full scope allowed* off for each client: with it `aud` lists `account` too, which needs `several_audiences: true`",
        "the realm is the boundary: whoever may edit a client's mappers can make a token of every service of the realm",
    ),
)
