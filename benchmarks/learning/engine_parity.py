"""Holds vLLM to transformers on the same weights: tokens of greedy replies, and log-probabilities.

    .venv-vllm/bin/python -m benchmarks.learning.engine_parity --model tasks/demo/base

Runs in the environment that has vLLM (`make vllm-cpu`), in fp32, on a copy of the model whose
generation_config.json asks for a repetition penalty, a temperature and a top_p, which no engine may
take over. Prints a line of JSON; leaves with 1 where a reply differs or a log-probability is more
than 1e-3 away.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

LIMIT = 1e-3
TOKENS = 24


def main() -> int:
    """Compare the engines; 1 where they are two policies."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--model", default="tasks/demo/base")
    options.add_argument("--prompts", type=int, default=32)
    asked = options.parse_args()
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    with tempfile.TemporaryDirectory() as folder:
        result = compare(spiced(Path(asked.model), Path(folder) / "model"), asked.prompts)
    print(json.dumps(result))
    return int(result["equal"] < result["replies"] or result["logprob_gap"] > LIMIT)


def spiced(model: Path, copy: Path) -> Path:
    """A copy of the model with a generation config that would change what is sampled."""
    shutil.copytree(model, copy)
    file = copy / "generation_config.json"
    config = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(
        json.dumps(
            {
                **config,
                "do_sample": True,
                "repetition_penalty": 1.5,
                "temperature": 0.6,
                "top_p": 0.8,
                "top_k": 5,
            }
        )
    )
    return copy


def compare(folder: Path, count: int) -> dict[str, Any]:
    """Greedy replies of both engines to the made world's prompts, and the seeds' reach."""
    from transformers import AutoTokenizer

    from tasks import dialects
    from tasks.demo import world
    from tasks.learning import sampling

    tokenizer = AutoTokenizer.from_pretrained(folder)
    drawn = islice(world.tasks("unseen", seed=7), count)
    prompts = [dialects.render(tokenizer, task.messages, task.tools) for task in drawn]
    greedy: dict[str, Any] = {
        "samples": 1,
        "temperature": 0.0,
        "max_new_tokens": TOKENS,
        "seed": 0,
    }
    first = sampling.load(str(folder), device="cpu")
    ours = [one for (one,) in first.generate(prompts, **greedy)]
    scores = logprobs(first, prompts, [one.ids for one in ours])
    first.close()
    second = sampling.load(str(folder), engine="vllm", options={"max_model_len": 512})
    theirs = [one for (one,) in second.generate(prompts, **greedy)]
    drawn_twice = [
        second.generate(prompts[:4], samples=4, temperature=1.0, max_new_tokens=TOKENS, seed=seed)
        for seed in (1, 1, 2)
    ]
    told = vllm_logprobs(second, prompts, [one.ids for one in ours])
    second.close()
    pairs = zip(chain.from_iterable(scores), chain.from_iterable(told), strict=True)
    gaps = [abs(one - other) for one, other in pairs]
    return {
        "replies": len(prompts),
        "equal": sum(a == b for a, b in zip(ours, theirs, strict=True)),
        "tokens": len(gaps),
        "logprob_gap": max(gaps),
        "same_seed_same_draws": drawn_twice[0] == drawn_twice[1],
        "other_seed_other_draws": drawn_twice[0] != drawn_twice[2],
    }


def logprobs(sampler: Any, prompts: Sequence[str], replies: Sequence[Sequence[int]]) -> Any:
    """Of each reply's tokens, by one forward pass of transformers."""
    import torch

    model, tokenizer = sampler._model, sampler._tokenizer
    rows = []
    for prompt, reply in zip(prompts, replies, strict=True):
        head = tokenizer(prompt, add_special_tokens=False).input_ids
        ids = torch.tensor([[*head, *reply]])
        with torch.inference_mode():
            scores = torch.log_softmax(model(ids).logits[0].double(), dim=-1)
        places = range(len(head) - 1, len(head) + len(reply) - 1)
        rows.append([float(scores[i, ids[0, i + 1]]) for i in places])
    return rows


def vllm_logprobs(sampler: Any, prompts: Sequence[str], replies: Sequence[Sequence[int]]) -> Any:
    """Of the same tokens, as vLLM scores a prompt that ends with the reply."""
    from vllm import SamplingParams, TokensPrompt

    heads = [sampler._tokenizer(prompt, add_special_tokens=False).input_ids for prompt in prompts]
    asked = [
        TokensPrompt(prompt_token_ids=[*head, *reply])
        for head, reply in zip(heads, replies, strict=True)
    ]
    params = SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0)
    answers = sampler._llm.generate(asked, params, use_tqdm=False)
    return [
        [
            float(answer.prompt_logprobs[len(head) + i][token].logprob)
            for i, token in enumerate(reply)
        ]
        for answer, head, reply in zip(answers, heads, replies, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
