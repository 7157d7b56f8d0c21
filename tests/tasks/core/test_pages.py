from html.parser import HTMLParser

from tasks.core.pages import Table, html, markdown

TABLE = Table("Calls", ("tool", "made"), (("a|b", "12"), ("<script>", "3")), "Of all replies.")


def test_markdown_is_a_table_with_figures_to_the_right():
    assert markdown("Card", ["Said."], [TABLE]).splitlines() == [
        "# Card",
        "",
        "Said.",
        "",
        "## Calls",
        "",
        "| tool | made |",
        "| :-- | --: |",
        "| a\\|b | 12 |",
        "| &lt;script&gt; | 3 |",
        "",
        "Of all replies.",
    ]


def test_html_escapes_what_logs_may_say():
    page = html("A & B", ["1 < 2"], [TABLE])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<title>A &amp; B</title>" in page


def test_a_long_text_is_broken_so_that_the_columns_behind_it_are_seen():
    page = html("Card", [], [Table("Calls", ("tool", "made"), (("a", "x" * 61), ("b", "3")))])
    assert '<td class="long">xxx' in page and "<td>3</td>" in page


def test_html_needs_nothing_beside_it():
    asked: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            asked.extend(name for name, _ in attrs if name in ("src", "href"))

    Links().feed(html("Card", [], [TABLE]))
    assert asked == []


def test_the_same_table_gives_the_same_bytes():
    assert html("Card", ["x"], [TABLE]) == html("Card", ["x"], [TABLE])
