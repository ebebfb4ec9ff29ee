"""HCP Terraform: a run of a workspace, planning or applying."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="terraform",
    title="HCP Terraform",
    subjects=(
        SubjectFormat(
            ("organization", "project", "workspace", "run_phase"),
            ("organization:{organization}:project:{project}:workspace:{workspace}:run_phase:{run_phase}",),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "organization": "the organization's name",
        "project": "the project's name",
        "workspace": "the workspace's name",
        "run_phase": "`plan` or `apply`",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.PARTLY,
    urls=("https://app.terraform.io", "https://{host}"),
    url="https://app.terraform.io",
    audience="aws.workload.identity",
    notes=("not confirmed in full by the vendor's own text: the form of the subject",),
)
