import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import dialects
from tasks.core.records import Message, Reply, Tool, ToolCall

WEATHER = Tool(
    name="get_weather",
    description="Weather of one city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
calls = st.builds(
    ToolCall,
    name=st.text(min_size=1),
    arguments=st.dictionaries(st.text(), json_values, max_size=4),
)
HERMES = dialects.load("hermes")
contents = (
    st.text()
    .map(str.strip)
    .filter(lambda text: not any(mark in text for mark in (*HERMES.stops, *HERMES.ends)))
    .filter(lambda text: not dialects.any_markup(text))
)


@given(st.builds(Reply, content=contents, tool_calls=st.lists(calls, max_size=3).map(tuple)))
def test_what_is_written_is_read_back(reply: Reply) -> None:
    assert dialects.parse(dialects.write(reply)) == reply


def test_values_that_hold_the_tags_are_read_back() -> None:
    reply = Reply(
        tool_calls=(
            ToolCall(name="note", arguments={"text": "</tool_call><tool_call>{}<|im_end|>"}),
            ToolCall(name="note", arguments={"deep": {"ø": ["日本", {"x": None}]}}),
        )
    )
    written = dialects.write(reply)
    assert written.count("</tool_call>") == 2
    assert dialects.parse(written + "<|im_end|>\n<|endoftext|>") == reply


pieces = st.sampled_from(
    [
        *(
            "<tool_call>",
            "</tool_call>",
            '{"name": "a", "arguments": {}}',
            '{"name"',
            "{",
            "}",
            "[",
        ),
        *("<|im_end|>", '"arguments": ', "1e999", "NaN", '"\\ud800"', "\n", " ", "[" * 3000),
    ]
)


@settings(max_examples=300)
@given(st.text() | st.lists(pieces | st.text(max_size=5), max_size=12).map("".join))
def test_no_text_makes_parse_raise_and_every_reply_can_be_stored(text: str) -> None:
    import msgspec

    reply = dialects.parse(text)
    assert msgspec.json.decode(msgspec.json.encode(reply), type=Reply) == reply
    named = [call for call in reply.tool_calls if call.name]
    assert len(named) <= text.count("<tool_call>")


@pytest.mark.parametrize(
    ("block", "raw"),
    [
        ("<tool_call>{broken}</tool_call>", "{broken}"),
        ("<tool_call></tool_call>", "<tool_call>"),
        ('<tool_call>{"arguments": {}}</tool_call>', '{"arguments": {}}'),
        ('<tool_call>{"name": "f"}</tool_call>', '{"name": "f"}'),
        ('<tool_call>{"name": 3, "arguments": {}}</tool_call>', '{"name": 3, "arguments": {}}'),
        ('<tool_call>["f"]</tool_call>', '["f"]'),
        (
            '<tool_call>{"name": "f", "arguments": {}} or so</tool_call>',
            '{"name": "f", "arguments": {}} or so',
        ),
        (
            '<tool_call>{"name": "f", "arguments": {"x": NaN}}</tool_call>',
            '{"name": "f", "arguments": {"x": NaN}}',
        ),
        (
            '<tool_call>{"name": "f", "arguments": {"x": "\\ud800"}}</tool_call>',
            '{"name": "f", "arguments": {"x": "\\ud800"}}',
        ),
        (
            '<tool_call>{"name": "f", "arguments": {}}',
            '<tool_call>{"name": "f", "arguments": {}}',
        ),
    ],
)
def test_a_malformed_block_is_kept_as_raw_arguments(block: str, raw: str) -> None:
    reply = Reply(tool_calls=(ToolCall(name="", raw_arguments=raw),))
    assert dialects.parse(block) == reply
    assert dialects.parse(dialects.write(reply)) == reply


def test_arguments_that_are_no_object_keep_the_name() -> None:
    reply = dialects.parse('<tool_call>{"name": "f", "arguments": [1]}</tool_call>')
    assert reply.tool_calls == (ToolCall(name="f", raw_arguments="[1]"),)
    assert dialects.parse(dialects.write(reply)) == reply


def test_text_around_calls_is_content_and_qwens_line_breaks_do_not_matter() -> None:
    text = 'Wait.\n<tool_call>\n{"name": "f", "arguments": {"x": 1}}\n</tool_call>\nDone.<|im_end|>'
    assert dialects.parse(text) == Reply(
        content="Wait.\nDone.", tool_calls=(ToolCall(name="f", arguments={"x": 1}),)
    )


def test_render_ends_where_the_assistant_begins_and_carries_each_rows_tools() -> None:
    from tasks.demo import tokenizer

    built = tokenizer.build(examples=200)
    messages = [
        Message(role="system", content="Caller: somebody"),
        Message(role="user", content="weather in oslo"),
        Message(
            role="assistant",
            content="One moment.",
            tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="c1"),),
        ),
        Message(role="tool", content="rain", tool_call_id="c1"),
    ]
    assert dialects.render(built, messages, [WEATHER]) == (
        "<|im_start|>system\nget_weather(city)<|im_end|>\n"
        "<|im_start|>user\nweather in oslo<|im_end|>\n"
        "<|im_start|>assistant\nOne moment.\n"
        '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call><|im_end|>\n'
        "<|im_start|>tool\nrain<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    without = dialects.render(built, messages[1:2], [])
    assert without == "<|im_start|>user\nweather in oslo<|im_end|>\n<|im_start|>assistant\n"


def test_openai_forms_are_what_chat_templates_expect() -> None:
    call = ToolCall(name="f", arguments={"x": 1}, id="c1")
    assert dialects.as_openai(Message(role="assistant", tool_calls=(call,))) == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
        ],
    }
    assert json.dumps(dialects.openai_tool(WEATHER), sort_keys=True) == (
        '{"function": {"description": "Weather of one city.", "name": "get_weather", "parameters": '
        '{"properties": {"city": {"type": "string"}}, "required": ["city"], "type": "object"}}, '
        '"type": "function"}'
    )
