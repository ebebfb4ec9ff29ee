"""Keycloak: one issuer per realm; `azp` is the client, the subject the user ID of its service account."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="keycloak",
    title="Keycloak",
    subjects=(SubjectFormat(("client_id", "subject"), ("{subject}",)),),
    fields={"client_id": "the client (`azp`)", "subject": "the user ID of the client's service account"},
    evidence=Evidence.PARTLY,
    urls=("https://{host...}/realms/{realm}",),
    authorized_party="client_id",
    notes=("not confirmed by Keycloak's own text: the subject of a client's token is the user ID of its service account",),
)
