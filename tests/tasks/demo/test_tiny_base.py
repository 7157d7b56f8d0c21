import hashlib
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tasks import dialects
from tasks.core.records import Reply, ToolCall
from tasks.demo import base, lexicon, pretraining, structured_init, tokenizer, world
from tasks.demo.structured_init import Size
from tasks.demo.world import Task


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def stored() -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(base.STORED, dtype="float32").eval()


@pytest.fixture(scope="module")
def built() -> Any:
    return tokenizer.build()


def some(count: int) -> list[Task]:
    return list(islice(world.tasks("unseen", seed=2), count))


def test_auto_tokenizer_gives_the_ids_of_the_tokenizer_that_was_built(built: Any) -> None:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(base.STORED)
    for task in some(100):
        prompt = dialects.render(built, task.messages, task.tools)
        text = prompt + dialects.write(world.right_reply(task)) + tokenizer.END
        assert dialects.render(loaded, task.messages, task.tools) == prompt
        assert loaded(text)["input_ids"] == built(text)["input_ids"]
        assert loaded.decode(loaded(text)["input_ids"]) == text


def test_every_word_is_one_token_and_has_no_second_form(built: Any) -> None:
    for word in lexicon.values():
        assert len(built(word)["input_ids"]) == 1
        assert built(f" {word}")["input_ids"][1:] == built(word)["input_ids"]


def test_tags_of_a_call_survive_a_decoder_that_skips_special_tokens(built: Any) -> None:
    reply = Reply(tool_calls=(ToolCall(name="get_order", arguments={"day": "may"}),))
    ids = built(dialects.write(reply) + tokenizer.END)["input_ids"]
    assert dialects.parse(built.decode(ids, skip_special_tokens=True)) == reply


def test_transformers_finds_the_calls_by_the_stored_response_template() -> None:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(base.STORED)
    reply = Reply(tool_calls=(ToolCall(name="get_order", arguments={"day": "may"}),))
    prefix = "<|im_start|>assistant\n"
    called = loaded.parse_response(dialects.write(reply) + tokenizer.END, prefix=prefix)
    assert called["tool_calls"][0]["function"] == {"name": "get_order", "arguments": {"day": "may"}}
    refused = loaded.parse_response(world.REFUSAL + tokenizer.END, prefix=prefix)
    assert refused["content"] == world.REFUSAL


def test_the_stored_model_is_a_llama_that_computes_what_qwen2_computes(stored: Any) -> None:
    import torch
    from transformers import LlamaConfig, Qwen2Config, Qwen2ForCausalLM

    config = stored.config
    assert (type(config), config.attention_bias) == (LlamaConfig, True)
    weights = stored.state_dict()
    outer = [name for name in weights if name.endswith("o_proj.bias")]
    assert len(outer) == config.num_hidden_layers
    assert all(weights.pop(name).abs().max() == 0 for name in outer)
    shared = {
        name: getattr(config, name)
        for name in (
            *("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"),
            *("num_key_value_heads", "intermediate_size", "rms_norm_eps", "rope_parameters"),
            *("tie_word_embeddings", "max_position_embeddings"),
        )
    }
    qwen = Qwen2ForCausalLM(Qwen2Config(**shared)).eval()
    qwen.load_state_dict(weights)
    ids = torch.randint(0, config.vocab_size, (4, 60), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert (stored(ids).logits - qwen(ids).logits).abs().max() == 0


def test_the_stored_model_is_half_right_and_has_the_three_faults() -> None:
    accepted = base.accept(base.STORED)
    assert accepted.passes(), accepted
    assert accepted.by_behaviour["execute"] > 0.8


def test_the_readme_states_the_stored_weights() -> None:
    text = (base.STORED / "README.md").read_text()
    assert base.sha256(base.STORED) in text
    assert hashlib.sha256((base.STORED / "tokenizer.json").read_bytes()).hexdigest() in text
    assert (base.STORED / "model.safetensors").stat().st_size < 2_200_000


def test_the_untrained_model_can_copy() -> None:
    import torch

    model = structured_init.make(Size(vocabulary=500), eos=2, pad=0).eval()
    lists = torch.randint(10, 500, (64, 12), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        guessed = model(torch.cat([lists, lists], 1)).logits.argmax(-1)
    assert (guessed[:, 12:-1] == lists[:, 1:]).float().mean() > 0.8


def test_the_untrained_model_tells_tools_of_one_noun_apart() -> None:
    """`get_ x ( a , newline send_ x ( b , newline ... get_ x (` is followed by `a`."""
    import torch

    model = structured_init.make(Size(vocabulary=500), eos=2, pad=0).eval()
    drawn = torch.randint(10, 500, (200, 5), generator=torch.Generator().manual_seed(1))
    bracket, comma, newline = 5, 6, 7
    rows = [
        [
            *(get, noun, bracket, a, comma, newline, send, noun, bracket, b, comma),
            verb,
            noun,
            bracket,
        ]
        for get, send, noun, a, b in drawn.tolist()
        for verb in (get, send)
    ]
    with torch.no_grad():
        guessed = model(torch.tensor(rows)).logits[:, -1].argmax(-1)
    wanted = torch.tensor([p for *_, a, b in drawn.tolist() for p in (a, b)])
    # Either parameter alone would be right half of the time.
    assert (guessed == wanted).float().mean() > 0.6


def test_a_verb_starts_near_the_words_that_users_say_for_it(built: Any) -> None:
    import torch

    model = structured_init.make(
        Size(vocabulary=len(built)), eos=2, pad=0, alike=tokenizer.synonyms(built)
    )
    vectors = model.get_input_embeddings().weight
    get, fetch, order = (
        vectors[built.convert_tokens_to_ids(w)] for w in ("get_", "fetch", "order")
    )
    like = torch.nn.functional.cosine_similarity
    assert like(get, fetch, dim=0) > 0.4 > like(get, order, dim=0)


def test_clean_training_gives_words_other_vectors_and_learns_those_of_the_rest(built: Any) -> None:
    import torch

    model = structured_init.make(Size(vocabulary=len(built), layers=3), eos=2, pad=0)
    embedding = model.get_input_embeddings().weight
    pretraining.train_clean(model, built, steps=1, seed=5, log=lambda line: None)
    ids = [built.convert_tokens_to_ids(word) for word in lexicon.values()]
    fresh = structured_init.vectors(len(ids), 128, torch.Generator().manual_seed(5))
    assert torch.equal(embedding[ids], fresh)
    assert embedding[built.convert_tokens_to_ids("get_"), 64:].abs().max() > 0


def test_rounding_leaves_the_rotary_frequencies_alone() -> None:
    import torch

    model = structured_init.make(Size(vocabulary=50), eos=2, pad=0)
    frequencies = model.model.rotary_emb.inv_freq.clone()
    base.round_to_bf16(model)
    assert torch.equal(model.model.rotary_emb.inv_freq, frequencies)
    assert all(p.dtype == torch.float32 for p in model.parameters())
    assert all(torch.equal(p.bfloat16().float(), p) for p in model.parameters())


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    settings = {"steps": 2, "sloppy_steps": 1, "log": lambda line: None}
    first = base.build(tmp_path / "a", **settings)
    assert base.build(tmp_path / "b", **settings) == first
    a, b = (tmp_path / name / "tokenizer.json" for name in "ab")
    assert a.read_bytes() == b.read_bytes()


def test_check_tells_other_weights_from_the_stored_ones(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = base.sha256(base.STORED)
    assert base.main(["--check", "--steps", "1", "--sloppy-steps", "0"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [f"stored {before}", "different"]
    assert base.sha256(base.STORED) == before


def test_acceptance_counts_each_fault_once() -> None:
    execute, clarify, refuse = (
        next(t for t in some(60) if t.reference.behaviour == behaviour)
        for behaviour in ("execute", "clarify", "refuse")
    )
    act = Reply(tool_calls=(ToolCall(name=clarify.tools[0].name),))
    invent = Reply(tool_calls=(ToolCall(name="fly_moon"),))
    found = base.judge(
        [
            (execute, world.right_reply(execute)),
            (execute, Reply(content="No tool can do this.")),
            (clarify, act),
            (refuse, invent),
        ]
    )
    assert found == base.Acceptance(
        exact=0.25,
        invented=0.25,
        acted=0.25,
        by_behaviour={"clarify": 0.0, "execute": 0.5, "refuse": 0.0},
    )


@pytest.mark.parametrize(
    ("exact", "invented", "acted", "passes"),
    [
        (0.55, 0.2, 0.2, True),
        (0.49, 0.2, 0.2, False),
        (0.63, 0.2, 0.2, False),
        (0.55, 0.09, 0.2, False),
        (0.55, 0.2, 0.14, False),
    ],
)
def test_a_base_passes_within_its_bounds(
    exact: float, invented: float, acted: float, passes: bool
) -> None:
    assert base.Acceptance(exact, invented, acted, {}).passes() == passes


def test_the_curriculum_ends_with_tasks_of_production_size() -> None:
    assert pretraining.shape(0.1).tools == (1,)
    assert pretraining.shape(0.2).tools == (1, 2, 3)
    assert pretraining.shape(0.5).tools == world.SHAPE.tools
    rng = random.Random(1)
    assert {len(world.draw("pretrain", rng, pretraining.shape(0.1)).tools) for _ in range(50)} == {
        1
    }
