"""What is valid but risky, needless or near a quota: findings about a declaration and its plan.

For instance::

    declaration = read_declaration(Path("access.yaml"))
    for finding in findings(declaration, compile_access(declaration.access, target)):
        print(finding.place, finding.severity, finding.message, finding.entry.link)

`identities`, `grants`, `buckets` and `sizes` look for them; what each code means stands in `bucketpass.findings`.
"""

from bucketpass.compile.check.finder import Found, findings, of_error, worth_knowing

__all__ = ["Found", "findings", "of_error", "worth_knowing"]
