"""`bucketpass explain`: why AWS allows or denies a request; or, with a finding's code alone, what the code means."""

from __future__ import annotations

import argparse
import dataclasses
import difflib

from bucketpass.cli import deciding
from bucketpass.cli.json_output import print_json
from bucketpass.deployment.grant_changes import explain_declared
from bucketpass.errors import RequestError
from bucketpass.findings import CODES, Code, entry_lines

EXIT_DENIED = 2
# Refusals of our own -> the code that says what they mean.
REFUSALS = {
    "bad-token": "token-unusable",
    "changed-identity": "identity",
    "no-answer": "exchange-unavailable",
    "bad-authorities": "sts-unreachable",
    "bad-certificate": "sts-unreachable",
    "unreadable-answer": "exchange",
    "wrong-role": "exchange",
    "wrong-subject": "exchange",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Teach `parser` the command's own arguments."""
    deciding.add_arguments(parser, or_code=True)


def run(arguments: argparse.Namespace) -> int:
    """Explain and print."""
    if arguments.verb is None:
        return _entry(arguments.who, as_json=arguments.json)
    if arguments.uri is None:
        raise RequestError("the S3 URI is missing", remedy=f"bucketpass explain {arguments.who} {arguments.verb} s3://BUCKET/KEY")
    from bucketpass.cli.show_decision import as_object, explained, show_explanation, show_path

    described = deciding.settle(arguments)
    found = explain_declared(described)
    if arguments.json:
        explanations = [explained(one) for one in (*found.trust, *found.requests)]
        print_json("explain", as_object(found, described) | {"explanations": explanations})
    else:
        show_path(found, described)
        show_explanation(found)
    return 0 if found.decision.allowed else EXIT_DENIED


def _of_refusal(name: str) -> Code | None:
    """The entry of a refusal that `exec` and `doctor` print: a code of STS's, with what to do about it, or one of ours."""
    from bucketpass.credentials.rules import RULES

    if name in RULES:
        title = f"{CODES['exchange'].title}, with this code of AWS's"
        return dataclasses.replace(CODES["exchange"], name=name, title=title, remedy=RULES[name].remedy)
    return dataclasses.replace(CODES[REFUSALS[name]], name=name) if name in REFUSALS else None


def _entry(name: str, *, as_json: bool) -> int:
    """Print the registry's entry. Raises RequestError for a code that it does not have."""
    of_refusal = _of_refusal(name)
    if of_refusal is None and name not in CODES:
        near = difflib.get_close_matches(name, CODES, n=1)
        raise RequestError(
            f"`{name}` is not the code of a finding",
            remedy=f"did you mean `{near[0]}`?" if near else "docs/reference/findings.md lists them; a request has SERVICE VERB S3_URI",
        )
    code = of_refusal or CODES[name]
    if as_json:
        print_json("code", dataclasses.asdict(code) | {"severity": code.severity.value})
    else:
        print("\n".join(entry_lines(code)))
    return 0
