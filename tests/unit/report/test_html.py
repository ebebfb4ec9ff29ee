"""One file, and nobody's text in it as markup."""

import json
import re
from datetime import UTC, datetime

from tests.unit.report.test_content import DECLARATION, report

from bucketpass.report.html import html_page

WRITTEN = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_the_page_names_nothing_outside_of_itself() -> None:
    page = html_page(report(), WRITTEN)
    assert re.findall(r"""(?:src|href)=["'](?!#)[^"'$]""", page) == []
    assert "default-src 'none'" in page and "unsafe-inline" not in page
    assert not re.search(r"@[A-Z]+@", page.partition("<script")[0])


def test_names_cannot_become_markup_nor_end_the_data() -> None:
    evil = "</script><script>alert(1)//@PROGRAM@"
    page = html_page(report(DECLARATION.replace("prefix: raw/", f"prefix: {json.dumps(evil)}")), WRITTEN)
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert page.count("<script") == 2
    assert json.loads(data)["grants"][0]["place"] == f"{evil}*"
    assert json.loads(data)["written"] == "2026-11-30 12:00 UTC"
