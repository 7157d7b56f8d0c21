"""Which dialect is found for each of a folder of published chat templates, and why none is.

    pip download --no-deps --no-binary :all: llama-cpp-python==0.3.36 && tar xzf llama_cpp_python*
    python -m benchmarks chat_templates llama_cpp_python-0.3.36/vendor/llama.cpp/models/templates

llama.cpp keeps the templates of the models that it serves; none of them lies in this project.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.dialects.dialect_parsers_peers import byte_tokenizer
from tasks import dialects
from tasks.core.errors import SettingsError

REASONS = ("no dialect reads that", "refuses calls", "leaves calls out", "leaves out")


def main() -> int:
    """Print a row a template, and how many were read or refused for what."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("folder", type=Path, help="with *.jinja")
    counts: Counter[str] = Counter()
    slowest = 0.0
    print("| template | dialect | notes |\n|---|---|---|")
    for file in sorted(options.parse_args().folder.glob("*.jinja")):
        started = time.perf_counter()
        dialect, notes = found(file.read_text())
        slowest = max(slowest, time.perf_counter() - started)
        counts[dialect or next(reason for reason in REASONS if reason in notes)] += 1
        shown = notes.replace("|", "\\|").replace("\n", " ")[:160]
        print(f"| {file.stem} | {dialect or 'refused'} | {shown} |")
    refused = sum(counts[reason] for reason in REASONS)
    print(f"\n{counts.total() - refused} read, {refused} refused; {dict(counts)}; ", end="")
    print(f"the slowest took {slowest:.2f} s")
    return 0


def found(template: str) -> tuple[str, str]:
    """The dialect and its notes, or nothing and the refusal."""
    tokenizer: Any = byte_tokenizer([])
    tokenizer.add_special_tokens({"bos_token": "<BOS>", "eos_token": "<EOS>"})
    tokenizer.chat_template = template
    try:
        codec = dialects.for_tokenizer(tokenizer)
    except SettingsError as error:
        return "", str(error)
    return codec.dialect.name, "; ".join(codec.notes)


if __name__ == "__main__":
    sys.exit(main())
