"""Markup of calls is seen whatever family it is of, also of families that are not listed here."""

import pytest

from tasks import dialects

CALLS = [
    "<tool_use>pay</tool_use>",
    '<function_call>{"name": "pay"}',
    '<functioncall> {"name": "pay", "arguments": {}}',
    '<xai:function_call name="pay">',
    '<atem:invoke name="pay">',
    "<seed:tool_call><function=pay></function></seed:tool_call>",
    "<TOOLCALL>[]</TOOLCALL>",
    "<execute_tool>pay()</execute_tool>",
    "<use_tool name='pay'/>",
    "<call_function>pay</call_function>",
    "<|tools_prefix|>[{}]<|tools_suffix|>",
    "<|START_ACTION|>[]<|END_ACTION|>",
    '<|open|>call tool="pay"<|sep|>',
    "<｜tool▁calls▁begin｜>",
    "<tool_call|>",
    "[TOOL_CALLS]pay[ARGS]{}",
    'pay[ARGS]{"amount": 3}',
    "[TOOL_REQUEST]{}[END_TOOL_REQUEST]",
    "✿FUNCTION✿: pay\n✿ARGS✿: {}",
    "TOOL_CALL: pay(3)",
    "FUNCTION_CALL pay",
    "Thought: pay\nAction: pay\nAction Input: {}",
    "```tool_code\npay(3)\n```",
    '```json\n{"tool_name": "pay", "parameters": {"amount": 3}}\n```',
    '{"tool": "pay", "args": {"amount": 3}}',
    '{"function": "pay", "arguments": {"amount": 3}}',
    '{"action": "pay", "action_input": {"amount": 3}}',
    '{"arguments": {"amount": 3}, "name": "pay"}',
    "{'name': 'pay', 'arguments': {'amount': 3}}",
    '[{"type": "function", "function": {"name": "pay", "arguments": "{}"}}]',
    '{"tool_calls": [{"id": "1"}]}',
    '{"toolUse": {"name": "pay", "input": {}}}',
    "[pay(amount=3)]",
    "[pay(amount=3), note(text='x')]",
    "call:pay{amount:3}",
    "assistantcommentary to=functions.pay json{}",
    '>>>pay\n{"amount": 3}',
    'functools[{"name": "pay", "arguments": {}}]',
    "</invoke>",
    "<parameter=amount>",
    "<arg_key>amount</arg_key>",
]
PROSE = [
    "I can't do that with the tools I have.",
    "Press <escape> to leave, then call support.",
    "Usage: git [args] [--help], or cmd [ARGS].",
    "a < b and c > d; [1, 2] and {3: 4}.",
    'Use <div class="tool"> or <input name="call">.',
    '<param name="movie" value="x.swf">',
    "See [the manual](https://example.org/tools) for function calls.",
    "The function call failed; I'd call the tool again?",
    'Your order: {"item": "hammer", "count": 2}',
    '{"name": "Oslo", "population": 700000}',
    '{"city": "Oslo", "parameters": ["wind", "rain"]}',
    '{"balance": 3.5, "input": "none"}',
    ">>> print(1)\n1",
    "`functools` has [lru_cache] and more.",
    "Action: call us.\nWe answer until five.",
    "The parameters: {wind, rain}.",
    "f(x) = [g(x)] for all x",
    "To: functions team, from: me",
    "<b>Tool calls</b> are <i>great</i>.",
    "Which account? [savings] or [checking]",
    "x[0](1)",
    "tools: hammer, saw",
    "```python\nprint(3)\n```",
    "Le prix est < 3 € — c'est tout.",
]


@pytest.mark.parametrize("text", CALLS)
def test_a_call_of_any_family_is_seen(text: str) -> None:
    assert dialects.any_markup(text)
    said = f"I can't do that.\n{text}"
    assert dialects.markup_at(said) >= len("I can't do that")


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_call(text: str) -> None:
    assert dialects.markup_at(text) == -1


@pytest.mark.parametrize("text", CALLS)
def test_it_makes_a_refusal_malformed_in_every_dialect(text: str) -> None:
    for name in dialects.available():
        dialect = dialects.load(name)
        refusal = "I can't do that.\n" + text
        said = {
            "harmony": f"<|channel|>final<|message|>{refusal}<|return|>",
            "functionary_v32": f"all\n{refusal}",
        }.get(name, refusal)
        assert dialect.parse(said, opened=False).tool_calls, (name, text)


@pytest.mark.parametrize("text", CALLS)
def test_the_labeller_takes_a_refusal_with_a_call_for_a_call(text: str) -> None:
    """Logged replies are labelled by the same marks as a model's own are read by."""
    from tasks.labelling import written_calls

    assert written_calls.is_call(f"I can't do that.\n{text}", ())


@pytest.mark.parametrize("text", PROSE)
def test_the_labeller_takes_prose_for_prose(text: str) -> None:
    from tasks.labelling import written_calls

    assert not written_calls.is_call(text, ())
