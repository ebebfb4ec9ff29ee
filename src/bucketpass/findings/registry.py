"""All codes of findings, in the order in which the reference page lists them."""

from __future__ import annotations

from bucketpass.findings.code import Code
from bucketpass.findings.of_declarations import DECLARATION_CODES
from bucketpass.findings.of_errors import ERROR_CODES
from bucketpass.findings.of_machines import MACHINE_CODES
from bucketpass.findings.of_policies import POLICY_CODES

__all__ = ["CODES", "TOPICS", "Code"]

# Heading of the reference page -> its codes.
TOPICS: dict[str, tuple[Code, ...]] = {
    "Declarations": DECLARATION_CODES,
    "Trust policies, tokens, roles and buckets": POLICY_CODES,
    "The machine that a service runs on": MACHINE_CODES,
    "Errors": ERROR_CODES,
}
CODES: dict[str, Code] = {code.name: code for codes in TOPICS.values() for code in codes}
