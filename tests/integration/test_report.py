"""The access map in a browser: Debian's Chromium, by Playwright; axe-core where `make browser` has put it below build/."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.json_outputs import validated
from tests.unit.report.test_content import DECLARATION

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = ROOT / "build" / "axe" / "package" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SERVICES = 1000

pytestmark = pytest.mark.slow


def declaration(services: int) -> str:
    head = DECLARATION.partition("buckets:")[0] + "buckets:\n  datasets: {}\n  scratch: {}\n"
    rows = "".join(
        f"  team{number % 7}-job-{number}:\n    identity: {{issuer: okta, subject: s{number}}}\n    grants:\n"
        f"      - {{bucket: datasets, prefix: team{number % 7}/, access: read}}\n"
        f"      - {{bucket: scratch, prefix: job-{number}/, access: [read, write, delete]}}\n"
        for number in range(services)
    )
    return f"{head}services:\n{rows}"


def bucketpass(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "bucketpass", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_every_form_is_written(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text(DECLARATION)
    (tmp_path / "old.yaml").write_text(DECLARATION.replace("prefix: raw/", "prefix: all/"))
    made = bucketpass(tmp_path, "report", "--against", "old.yaml")
    assert (made.returncode, made.stderr) == (0, "")
    assert "report.html" in made.stdout and (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    found = validated(bucketpass(tmp_path, "report", "--json", "--against", "old.yaml").stdout)
    assert {one["verdict"] for one in found["guarantees"]} == {"proved"}
    assert [one["change"] for one in found["grants"]] == ["added", "", "removed"]
    assert bucketpass(tmp_path, "report", "--format", "mermaid", "--no-proofs").stdout.startswith("flowchart LR")
    assert "| proved |" in bucketpass(tmp_path, "report", "--format", "markdown").stdout
    assert bucketpass(tmp_path, "report", "--no-proofs", "--out", "-").stdout.startswith("<!doctype html>")
    assert not (tmp_path / "-").exists()
    wrong = bucketpass(tmp_path, "report", "--no-proofs", "--out", "nowhere/report.html")
    assert (wrong.returncode, "nowhere/report.html" in wrong.stderr) == (3, True)


def test_usage_stands_beside_each_grant(tmp_path: Path) -> None:
    from tests.cloudtrail_records import s3_record, write_trail

    (tmp_path / "access.yaml").write_text(DECLARATION)
    write_trail(tmp_path / "logs", [s3_record("GetObject", parameters={"key": "raw/a"})])
    found = validated(bucketpass(tmp_path, "report", "--json", "--no-proofs", "--usage", "logs").stdout)
    assert [(one["requests"], one["usage"]) for one in found["grants"]] == [(1, "used"), (0, "not covered")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # The path of its socket has 107 bytes at most: TMPDIR may be longer than that.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, env={**os.environ, "TMPDIR": "/tmp"})
        yield started
        started.close()


@contextlib.contextmanager
def opened(browser: Any, file: Path, width: int = 1280, scheme: str = "light") -> Iterator[Any]:
    """The page, which must neither say anything on the console nor ask for anything beside its file."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    yield page
    context.close()
    assert (said, asked) == ([], [file.as_uri()])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for name, text in (("small", DECLARATION), ("large", declaration(SERVICES))):
        (folder / f"{name}.yaml").write_text(text)
        made = bucketpass(folder, "report", f"{name}.yaml", "--out", f"{name}.html", *(["--no-proofs"] if name == "large" else []))
        assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_axe_is_broken_and_nothing_is_wider_than_the_screen(browser: Any, files: Path, width: int, scheme: str) -> None:
    for name in ("small", "large"):
        with opened(browser, files / f"{name}.html", width, scheme) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            for summary in page.locator(".cards > details > summary").all()[:2]:
                summary.click()
            if not AXE.exists():
                pytest.skip("axe-core is not here: make browser")
            # The page's own policy lets no other program in: the browser's tools run it outside of the page's world.
            result = page.evaluate(f"(() => {{ {AXE.read_text()} }})(), axe.run(document, {{ resultTypes: ['violations'] }})")
            assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in result["violations"]] == []


def test_search_filter_and_zoom_show_less_and_clear_shows_all(browser: Any, files: Path) -> None:
    from playwright.sync_api import expect

    with opened(browser, files / "large.html") as page:
        rows = page.locator("#matrix-body tr")
        page.fill("#search", "job-77/")
        expect(rows).to_have_count(1)
        expect(page.locator("#count")).to_have_text(f"1 of {2 * SERVICES:,} grants")
        page.click("#reset")
        expect(page.locator("#count")).to_have_text("")
        page.select_option("#zoom", "bucket:datasets")
        assert page.inner_text("#count").startswith(f"{SERVICES:,} of")
        assert {text.split("/")[0] for text in page.locator("#matrix-body td:nth-child(2)").all_inner_texts()} == {"datasets"}
        page.uncheck("input[value=read]")
        page.uncheck("input[value=list]")
        assert rows.count() == 0
        expect(page.locator("#canvas")).to_contain_text("Nothing matches")


def test_many_services_stand_in_groups_that_open_by_keyboard(browser: Any, files: Path) -> None:
    with opened(browser, files / "large.html") as page:
        assert page.locator("#canvas .node").count() < 60
        group = page.locator("#canvas .node.unit").first
        group.focus()
        assert page.locator("#canvas .link.on").count() > 0
        page.keyboard.press("Enter")
        assert "group" in page.inner_text("#trail")
        page.keyboard.press("Escape")
        assert page.inner_text("#trail") == ""


def test_arrow_keys_move_between_nodes_and_columns_sort(browser: Any, files: Path) -> None:
    from playwright.sync_api import expect

    with opened(browser, files / "small.html") as page:
        page.locator("#canvas .node.issuer").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Identity 0oa1trainer")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Service trainer: reads datasets/raw/*")
        page.click("[data-sort=where]")
        page.click("[data-sort=where]")
        assert page.locator("th[aria-sort=descending]").inner_text() == "Where ↓"
        assert page.locator("#matrix-body td:nth-child(2)").all_inner_texts() == ["scratch/teams/<team>/*", "datasets/raw/*"]
        page.click("#bucket-list summary")
        expect(page.locator("#bucket-list")).to_contain_text("Nobody else")
        assert '"s3:GetObject"' in page.locator("#bucket-list pre").first.text_content()


def test_services_stand_against_places(browser: Any, files: Path) -> None:
    with opened(browser, files / "small.html") as page:
        assert page.locator("#grid thead th").all_inner_texts() == ["Service", "datasets/raw/*", "scratch/teams/<team>/*"]
        (row,) = page.locator("#grid tbody tr").all()
        cells = ["".join(cell.locator(".sign").all_inner_texts()) for cell in row.locator("td").all()]
        assert (row.locator("th").inner_text(), cells) == ("trainer", ["R†", "W†D†"])
        assert "until 2027-01-31 00:00" in (row.locator("td").first.get_attribute("title") or "")
        page.get_by_role("button", name="datasets/raw/*", exact=True).first.press("Enter")
        assert page.locator("#grid thead th[aria-sort=ascending]").inner_text() == "datasets/raw/* ↓"
        page.uncheck("#levels input[value=read]")
        assert page.locator("#grid thead th").all_inner_texts() == ["Service", "scratch/teams/<team>/*"]
    with opened(browser, files / "large.html") as page:
        # A thousand prefixes are columns of their buckets; the rows are cut until they are asked for.
        assert page.locator("#grid thead th").all_text_contents() == ["Service", "datasets/…", "scratch/…"]
        assert page.locator("#grid tbody tr").count() == 60
        page.click("#grid-more")
        assert page.locator("#grid tbody tr").count() == SERVICES


def test_on_paper_every_row_is_there(browser: Any, files: Path) -> None:
    with opened(browser, files / "large.html") as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("#matrix-body tr").count() == 2 * SERVICES
        assert not page.locator("#tools").is_visible()


def test_a_thousand_services_fit_in_five_mebibytes(files: Path) -> None:
    assert (files / "large.html").stat().st_size <= 5 << 20
