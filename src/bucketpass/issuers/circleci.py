"""CircleCI: one issuer per organization, which is the audience as well."""

from __future__ import annotations

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

PRESET = Preset(
    name="circleci",
    title="CircleCI",
    subjects=(
        SubjectFormat(("project", "user"), ("org/{org}/project/{project}/user/{user}",)),
        SubjectFormat(
            ("project", "user", "vcs_origin", "vcs_ref"),
            ("org/{org}/project/{project}/user/{user}/vcs-origin/{vcs_origin}/vcs-ref/{vcs_ref}",),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "project": "the project's UUID",
        "user": "the UUID of the user whose pipeline it is",
        "vcs_origin": "the repository, for v2 tokens, such as `github.com/acme/eval`",
        "vcs_ref": "the ref, for v2 tokens, such as `refs/heads/main`",
        "subject": "the token's `sub`, exactly",
    },
    evidence=Evidence.SEEN,
    urls=("https://oidc.circleci.com/org/{org}",),
    audience="{org}",
)
