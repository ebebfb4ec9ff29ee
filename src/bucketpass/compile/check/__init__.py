"""What is valid but risky, needless or near a limit: findings about a declaration and its plan.

For instance::

    declaration = read_declaration(Path("access.yaml"))
    for finding in findings(declaration, compile_access(declaration.access, target)):
        print(finding.place, finding.rule.severity, finding.message, finding.rule.reference)

`rules` is the table of all rules, `identities`, `grants`, `buckets` and `sizes` look for them, `formats` writes them down.
"""

from bucketpass.compile.check.finder import findings, of_error
from bucketpass.compile.check.rules import RULES, Finding, Rule

__all__ = ["RULES", "Finding", "Rule", "findings", "of_error"]
