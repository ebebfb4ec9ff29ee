"""The codes of the error tree: what stops a command."""

from __future__ import annotations

from bucketpass.errors import Severity
from bucketpass.findings.code import CREATE_PROVIDER, IAM, STS, Code

__all__ = ["ERROR_CODES"]

ERROR_CODES = (
    Code(
        "declaration",
        Severity.ERROR,
        "the declaration is wrong",
        "The declaration cannot be compiled: a field is unknown or missing, a name is not declared, or AWS does not accept a value. "
        "Every mistake is reported with its line. Nothing is made from such a declaration. Exit code 3.",
        "Correct the line that the message names; docs/reference/declaration.md lists every field.",
    ),
    Code(
        "quota",
        Severity.ERROR,
        "larger than AWS takes",
        "The declaration is valid, and what it compiles to exceeds a quota that AWS does not raise. Exit code 3.",
        "Merge prefixes, use `per:` a session tag, or split the service.",
        IAM + "reference_iam-quotas.html",
    ),
    Code(
        "policy",
        Severity.ERROR,
        "a policy document that AWS would refuse",
        "The document does not have the form that AWS demands of this kind of policy (MalformedPolicyDocument). The place is a JSON "
        "pointer into the document. Exit code 3.",
        "Correct the element that the message names.",
        IAM + "reference_policies_grammar.html",
    ),
    Code(
        "request",
        Severity.ERROR,
        "a request, token, file or option cannot be read",
        "What the command was given does not have the form that it needs. Exit code 3.",
        "Correct the option or file that the message names.",
    ),
    Code(
        "invalid-input",
        Severity.ERROR,
        "the input cannot be used",
        "What the command was given cannot be used, alone or together with the rest. Exit code 3.",
        "Correct the option or file that the message names.",
    ),
    Code(
        "usage",
        Severity.ERROR,
        "the command line cannot be read",
        "The command line names an unknown verb or option, or an argument is missing. Exit code 3.",
        "bucketpass VERB --help lists the arguments.",
    ),
    Code(
        "missing-extra",
        Severity.ERROR,
        "an optional dependency is not installed",
        "The verb needs packages that a plain install does not bring, so that a service at run time stays small. Exit code 3.",
        "Install the extra that the message names.",
    ),
    Code(
        "missing-library",
        Severity.ERROR,
        "a client's library is not installed",
        "An adapter hands credentials to a client's own library, such as boto3 or s3fs, which bucketpass does not bring. Exit code 3.",
        "Install the library that the message names.",
    ),
    Code(
        "missing-program",
        Severity.ERROR,
        "a program is not installed, or does not fit",
        "The verb needs a program of others, such as Pulumi's command line, and this machine has none, or one of another version. "
        "Exit code 3.",
        "Install the program that the message names.",
        "https://www.pulumi.com/docs/install/",
    ),
    Code(
        "no-aws-credentials",
        Severity.ERROR,
        "no credentials for AWS",
        "The verb reads or changes an AWS account, and AWS's own search for credentials (environment, profiles, instance metadata) "
        "found none, or none that are complete. Exit code 3.",
        "Set AWS_PROFILE, or log in with `aws sso login`.",
        "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html",
    ),
    Code(
        "provision",
        Severity.ERROR,
        "resources could not be made, changed, removed or read",
        "AWS, the endpoint, or Pulumi refused or failed. What was done before is in the state: running the verb again continues there. "
        "Exit code 1.",
        "Remove the cause that the message names, and run the verb again.",
    ),
    Code(
        "sandbox",
        Severity.ERROR,
        "the sandbox could not start or serve",
        "The embedded AWS could not start, or none is running. Exit code 1.",
        "Start one with `bucketpass sandbox`.",
    ),
    Code(
        "identity",
        Severity.ERROR,
        "no usable token from the identity provider",
        "No source of tokens was found on this machine, or its token is one that AWS refuses. Exit code 1.",
        "Run `bucketpass doctor` where the service runs.",
        CREATE_PROVIDER,
    ),
    Code(
        "exchange",
        Severity.ERROR,
        "STS did not give credentials for the token",
        "AssumeRoleWithWebIdentity was refused. Asking again with the same token gives the same answer. Exit code 1.",
        "Run `bucketpass doctor` where the service runs.",
        STS,
    ),
    Code(
        "exchange-unavailable",
        Severity.ERROR,
        "STS could not be asked",
        "STS did not answer, or answered that it is overloaded. Asking again may succeed. Exit code 1.",
        "Check DNS, proxy, firewall and VPC endpoint; try again.",
        STS,
    ),
    Code(
        "failed",
        Severity.ERROR,
        "the work could not be done",
        "Something outside of bucketpass failed: a file that cannot be written, a full disk, a closed connection. Exit code 1.",
        "Remove the cause that the message names.",
    ),
)
