"""Lists the benchmarks, or runs one by its name.

    python -m benchmarks                                 # area, name and what each measures
    python -m benchmarks curate --records 20000          # the same as benchmarks/curation/curate.py
    python -m benchmarks curate --help

A benchmark is a file with a `main` in a folder by area. Each prints Markdown: its figures beside
those of a peer, measured in the same run.
"""

import ast
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).parent


def main() -> int:
    """Run the benchmark that is named first, or list all; 2 where there is none of that name."""
    places = benchmarks()
    if len(sys.argv) == 1 or sys.argv[1] in ("-h", "--help"):
        print(listing(places))
        return 0
    place = places.get(sys.argv[1].rpartition(".")[2])
    if place is None:
        print(f"no benchmark {sys.argv[1]!r}; expected one of {', '.join(places)}", file=sys.stderr)
        return 2
    name = ".".join(("benchmarks", *place.relative_to(ROOT).with_suffix("").parts))
    sys.argv = [f"python -m benchmarks {place.stem}", *sys.argv[2:]]
    runpy.run_module(name, run_name="__main__", alter_sys=True)
    return 0


def benchmarks() -> dict[str, Path]:
    """Name to file of each benchmark, by area and name. Peers that run elsewhere are left out."""
    return {
        path.stem: path
        for path in sorted(ROOT.glob("*/*.py"))
        if not path.stem.endswith("_peers") and _runs(path)
    }


def listing(places: dict[str, Path]) -> str:
    """Markdown: area, name and the first sentence of what it says of itself."""
    rows = ["| area | benchmark | what it measures |", "|---|---|---|"]
    for name, path in places.items():
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        rows.append(
            f"| {path.parent.name} | `{name}` | {' '.join(text.split(chr(10) * 2)[0].split())} |"
        )
    return "\n".join(rows)


def _runs(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


if __name__ == "__main__":
    sys.exit(main())
