"""All findings about a declaration, in the order in which they stand in its file."""

from __future__ import annotations

from itertools import chain

from bucketpass.compile.check.buckets import bucket_findings
from bucketpass.compile.check.grants import grant_findings
from bucketpass.compile.check.identities import identity_findings, provider_findings
from bucketpass.compile.check.rules import RULES, Finding
from bucketpass.compile.check.sizes import size_findings
from bucketpass.compile.plan import Plan
from bucketpass.errors import BucketpassError, QuotaError
from bucketpass.model.reader import Declaration

__all__ = ["findings", "of_error"]


def findings(declaration: Declaration, plan: Plan) -> tuple[Finding, ...]:
    """What is risky, needless or near a limit, each at its place in the file."""
    access = declaration.access
    found = chain(identity_findings(access), provider_findings(plan), grant_findings(access), bucket_findings(access), size_findings(plan))
    placed = (Finding(RULES[code], message, mend, declaration.place(path)) for code, path, message, mend in found)
    return tuple(sorted(placed, key=_order))


def of_error(error: BucketpassError) -> tuple[Finding, ...]:
    """What is so wrong with a declaration that there is no plan, as findings."""
    rule = RULES["quota" if isinstance(error, QuotaError) else "invalid"]
    return tuple(Finding(rule, told.message, told.remedy, told.place) for told in error.diagnostics())


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return finding.place.line or 0, finding.place.column or 0, finding.rule.code, finding.message
