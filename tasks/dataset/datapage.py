"""Sets the dataset report: one column of plain HTML and CSS, on a screen and on paper.

text("All 1,500 examples.")  ->  <p>All 1,500 examples.</p>

Every function escapes what it is given, but for `section` and `page`, which take finished HTML.
"""

from collections.abc import Sequence
from html import escape

from tasks.dataset.datacharts import ACCENT, INK, MUTED, PLAIN

RULE = "#dde3ea"
_STYLE = f"""
:root{{color-scheme:light}}*{{box-sizing:border-box}}
body{{font:16px/1.55 "Segoe UI","Helvetica Neue",Arial,"Liberation Sans",sans-serif;color:{INK};
background:#fff;max-width:960px;margin:3.5rem auto 4rem;padding:0 1.5rem}}
h1{{font-size:2.3rem;line-height:1.15;letter-spacing:-.02em;margin:0 0 .8rem}}
h2{{font-size:1.25rem;letter-spacing:-.01em;margin:0 0 .25rem}}
p{{max-width:44rem;margin:.2rem 0 1rem}}section{{margin:3rem 0 0;padding:1.6rem 0 0;
border-top:1px solid {RULE};break-inside:avoid}}
h1+p{{font-size:1.1rem}}.kicker,.note,dt{{color:{MUTED}}}.note{{font-size:.88rem}}
.kicker{{font-size:.85rem;letter-spacing:.08em;text-transform:uppercase;margin:0 0 .6rem}}
dl{{display:grid;grid-template-columns:repeat(4,1fr);gap:1.2rem;margin:2rem 0 0}}
dl div{{border-top:3px solid {PLAIN};padding:.6rem 0 0}}dl div:first-child{{border-color:{ACCENT}}}
dt{{font-size:.9rem}}dd{{margin:0}}dd.n{{font-size:2rem;font-weight:650;line-height:1.2;
font-variant-numeric:tabular-nums}}dd.w{{font-size:.85rem;color:{MUTED};line-height:1.35}}
svg{{display:block;width:100%;height:auto;margin:.6rem 0 1rem;overflow:visible}}
svg text{{font-family:inherit!important}}
table:has(th:nth-child(3)){{width:100%}}table{{border-collapse:collapse;min-width:60%;
font-size:.92rem;font-variant-numeric:tabular-nums}}
th,td{{padding:.4rem .8rem .4rem 0;text-align:right;border-bottom:1px solid {RULE};
vertical-align:top}}th{{color:{MUTED};font-weight:500}}th.t,td.t{{text-align:left}}
.t+.t,th:not(.t)+.t,td:not(.t)+.t{{padding-left:1.4rem}}
.key i{{display:inline-block;width:.8em;height:.8em;margin:0 .4em 0 1.2em}}
.key i:first-child{{margin-left:0}}
@media print{{body{{margin:0 auto;font-size:11pt}}section{{margin-top:1.5rem}}}}
@media(max-width:640px){{dl{{grid-template-columns:repeat(2,1fr)}}}}
@page{{margin:16mm}}
"""


def page(title: str, body: str) -> str:
    """The whole file: no script, no other file, no other host."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f'<p class="kicker">{escape(title)}</p>{body}\n</body></html>\n'
    )


def section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>"


def text(words: str) -> str:
    return f"<p>{escape(words)}</p>\n"


def note(words: str) -> str:
    """A paragraph in small print."""
    return f'<p class="note">{escape(words)}</p>\n'


def number(count: int, noun: str) -> str:
    """`1 example`, `1,500 examples`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def first(names: Sequence[str], most: int, place: str) -> str:
    """`a, b and 262 more, all in data/split/manifest.json`: so many names, and where all are."""
    shown = ", ".join(names[:most])
    more = len(names) - most
    return f"{shown} and {more:,} more, all in {place}" if more > 0 else shown


def tiles(shown: Sequence[tuple[str, int, str]]) -> str:
    """Figures side by side: name, number, meaning. The first is the main one."""
    made = (
        f"<div><dt>{escape(name)}</dt>"
        f'<dd class="n">{count:,}</dd><dd class="w">{escape(meaning)}</dd></div>'
        for name, count, meaning in shown
    )
    return f"<dl>{''.join(made)}</dl>\n"


def key(*colours: tuple[str, str]) -> str:
    """What a colour of the picture below means."""
    made = (f'<i style="background:{c}"></i>{escape(name)}' for name, c in colours)
    return f'<p class="note key">{"".join(made)}</p>\n'


def table(columns: Sequence[str], rows: Sequence[Sequence[str | int]]) -> str:
    """Numbers to the right, words to the left."""
    words = [all(isinstance(row[i], str) for row in rows) for i in range(len(columns))]
    head = _cells("th", columns, words)
    lines = "".join(f"<tr>{_cells('td', row, words)}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{lines}</tbody></table>\n"


def _cells(tag: str, values: Sequence[str | int], words: Sequence[bool]) -> str:
    return "".join(
        f"<{tag}{' class=t' if word else ''}>"
        f"{escape(value) if isinstance(value, str) else f'{value:,}'}</{tag}>"
        for value, word in zip(values, words, strict=True)
    )
