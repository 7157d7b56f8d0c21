"""Turns prompts into completions with one interface over transformers (CPU or GPU) and vLLM (GPU).

    load("tasks/demo/base").generate([prompt], samples=1, temperature=0, max_new_tokens=40, seed=0)
    -> [[Completion(text='<tool_call>{"name": ...}</tool_call>', tokens=19, truncated=False)]]

Runs in the environment that has vLLM too, so nothing here knows Prefect.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from tasks.core.errors import SettingsError

EAGER_TOKENS = 1024
"""On a CPU eager attention is the quick one, the backward pass in bf16 above all, but its memory
grows with the square of the prompt: longer prompts take the fused one."""

Engine = Literal["transformers", "vllm"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Progress = Callable[[int, int], None]
"""Called with the number of completions done and the number of all."""


class Completion(NamedTuple):
    text: str
    """Without special tokens: for people. A reply is read from `ids`."""
    tokens: int
    """Tokens that were generated, the end token included."""
    truncated: bool
    """True where `max_new_tokens` came before the end token."""
    ids: tuple[int, ...] = ()
    """The tokens, the end token included."""


class Sampler(Protocol):
    """A loaded model."""

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
        """`samples` completions for each prompt, in the order of the prompts.

        Temperature 0 takes the likeliest token each time, and then `samples` must be 1. Otherwise
        tokens are drawn from the whole distribution at that temperature.

        Raises:
            SettingsError: `samples`, `temperature` or `max_new_tokens` cannot be.
        """
        ...

    def close(self) -> None:
        """Give up the model and its memory, so that another one can be loaded."""
        ...


def load(
    path: str,
    *,
    engine: Engine = "transformers",
    device: str = "auto",
    batch_size: int = 128,
    adapter: str = "",
    dtype: Dtype = "auto",
    options: dict[str, Any] | None = None,
) -> Sampler:
    """Load a model folder (or hub name), with a PEFT LoRA adapter on top where one is named.

    `device` and `batch_size` (completions computed together) are for transformers; vLLM finds its
    own. `auto` is the first GPU, else the CPU; as `dtype` it is bfloat16 there and float32 here.
    `options` are the engine's own and go before what is set here.
    """
    if engine == "vllm":
        from tasks.learning.sampling_vllm import VllmSampler

        return VllmSampler(path, adapter=adapter, dtype=dtype, options=options)
    from tasks.learning.sampling_transformers import TransformersSampler

    return TransformersSampler(
        path,
        device=device,
        batch_size=batch_size,
        adapter=adapter,
        dtype=dtype,
        options=options,
    )


def neutral(config: Any, tokenizer: Any) -> Any:
    """A generation config without any value that changes what is sampled.

    Models come with a repetition penalty, a temperature or a top_p of their authors; one engine
    takes some of them over and another others, so that the same weights were another policy.
    What ends a reply stays: the config's and the tokenizer's end tokens.
    """
    from transformers import GenerationConfig

    ends = config.eos_token_id
    ends = list(ends) if isinstance(ends, list | tuple) else [ends]
    ends = sorted({end for end in (*ends, tokenizer.eos_token_id) if end is not None})
    pad = config.pad_token_id if config.pad_token_id is not None else tokenizer.pad_token_id
    return GenerationConfig(
        bos_token_id=config.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else next(iter(ends), None),
        pad_token_id=pad,
    )


def check(samples: int, temperature: float, max_new_tokens: int) -> None:
    """Refuse settings that no engine can follow."""
    if temperature < 0:
        raise SettingsError(f"temperature {temperature} is negative; use 0 for the likeliest token")
    if samples < 1 or max_new_tokens < 1:
        raise SettingsError(
            f"samples {samples} and max_new_tokens {max_new_tokens} must both be at least 1"
        )
    if temperature == 0 and samples != 1:
        raise SettingsError(
            f"temperature 0 gives the same completion {samples} times; "
            "set samples to 1 or the temperature above 0"
        )


class Draw(NamedTuple):
    """One completion to be made."""

    prompt: str
    row: int
    """Of the prompt among all prompts."""
    repeat: int
    """How often the same prompt stood before it."""
    sample: int


def draws(prompts: Sequence[str], samples: int) -> list[Draw]:
    """All completions to be made, in the order of the prompts."""
    seen: dict[str, int] = {}
    found = []
    for row, prompt in enumerate(prompts):
        repeat = seen[prompt] = seen.get(prompt, -1) + 1
        found += [Draw(prompt, row, repeat, sample) for sample in range(samples)]
    return found


def seed_of(draw: Draw, seed: int) -> int:
    """A seed of its own for each completion, whatever else is drawn beside it; under 2**62."""
    key = f"{seed}/{draw.repeat}/{draw.sample}/{draw.prompt}".encode()
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") >> 2
