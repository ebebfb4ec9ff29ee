"""What is printed is text: on a terminal of a given width, and in a file."""

import io
import sys
from collections.abc import Callable

import pytest

from bucketpass.cli.terminal import ProgressLine, Styled, bold, line, show_finding, style, table
from bucketpass.errors import Diagnostic


class Screen(io.StringIO):
    """Standard output that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Screen]:
    def of(columns: int) -> Screen:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys, "stdout", page := Screen())
        return page

    return of


ROWS = [("role", bold("arn:aws:iam::111122223333:role/trainer"), "a b c d e f g h i j k l m n o p")]


def test_a_table_in_a_file_is_never_wrapped(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    table(ROWS, headings=("kind", "name", "what"))
    assert capsys.readouterr().out.splitlines() == [
        "kind  name                                    what",
        "role  arn:aws:iam::111122223333:role/trainer  a b c d e f g h i j k l m n o p",
    ]


@pytest.mark.parametrize("columns", [20, 40, 60, 80])
def test_a_table_on_a_terminal_fits_and_drops_nothing(columns: int, screen: Callable[[int], Screen]) -> None:
    page = screen(columns)
    table(ROWS)
    lines = page.getvalue().splitlines()
    assert max(map(len, lines)) <= max(columns, 3 * 12)
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(("role", ROWS[0][1].text, ROWS[0][2])).replace(" ", ""))


def test_columns_stand_beneath_the_others_where_their_words_do_not_fit(screen: Callable[[int], Screen]) -> None:
    page = screen(60)
    table([("role", "x" * 50, "y" * 50)], headings=("kind", "name", "what"))
    lines = page.getvalue().splitlines()
    assert lines == [
        "kind  name",
        "      what",
        f"role  {'x' * 50}",
        f"      {'y' * 50}",
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("a" * 20,), ["a" * 20]),
        (("  a word ", bold("and more of them")), ["  a word and", "    more of them"]),
        (("  ", "a" * 30, " b"), [f"  {'a' * 30}", "    b"]),
        (("  remedy: write `x: {y: z}` here",), ["  remedy: write", "    `x: {y: z}`", "    here"]),
    ],
)
def test_a_line_on_a_terminal_is_folded_at_blanks_alone(
    parts: tuple[Styled | str, ...], expected: list[str], screen: Callable[[int], Screen]
) -> None:
    page = screen(17)
    line(*parts)
    line(*parts, fold=False)
    rendered = "".join(part if isinstance(part, str) else part.text for part in parts)
    assert page.getvalue().splitlines() == [*expected, rendered]


def test_words_stay_whole_where_they_fit(screen: Callable[[int], Screen]) -> None:
    page = screen(62)
    table([("services.labeler.grants[0]", "a b c d e f g h i j k l m n o p q r s t", "2026-11-30T18:08:55Z")])
    first = page.getvalue().splitlines()[0]
    assert "services.labeler.grants[0]" in first
    assert "2026-11-30T18:08:55Z" in first


def test_wide_characters_take_two_columns(capsys: pytest.CaptureFixture[str]) -> None:
    table([("日本", "x"), ("abcd", "x")])
    assert capsys.readouterr().out == "日本  x\nabcd  x\n"


@pytest.mark.parametrize("data", ["ari:cloud:bitbucket", ":warning:", "[bold]x[/bold]", "[/]", "\\[x]", "{0}", "%s"])
def test_data_is_never_markup(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    line(data, style("red", data))
    table([(data, bold(data))])
    show_finding(Diagnostic("request", data, data))
    assert capsys.readouterr().out == f"{data}{data}\n{data}  {data}\nerror request\n  {data}\n  remedy: {data}\n"


def test_data_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    line("a\x1b[2J\r\nb\x9b")
    table([("a\x1b[2J",)])
    assert capsys.readouterr().out == "a\\x1b[2J\\r\\nb\\x9b\na\\x1b[2J\n"


def test_colours_are_for_terminals_and_for_those_who_ask(
    screen: Callable[[int], Screen], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line(style("red", "x"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    line(style("red", "x"))
    assert capsys.readouterr().out == "x\n\033[31mx\033[0m\n"
    page = screen(80)
    line(style("red", "x"))
    monkeypatch.delenv("NO_COLOR")
    line(style("red", "x"))
    assert page.getvalue() == "x\n\033[31mx\033[0m\n"


def test_progress_is_shown_on_a_terminal_alone_and_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    for page, expected in ((io.StringIO(), ""), (Screen(), "\r\033[K1/2 a lon\r\033[K")):
        with ProgressLine(page) as progress:
            progress.update("1/2 a long name")
        assert page.getvalue() == expected
