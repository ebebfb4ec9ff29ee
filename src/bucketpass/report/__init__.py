"""The access map: who reaches what, for a review. One page without a network, or Mermaid, Markdown and JSON.

::

    declaration = read_declaration(Path("access.yaml"))
    content = report_of(declaration, Target("111122223333", "us-east-1"))
    Path("report.html").write_text(html_page(content))
"""

from bucketpass.report.content import Report, report_object, report_of
from bucketpass.report.html import html_page
from bucketpass.report.text import as_markdown, as_mermaid

__all__ = ["Report", "as_markdown", "as_mermaid", "html_page", "report_object", "report_of"]
