"""GitLab CI: gitlab.com, or an instance of its own. Claims beyond the standard ones are keys for gitlab.com alone."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="gitlab",
    title="GitLab CI",
    subjects=(
        SubjectFormat(("project", "branch"), ("project_path:{project}:ref_type:branch:ref:{branch}",)),
        SubjectFormat(("project", "tag"), ("project_path:{project}:ref_type:tag:ref:{tag}",)),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "project": "`group/project`",
        "branch": "the branch that the pipeline runs on",
        "tag": "the tag that the pipeline runs on",
        "subject": "the token's `sub`, exactly",
    },
    forms={
        "project": r"[\w.*?-]+(/[\w.*?-]+)+(?<!\.git)",
        "branch": r"(?!refs/heads/)[\s\S]+",
        "tag": r"(?!refs/tags/)[\s\S]+",
    },
    owned="project",
    evidence=Evidence.SEEN,
    urls=("https://gitlab.com", "https://{host}"),
    url="https://gitlab.com",
    notes=("merge-request pipelines of forks carry the fork's project, so a pinned project keeps them out",),
)
