"""Turns prompts into completions with transformers, on the CPU or one GPU, in batches."""

from collections.abc import Callable, Sequence
from typing import Any

from tasks.learning.sampling import (
    EAGER_TOKENS,
    Completion,
    Draw,
    Dtype,
    Progress,
    check,
    draws,
    neutral,
    seed_of,
)


class TransformersSampler:
    """Batched generation with transformers; fp32 on CPU, bf16 on a GPU.

    On a CPU attention is eager, but for batches of prompts too long for that (`EAGER_TOKENS`).

    The same set of prompts gives the same completions, bit for bit, in whatever order they come,
    on the same device, threads and batch size: batches are formed by length and text, and every
    draw has a generator of its own, keyed by the seed, the prompt, how often it came before, and
    the number of the sample. For a different set of prompts the draws are the same, but padding
    differs and with it the last bits of the logits: where two tokens are almost equally likely,
    another one may be taken.

    fp32 on CPU, because processors without AVX-512 BF16 are 30 times slower in bf16. What a
    model's generation_config.json says of sampling is left out: the caller says it.
    """

    def __init__(
        self,
        path: str,
        *,
        device: str = "auto",
        batch_size: int = 128,
        adapter: str = "",
        dtype: Dtype = "auto",
        options: dict[str, Any] | None = None,
    ):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self._on_cpu = device.startswith("cpu")
        self._tokenizer: Any = AutoTokenizer.from_pretrained(path, padding_side="left")
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        if dtype == "auto":
            dtype = "float32" if self._on_cpu else "bfloat16"
        chosen = {
            "dtype": getattr(torch, dtype),
            "attn_implementation": "eager" if self._on_cpu else "sdpa",
            **(options or {}),
        }
        self._may_switch = "attn_implementation" not in (options or {})
        model: Any = AutoModelForCausalLM.from_pretrained(path, **chosen)
        if adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter).merge_and_unload()
        self._model: Any = model.to(device).eval()
        self._model.generation_config = neutral(self._model.generation_config, self._tokenizer)
        self._device = device
        self._batch_size = batch_size

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
        check(samples, temperature, max_new_tokens)
        wanted = sorted(draws(prompts, samples), key=_batch_order)
        done: dict[tuple[int, int], Completion] = {}
        for start in range(0, len(wanted), self._batch_size):
            batch = wanted[start : start + self._batch_size]
            completions = self._complete(batch, temperature, max_new_tokens, seed)
            for draw, completion in zip(batch, completions, strict=True):
                done[draw.row, draw.sample] = completion
            if progress:
                progress(len(done), len(wanted))
        return [[done[i, s] for s in range(samples)] for i in range(len(prompts))]

    def close(self) -> None:
        import gc

        self._model = None
        gc.collect()

    def _complete(
        self, batch: Sequence[Draw], temperature: float, max_new_tokens: int, seed: int
    ) -> list[Completion]:
        import torch

        inputs = self._tokenizer(
            [draw.prompt for draw in batch],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
        ).to(self._device)
        width = inputs["input_ids"].shape[1]
        if self._on_cpu and self._may_switch:
            self._model.set_attn_implementation("eager" if width <= EAGER_TOKENS else "sdpa")
        chooser = [_chooser(batch, temperature, max_new_tokens, seed, width)] if temperature else []
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                max_new_tokens=max_new_tokens,
                # The chooser leaves one token possible, so greedy search takes what was drawn.
                do_sample=False,
                temperature=None,
                top_p=None,
                top_k=None,
                logits_processor=chooser,
                pad_token_id=self._tokenizer.pad_token_id,
            )
        return [self._completion(row) for row in output[:, width:].tolist()]

    def _completion(self, ids: list[int]) -> Completion:
        ends = self._model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list | tuple) else [ends])
        end = next((i for i, token in enumerate(ids) if token in ends), None)
        kept = ids if end is None else ids[: end + 1]
        text: str = self._tokenizer.decode(kept, skip_special_tokens=True)
        return Completion(text, len(kept), truncated=end is None, ids=tuple(kept))


def _batch_order(draw: Draw) -> tuple[int, str, int, int]:
    """Like lengths together, so that little is padding; and no trace of the order they came in."""
    return (len(draw.prompt), draw.prompt, draw.repeat, draw.sample)


def _chooser(
    batch: Sequence[Draw], temperature: float, max_new_tokens: int, seed: int, width: int
) -> Callable[[Any, Any], Any]:
    """A logits processor that draws each row's next token by inverse transform sampling."""
    import torch

    rows = []
    for draw in batch:
        generator = torch.Generator().manual_seed(seed_of(draw, seed))
        rows.append(torch.rand(max_new_tokens, generator=generator, dtype=torch.float64))
    uniform = torch.stack(rows)

    def choose(ids: Any, scores: Any) -> Any:
        step = ids.shape[1] - width
        chances = torch.softmax(scores.double() / temperature, dim=-1).cumsum(dim=-1)
        # The sum of all chances is 1 but for rounding.
        drawn = uniform[:, step : step + 1].to(scores.device) * chances[:, -1:]
        tokens = torch.searchsorted(chances, drawn, right=True).clamp(max=scores.shape[1] - 1)
        return torch.full_like(scores, float("-inf")).scatter(1, tokens, 0.0)

    return choose
