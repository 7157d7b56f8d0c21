"""Writes a small report as Markdown and as one HTML file that needs nothing beside it.

Table("Calls", ("tool", "made"), (("get_invoice", "12"),))
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:66rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
.wide{overflow-x:auto}table{border-collapse:collapse}
th,td{padding:.25rem .7rem;border-bottom:1px solid #d8dee4;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
td.long{white-space:normal;overflow-wrap:anywhere;text-align:left;min-width:16rem}
th{color:#57606a;font-weight:600}
p{max-width:46rem}.note{color:#57606a;font-size:.9rem}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}
th,td{border-color:#30363d}th,.note{color:#8d96a0}}
"""

_LONG = 60
"""Characters of a cell from which on it is broken."""


class Table(NamedTuple):
    """The first column names the row; the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def markdown(title: str, paragraphs: Sequence[str], tables: Sequence[Table]) -> str:
    """The report as GitHub's Markdown."""
    lines = [f"# {title}", ""]
    for paragraph in paragraphs:
        lines += [paragraph, ""]
    for table in tables:
        lines += [f"## {table.title}", "", _row(table.columns)]
        lines += [_row([":--", *["--:"] * (len(table.columns) - 1)])]
        lines += [_row([_cell(value) for value in row]) for row in table.rows]
        lines += ["", *([table.note, ""] if table.note else [])]
    return "\n".join(lines)


def html(title: str, paragraphs: Sequence[str], tables: Sequence[Table]) -> str:
    """The report as one page: no script, no other file, no other host."""
    body = [f"<h1>{escape(title)}</h1>"]
    body += [f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs]
    for table in tables:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
        rows = "".join("<tr>" + "".join(map(_column, row)) + "</tr>\n" for row in table.rows)
        body.append(
            f"<h2>{escape(table.title)}</h2>\n"
            f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody>'
            "</table></div>"
        )
        if table.note:
            body.append(f'<p class="note">{escape(table.note)}</p>')
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _column(value: str) -> str:
    """A cell; a long text is broken, so that the columns behind it stay in sight."""
    mark = ' class="long"' if len(value) > _LONG else ""
    return f"<td{mark}>{escape(value)}</td>"


def _row(values: Sequence[str]) -> str:
    return f"| {' | '.join(values)} |"


def _cell(value: str) -> str:
    return " ".join(escape(value, quote=False).replace("|", "\\|").split())
