"""Administrators that have to exist at the target, looked for by the program."""

import pulumi
import pulumi_aws as aws

from bucketpass.compile.plan import Plan
from bucketpass.provision.administrators import missing_administrator, named_administrators

__all__ = ["require_administrators"]

# What AWS's provider, and the embedded engine, say of a role that does not exist. [K]
ABSENT = ("NoSuchEntity", "couldn't find resource", "empty result", "there is no")


def require_administrators(plan: Plan, caller: str, options: pulumi.InvokeOptions) -> None:
    """Raise `DeclarationError` if an administrator of a bucket is a role that the account does not have."""
    for bucket, role in dict.fromkeys(named_administrators(plan, caller)):
        try:
            aws.iam.get_role(name=role, opts=options)
        except AssertionError:
            continue  # so the SDK reads "unknown": nothing is looked up in an account where a program is only reviewed
        except Exception as error:
            if not any(words in str(error) for words in ABSENT):
                raise
            raise missing_administrator(plan, bucket, role) from None
