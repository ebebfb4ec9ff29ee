"""All verbs, in the groups and the order in which `bucketpass --help` lists them.

They stand here with their line of help, so that listing or completing them imports no command.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COMMANDS", "GROUPS", "CommandEntry"]


class CommandEntry(NamedTuple):
    """The module of `bucketpass.cli` that has a verb, and what the verb does, in one line."""

    module: str
    help: str


GROUPS: dict[str, dict[str, CommandEntry]] = {
    "declare": {
        "init": CommandEntry("init", "write a first access.yaml and a Pulumi program"),
        "check": CommandEntry("check", "find mistakes, risky choices and near quotas in a declaration"),
        "plan": CommandEntry("plan", "show the resources and policies of a declaration; also as CloudFormation or Terraform"),
        "diff": CommandEntry("diff", "show who gains or loses access between two declarations"),
        "report": CommandEntry("report", "draw who reaches what, on one page for a review; also as Markdown or Mermaid"),
        "import": CommandEntry("import_", "propose a declaration of an account's roles, with Pulumi's import IDs"),
    },
    "decide and prove": {
        "decide": CommandEntry("decide", "decide one request: allowed or denied, and by which statement"),
        "explain": CommandEntry("explain", "show why, and what would change the decision; or what a finding's CODE means"),
        "review": CommandEntry("review", "find all faults of a program, a template, a plan or an account at once"),
        "prove": CommandEntry("prove", "prove the guarantees for all requests, or show a counterexample"),
    },
    "look at what happened": {
        "usage": CommandEntry("usage", "show which grants the logs have in use, and what could be narrower"),
        "learn": CommandEntry("learn", "propose a declaration for hand-made roles, from what they did"),
        "replay": CommandEntry("replay", "show what a changed declaration would break or newly allow, by the logs"),
    },
    "make": {
        "preview": CommandEntry("preview", "show what `up` would do"),
        "up": CommandEntry("up", "create or update the declared resources"),
        "down": CommandEntry("down", "delete what `up` created"),
    },
    "try on this machine": {
        "demo": CommandEntry("demo", "run the whole story on the sandbox, in seconds"),
        "sandbox": CommandEntry("sandbox", "run the embedded AWS; follow its requests; print a service's token"),
    },
    "run services": {
        "configure": CommandEntry("configure", "print what a service needs to use its role, or what to set at its issuer"),
        "token": CommandEntry("token", "show the token that this machine would send, and what AWS reads in it"),
        "doctor": CommandEntry("doctor", "find out why a service cannot reach its data, here and now"),
        "exec": CommandEntry("exec_", "run a command whose S3 clients have the service's credentials"),
        "credential-process": CommandEntry("credential_process", "print credentials for the AWS SDKs' `credential_process`"),
        "serve": CommandEntry("serve", "serve credentials to this machine's S3 clients, on loopback or a Unix socket"),
    },
    "shell": {
        "completion": CommandEntry("completion", "print the completion script for bash, zsh or fish"),
    },
}
COMMANDS: dict[str, CommandEntry] = {verb: entry for group in GROUPS.values() for verb, entry in group.items()}
