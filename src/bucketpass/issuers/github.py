"""GitHub Actions.

Repositories created, renamed or transferred after 2026-07-15 write immutable numbers into the subject
(`repo:acme@1/eval@2:...`): an identity that gives `owner_id` and `repository_id` is trusted in both forms. `:` inside a
value is written `%3A`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bucketpass.issuers.interface import Evidence, Preset, SubjectFormat

__all__ = ["PRESET"]

# What may follow the repository in a subject, by the field that the identity gives.
CONTEXTS = {
    "environment": "environment:{environment}",
    "branch": "ref:refs/heads/{branch}",
    "tag": "ref:refs/tags/{tag}",
    "event": "{event}",
}
BY_NAME = "repo:{repository}:"
BY_NUMBER = "repo:{owner}@{owner_id}/{project}@{repository_id}:"


def prepare(claims: Mapping[str, str]) -> Mapping[str, str]:
    """The fields with `:` encoded, and the repository's two halves."""
    values = {name: value if name == "subject" else value.replace(":", "%3A") for name, value in claims.items()}
    owner, _, project = values.get("repository", "").partition("/")
    return values | {"owner": owner, "project": project}


PRESET = Preset(
    name="github",
    title="GitHub Actions",
    subjects=(
        *(SubjectFormat(("repository", field), (BY_NAME + context,)) for field, context in CONTEXTS.items()),
        *(
            SubjectFormat(("repository", "owner_id", "repository_id", field), (BY_NAME + context, BY_NUMBER + context))
            for field, context in CONTEXTS.items()
        ),
        SubjectFormat(
            ("organization", "owner_id"),
            ("repo:{organization}/*", "repo:{organization}@{owner_id}/*"),
            wild=True,
            requires=(("repository_owner_id", "{owner_id}"),),
        ),
        SubjectFormat(("subject",), ("{subject}",)),
    ),
    fields={
        "repository": "`owner/name`",
        "environment": "the deployment environment of the job",
        "branch": "the branch that the workflow runs on",
        "tag": "the tag that the workflow runs on",
        "event": "`pull_request`: jobs of pull requests",
        "organization": "the owner, for all its repositories, also later ones; `owner_id` is the claim `repository_owner_id`",
        "owner_id": "the owner's number, for immutable subjects",
        "repository_id": "the repository's number, for immutable subjects",
        "subject": "the token's `sub`, exactly (where `include_claim_keys` replaces the format)",
    },
    forms={
        "repository": r"[\w.*?-]+/[\w.*?-]+(?<!\.git)",
        "organization": r"[\w.*?-]+",
        "branch": r"(?!refs/heads/)[\s\S]+",
        "tag": r"(?!refs/tags/)[\s\S]+",
    },
    owned="repository",
    evidence=Evidence.SEEN,
    urls=(
        "https://token.actions.githubusercontent.com",
        "https://token.actions.githubusercontent.com/{enterprise}",
        "https://token.actions.{subdomain}.ghe.com",
        "https://{host}/_services/token",
    ),
    url="https://token.actions.githubusercontent.com",
    audience="sts.amazonaws.com",
    prepare=prepare,
)
