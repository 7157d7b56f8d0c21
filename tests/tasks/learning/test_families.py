"""Each family is read, sampled from and trained two steps, by its own chat template and tokens."""

from pathlib import Path
from typing import Any

import pytest

from tasks import dialects
from tasks.core.records import Message, Reply, Tool, ToolCall
from tasks.core.settings import ModelSettings, TrainSettings
from tasks.learning import grpo, sampling
from tests.tasks.learning import families

TOOLS = (
    Tool(
        name="get_weather",
        description="Weather of one city.",
        parameters={
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        },
    ),
)
ASKED = [Message(role="system", content="Be brief."), Message(role="user", content="Oslo?")]
CALL = ToolCall(name="get_weather", arguments={"city": "Ås", "days": 3})
THOUGHT = "Maybe get_weather."


@pytest.fixture(scope="module", params=families.FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return request.param, families.make(request.param, tmp_path_factory.mktemp(request.param))


def test_its_replies_are_read_from_their_tokens(family: tuple[str, Path]) -> None:
    name, folder = family
    codec = dialects.for_folder(str(folder))
    assert codec.dialect.name == families.FAMILIES[name].dialect
    prompt = codec.render(ASKED, TOOLS)
    for reply in (Reply(tool_calls=(CALL,)), Reply(content="For which city?")):
        text = codec.dialect.write(reply, thought=THOUGHT)
        if codec.opens_thought(prompt):
            text = text.removeprefix("<think>")
        ids = [*codec.tokenizer(text, add_special_tokens=False).input_ids]
        ids.append(codec.tokenizer.eos_token_id)
        parsed = codec.read(ids, prompt=prompt, tools=TOOLS)
        assert (parsed.reply, parsed.thought, parsed.problem) == (reply, THOUGHT, "")


def test_it_is_sampled_from(family: tuple[str, Path]) -> None:
    _, folder = family
    codec = dialects.for_folder(str(folder))
    prompt = codec.render(ASKED, TOOLS)
    sampler = sampling.load(str(folder), device="cpu")
    settings = {"samples": 2, "temperature": 1.0, "max_new_tokens": 8, "seed": 1}
    ((first, second),) = sampler.generate([prompt], **settings)
    assert first.ids != second.ids
    assert sampler.generate([prompt], **settings) == [[first, second]]
    codec.read(first.ids, prompt=prompt, tools=TOOLS)
    sampler.close()


@pytest.mark.slow
@pytest.mark.parametrize("lora", [None, {"rank": 4, "alpha": 8}], ids=["full", "lora"])
def test_it_is_trained_two_steps(family: tuple[str, Path], tmp_path: Path, lora: Any) -> None:
    _, folder = family
    codec = dialects.for_folder(str(folder))
    prompt = codec.render(ASKED, TOOLS)
    seen: list[int] = []

    def reward(*, completion_ids: list[list[int]], **_: Any) -> list[float | None]:
        seen.extend(len(ids) for ids in completion_ids)
        for ids in completion_ids:
            codec.read(ids, prompt=prompt, tools=TOOLS)
        return [float(sum(ids) % 5) for ids in completion_ids]

    reward.__name__ = "reward"
    values = {
        "steps": 2, "learning_rate": 1e-2, "prompts_per_step": 1, "generations": 4,
        "temperature": 1.0, "beta": 0.0, "bf16": False, "validate_every": 2,
        "max_prompt_tokens": 2000, "seed": 0, "lora": lora,
    }  # fmt: skip
    setup = grpo.Setup(
        base=str(folder),
        tokenizer=codec.tokenizer,
        rows=[{"prompt": prompt, "index": 0}],
        longest=len(codec.tokenizer(prompt).input_ids),
        reward=reward,
        root=tmp_path,
        model=ModelSettings(path=str(folder), name="m", max_new_tokens=8),
        train=TrainSettings.model_validate(values),
    )
    from transformers import TrainerCallback

    trainer = grpo.trainer(setup, TrainerCallback())
    before = {n: p.detach().clone() for n, p in trainer.model.named_parameters() if p.requires_grad}
    trainer.train()
    after = dict(trainer.model.named_parameters())
    assert len(seen) == 8
    assert any(not before[n].equal(after[n].detach()) for n in before)
