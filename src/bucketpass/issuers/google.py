"""Google service accounts: built into AWS, so that no provider resource is made. `azp` is the service account."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="google",
    title="Google",
    subjects=(SubjectFormat(("service_account_id",), ("{service_account_id}",)),),
    fields={"service_account_id": "the service account's numeric unique ID"},
    evidence=Evidence.SEEN,
    urls=("https://accounts.google.com",),
    url="https://accounts.google.com",
    authorized_party="service_account_id",
)
