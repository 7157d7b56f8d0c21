import json
import math
import random
import shutil
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.learning import sampling
from tasks.learning.sampling import Draw, Sampler

BASE = Path(__file__).parents[3] / "tasks/demo/base"


@pytest.fixture(scope="module")
def sampler() -> Sampler:
    import torch

    torch.set_num_threads(1)
    return sampling.load(str(BASE), device="cpu", batch_size=16)


@pytest.fixture(scope="module")
def prompts() -> list[str]:
    from transformers import AutoTokenizer

    from tasks.demo import world

    tokenizer = AutoTokenizer.from_pretrained(BASE)
    drawn = islice(world.tasks("unseen", seed=5), 24)
    return [dialects.render(tokenizer, task.messages, task.tools) for task in drawn]


def test_the_order_of_prompts_changes_nothing(sampler: Sampler, prompts: list[str]) -> None:
    rows = list(range(len(prompts)))
    random.Random(1).shuffle(rows)
    settings = {"samples": 2, "temperature": 1.0, "max_new_tokens": 24, "seed": 3}
    straight = sampler.generate(prompts, **settings)
    shuffled = sampler.generate([prompts[row] for row in rows], **settings)
    assert shuffled == [straight[row] for row in rows]


def test_seeds_samples_and_repeated_prompts_draw_apart(
    sampler: Sampler, prompts: list[str]
) -> None:
    twice = [prompts[0]] * 4
    settings = {"samples": 4, "temperature": 1.0, "max_new_tokens": 24}
    first = sampler.generate(twice, seed=1, **settings)
    second = sampler.generate(twice, seed=2, **settings)
    assert first != second
    assert len({completion.text for group in first for completion in group}) > 4


def test_a_low_temperature_is_greedy(sampler: Sampler, prompts: list[str]) -> None:
    settings = {"samples": 1, "max_new_tokens": 24, "seed": 1}
    greedy = sampler.generate(prompts[:8], temperature=0, **settings)
    assert sampler.generate(prompts[:8], temperature=1e-4, **settings) == greedy


def test_tokens_are_drawn_with_the_models_own_chances(sampler: Sampler, prompts: list[str]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(BASE)
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    ids = tokenizer(prompts[0], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        chances = torch.softmax(model(ids).logits[0, -1], dim=0)
    likeliest = int(chances.argmax())
    expected = float(chances[likeliest])
    draws = 400
    (found,) = sampler.generate(
        prompts[:1], samples=draws, temperature=1.0, max_new_tokens=1, seed=1
    )
    counts = Counter(completion.text for completion in found)
    share = counts[tokenizer.decode([likeliest], skip_special_tokens=True)] / draws
    assert abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / draws) + 1e-9


def test_long_prompts_are_read_by_another_attention_to_the_same_end(
    sampler: Sampler, prompts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.learning import sampling_transformers

    def greedy() -> list[str]:
        found = sampler.generate(prompts[:8], samples=1, temperature=0, max_new_tokens=24, seed=0)
        return [completion.text for (completion,) in found]

    eager = greedy()
    monkeypatch.setattr(sampling_transformers, "EAGER_TOKENS", 1)
    assert greedy() == eager
    assert sampler._model.config._attn_implementation == "sdpa"  # type: ignore[attr-defined]


def test_truncated_says_whether_the_end_token_came(sampler: Sampler, prompts: list[str]) -> None:
    settings = {"samples": 1, "temperature": 0, "seed": 1}
    ((cut,),) = sampler.generate(prompts[:1], max_new_tokens=3, **settings)
    assert (cut.tokens, cut.truncated) == (3, True)
    ((whole,),) = sampler.generate(prompts[:1], max_new_tokens=48, **settings)
    assert not whole.truncated
    assert whole.text.startswith(cut.text)
    assert "<|im_end|>" not in whole.text


def test_progress_counts_up_to_all_completions(sampler: Sampler, prompts: list[str]) -> None:
    seen: list[tuple[int, int]] = []
    sampler.generate(
        prompts[:20],
        samples=2,
        temperature=1.0,
        max_new_tokens=1,
        seed=1,
        progress=lambda done, of: seen.append((done, of)),
    )
    assert seen == [(16, 40), (32, 40), (40, 40)]


def test_an_adapter_changes_what_the_model_writes(
    sampler: Sampler, prompts: list[str], tmp_path: Path
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(tmp_path)
    adapted = sampling.load(str(BASE), device="cpu", adapter=str(tmp_path))
    settings = {"samples": 1, "temperature": 0, "max_new_tokens": 24, "seed": 1}
    assert adapted.generate(prompts[:8], **settings) != sampler.generate(prompts[:8], **settings)


@pytest.mark.parametrize(
    ("samples", "temperature", "max_new_tokens", "message"),
    [
        (2, 0.0, 8, "temperature 0 gives the same completion 2 times; set samples to 1"),
        (1, -0.5, 8, "temperature -0.5 is negative; use 0"),
        (0, 1.0, 8, "samples 0 and max_new_tokens 8 must both be at least 1"),
        (1, 1.0, 0, "samples 1 and max_new_tokens 0 must both be at least 1"),
    ],
)
def test_settings_no_engine_can_follow_are_refused(
    samples: int, temperature: float, max_new_tokens: int, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        sampling.check(samples, temperature, max_new_tokens)


def test_each_draw_has_a_seed_of_its_own() -> None:
    draws = sampling.draws(["a", "b", "a"], 2)
    assert draws[4] == Draw(prompt="a", row=2, repeat=1, sample=0)
    assert len({sampling.seed_of(draw, 0) for draw in draws}) == 6
    # The place among the prompts has no part in it.
    assert sampling.seed_of(draws[2], 7) == sampling.seed_of(draws[2]._replace(row=9), 7)


def test_what_the_models_authors_sample_with_is_left_out(
    sampler: Sampler, prompts: list[str], tmp_path: Path
) -> None:
    """A repetition penalty in generation_config.json would make another policy of the weights."""
    folder = tmp_path / "spiced"
    shutil.copytree(BASE, folder)
    (folder / "generation_config.json").write_text(
        json.dumps(
            {"repetition_penalty": 1.8, "do_sample": True, "top_k": 2, "temperature": 0.3}
            | json.loads((BASE / "generation_config.json").read_text())
        )
    )
    spiced = sampling.load(str(folder), device="cpu", batch_size=16)
    settings = {"samples": 1, "temperature": 0, "max_new_tokens": 24, "seed": 1}
    assert spiced.generate(prompts[:8], **settings) == sampler.generate(prompts[:8], **settings)
    spiced.close()


def test_dtype_and_engine_options_reach_the_engine(prompts: list[str]) -> None:
    import torch

    loaded = sampling.load(
        str(BASE), device="cpu", dtype="bfloat16", options={"attn_implementation": "sdpa"}
    )
    assert loaded._model.dtype == torch.bfloat16  # type: ignore[attr-defined]
    loaded.generate(prompts[:1], samples=1, temperature=0, max_new_tokens=2, seed=0)
    assert loaded._model.config._attn_implementation == "sdpa"  # type: ignore[attr-defined]


def test_a_completion_holds_the_tokens_it_was_made_of(sampler: Sampler, prompts: list[str]) -> None:
    ((one,),) = sampler.generate(prompts[:1], samples=1, temperature=0, max_new_tokens=48, seed=0)
    tokenizer = sampler._tokenizer  # type: ignore[attr-defined]
    assert len(one.ids) == one.tokens
    assert tokenizer.decode(one.ids, skip_special_tokens=True) == one.text
    assert one.ids[-1] == tokenizer.eos_token_id
