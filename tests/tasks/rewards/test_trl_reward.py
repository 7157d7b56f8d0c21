import pickle

from tasks.core.records import Call, Message, Reference, Reply, Tool, ToolCall
from tasks.dialects import write
from tasks.rewards import Prompt
from tasks.rewards.specification.spec import TrlReward, columns, load_spec, trl_reward

TOOL = Tool(
    name="get_invoice", parameters={"type": "object", "properties": {"month": {"type": "string"}}}
)
ACT = Prompt(
    (Message(role="user", content="the invoice of may"),),
    (TOOL,),
    Reference(behaviour="execute", calls=(Call(name="get_invoice", arguments={"month": "may"}),)),
)
ASK = ACT._replace(reference=Reference(behaviour="clarify", missing=("month",)))
NOTHING = ACT._replace(reference=None)
RIGHT = write(Reply(tool_calls=(ToolCall(name="get_invoice", arguments={"month": "may"}),)))
INVENTED = write(Reply(tool_calls=(ToolCall(name="get_bill"),)))


def called(prompts: list[Prompt], completions: list[str], **extra: object) -> list[float | None]:
    return reward_of(trl_reward(load_spec("specs/tool_calls.yaml")), prompts, completions, **extra)


def reward_of(
    reward: TrlReward, prompts: list[Prompt], completions: list[str], **extra: object
) -> list[float | None]:
    rows = [columns(prompt) for prompt in prompts]
    given = {name: [row[name] for row in rows] for name in ("messages", "tools", "reference")}
    return reward(prompts=[""] * len(rows), completions=completions, **given, **extra)  # type: ignore[arg-type]


def test_each_completion_has_one_value():
    completions = [RIGHT, INVENTED, "Please give month.", "<tool_call>{", "No tool can do this."]
    assert called([ACT, ACT, ASK, ACT, ASK], completions) == [1.0, 0.0, 1.0, 0.0, 0.1]


def test_an_unscored_completion_is_none_and_counted():
    reward = trl_reward(load_spec("specs/tool_calls.yaml"))
    assert reward_of(reward, [ACT, NOTHING], [RIGHT, RIGHT]) == [1.0, None]
    assert (reward.scored, dict(reward.unscored)) == (1, {"no-reference": 1})
    assert reward.unscored_share == 0.5


def test_rates_are_logged_over_what_was_scored():
    logged: dict[str, float] = {}
    completions = [RIGHT, INVENTED, "Please give month.", "Please give month.", RIGHT]
    called([ACT, ACT, ACT, ASK, NOTHING], completions, log_metric=logged.__setitem__)
    assert logged == {"unscored": 0.2, "exact": 0.5, "invented": 0.25, "over_refusal": 0.25}


def test_nothing_is_logged_of_what_was_not_scored():
    logged: dict[str, float] = {}
    assert called([NOTHING], [RIGHT], log_metric=logged.__setitem__) == [None]
    assert logged == {"unscored": 1.0}


def test_columns_of_the_trainer_that_it_does_not_know_are_ignored():
    extra = {"completion_ids": [[1]], "trainer_state": None, "log_extra": None, "index": [7]}
    assert called([ACT], [RIGHT], **extra) == [1.0]


def test_it_is_logged_under_the_specs_name():
    assert trl_reward(load_spec("specs/tool_calls.yaml")).__name__ == "tool-calls"


def test_it_goes_to_another_process_whole():
    reward = pickle.loads(pickle.dumps(trl_reward(load_spec("specs/tool_calls.yaml"))))
    assert reward_of(reward, [ACT], [RIGHT]) == [1.0]
