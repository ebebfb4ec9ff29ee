"""What is found wrong, risky or unusual, in one form: a `Finding` has a code, and the registry says what each code means.

For instance::

    finding = Finding("trust-without-subject", "a statement of the trust policy names no subject", place=Place(path="role trainer"))
    print("\\n".join(finding_lines(finding)))
    print(finding.entry.explanation, finding.entry.link)

A new finding is one row of the registry and the check that raises it.
"""

from bucketpass.findings.finding import Finding
from bucketpass.findings.registry import CODES, Code
from bucketpass.findings.text import counts_line, entry_lines, finding_lines, printable

__all__ = ["CODES", "Code", "Finding", "counts_line", "entry_lines", "finding_lines", "printable"]
