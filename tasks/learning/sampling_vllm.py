"""Turns prompts into completions with vLLM, on a GPU, in the environment that has it.

The test suite runs without a GPU and does not cover this file. It is written against vLLM 0.31 and
0.32: `LLM`, `SamplingParams`, `TokensPrompt`, `LoRARequest` (docs.vllm.ai/en/stable/api).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import SettingsError
from tasks.learning.sampling import Completion, Progress, check, draws, seed_of

PROMPTS_PER_CALL = 512
"""Between two reports of progress; many enough to keep the GPU full."""


class VllmSampler:
    """Continuous batching with prefix caching; samples of one prompt share its prefill.

    Each prompt has a seed of its own, but vLLM promises equal results only for equal batches:
    another load on the engine can change the last bits of the logits.
    """

    def __init__(self, path: str, *, adapter: str = ""):
        from vllm import LLM
        from vllm.lora.request import LoRARequest

        lora = {"enable_lora": True, "max_lora_rank": _rank(adapter)} if adapter else {}
        self._llm: Any = LLM(model=path, dtype="bfloat16", **lora)
        self._tokenizer: Any = self._llm.get_tokenizer()
        self._adapter: Any = LoRARequest("adapter", 1, adapter) if adapter else None

    def generate(
        self,
        prompts: Sequence[str],
        *,
        samples: int,
        temperature: float,
        max_new_tokens: int,
        seed: int,
        progress: Progress | None = None,
    ) -> list[list[Completion]]:
        from vllm import SamplingParams, TokensPrompt

        check(samples, temperature, max_new_tokens)
        found: list[list[Completion]] = []
        wanted = draws(prompts, 1)
        for start in range(0, len(wanted), PROMPTS_PER_CALL):
            batch = wanted[start : start + PROMPTS_PER_CALL]
            # As token ids: a prompt from a chat template has its special tokens already.
            ids = [self._tokenizer.encode(draw.prompt, add_special_tokens=False) for draw in batch]
            params = [
                SamplingParams(
                    n=samples,
                    temperature=temperature,
                    top_p=1.0,
                    top_k=0,
                    max_tokens=max_new_tokens,
                    seed=seed_of(draw, seed),
                )
                for draw in batch
            ]
            answers = self._llm.generate(
                [TokensPrompt(prompt_token_ids=one) for one in ids],
                params,
                lora_request=self._adapter,
                use_tqdm=False,
            )
            found += [[_completion(output) for output in answer.outputs] for answer in answers]
            if progress:
                progress(len(found) * samples, len(wanted) * samples)
        return found


def _completion(output: Any) -> Completion:
    ids = tuple(output.token_ids)
    return Completion(output.text, len(ids), output.finish_reason == "length", ids)


def _rank(adapter: str) -> int:
    """The rank of the adapter, rounded up to one that vLLM reserves memory for."""
    config = Path(adapter) / "adapter_config.json"
    if not config.is_file():
        raise SettingsError(f"no {config}: name the folder of a PEFT LoRA adapter")
    rank = int(json.loads(config.read_text())["r"])
    return next((size for size in (8, 16, 32, 64, 128, 256, 320, 512) if size >= rank), rank)
