"""Modal: the subject names workspace, environment, app, function and container; the token is in `MODAL_IDENTITY_TOKEN`."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="modal",
    title="Modal",
    subjects=(
        SubjectFormat(
            ("workspace_id", "environment", "app", "function", "container_id"),
            (
                "modal:workspace_id:{workspace_id}:environment_name:{environment}:app_name:{app}"
                ":function_name:{function}:container_id:{container_id}",
            ),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "workspace_id": "the workspace's ID",
        "environment": "the environment's name",
        "app": "the app's name",
        "function": "the function's name",
        "container_id": "the container's ID; each is new, so `*` with `unsafe_wildcard`",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://oidc.modal.com",),
    url="https://oidc.modal.com",
    audience="oidc.modal.com",
    notes=("AWS does not demand a subject of this shared issuer; bucketpass does",),
)
