"""References, tools and replies in the forms of others: read, or refused with their place."""

import json
from typing import Any

import msgspec
import pytest

from tasks.core.errors import StageError
from tasks.core.records import Call, Reference, Reply, Tool, ToolCall
from tasks.rewards.exchange import row_scores
from tasks.rewards.exchange.lambda_handler import handler
from tasks.rewards.reading import references, replies, rows, tools
from tasks.rewards.reading.shapes import ShapeError
from tasks.rewards.specification.spec import load_spec

SPEC = "specs/tool_calls.yaml"
ARGUMENTS = {"city": "Oslo", "unit": "C"}
WANTED = Reference(behaviour="execute", calls=(Call(name="get_weather", arguments=ARGUMENTS),))
TEXT = json.dumps(ARGUMENTS)
OPENAI = {"id": "1", "type": "function", "function": {"name": "get_weather", "arguments": TEXT}}
FORMS: dict[str, Any] = {
    "own": {
        "behaviour": "execute",
        "calls": [{"name": "get_weather", "arguments": ARGUMENTS}],
    },
    "own, filled with nulls": {
        "behaviour": "execute",
        "calls": [
            {"name": "get_weather", "arguments": ARGUMENTS, "alternatives": None, "optional": None}
        ],
        "missing": None,
        "text": None,
        "citations": None,
    },
    "list of calls": [{"name": "get_weather", "arguments": ARGUMENTS}],
    "OpenAI's tool_calls, text arguments": {"tool_calls": [OPENAI]},
    "a message": {"role": "assistant", "content": None, "tool_calls": [OPENAI]},
    "a message of old": {
        "role": "assistant",
        "content": "",
        "function_call": {"name": "get_weather", "arguments": TEXT},
    },
    "JSON text": json.dumps([OPENAI]),
    "BFCL": [{"get_weather": {"city": ["Oslo"], "unit": ["C"]}}],
    "Anthropic": [{"type": "tool_use", "id": "1", "name": "get_weather", "input": ARGUMENTS}],
    "Gemini": [{"functionCall": {"name": "get_weather", "args": ARGUMENTS}}],
    "Converse": [{"toolUse": {"toolUseId": "1", "name": "get_weather", "input": ARGUMENTS}}],
    "verl": {"style": "rule", "ground_truth": json.dumps({"tool_calls": [OPENAI]})},
}
MISSPELT: dict[str, tuple[Any, str]] = {
    "behaviour": ({"behavior": "refuse"}, r"\$.reference.behavior: .*did you mean behaviour"),
    "of own": (
        {"behaviour": "execute", "call": []},
        r"\$.reference.call: no key of a reference; did you mean calls",
    ),
    "arguments": (
        [{"name": "get_weather", "arguements": {}}],
        r"\$.reference\[0\].arguements: no key of a call; did you mean arguments",
    ),
    "deep": (
        {"tool_calls": [{"function": {"name": "f", "argument": "{}"}}]},
        r"\$.reference.tool_calls\[0\].function.argument: .*did you mean arguments",
    ),
    "no object": (
        [{"name": "f", "arguments": "{"}],
        r"\$.reference\[0\].arguments: expected a JSON object, got '\{'",
    ),
    "two": ([{"name": "f", "arguments": {}, "input": {}}], r"has arguments and input; keep one"),
    "kind": ({"behaviour": "deny"}, r"\$.reference.behaviour: expected one of execute, .*'deny'"),
    "empty": ([], r"expected calls, got \[\]"),
    "number": (5, r"expected a reference, got 5"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_reference_is_read_in_each_form(form: str):
    assert references.read(FORMS[form]) == WANTED


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_reference_is_an_error_with_its_place(name: str):
    value, message = MISSPELT[name]
    with pytest.raises(ShapeError, match=message):
        references.read(value)


def test_bfcl_answers_say_what_else_is_right_and_what_may_be_left_out():
    (call,) = references.read([{"f": {"a": ["x", "y"], "b": ["", 5]}}]).calls
    assert call == Call(
        name="f", arguments={"a": "x", "b": 5}, alternatives={"a": ("x", "y")}, optional=("b",)
    )


@pytest.mark.parametrize("text", ["Oslo", '{"total": 12}', "[1, 2]", '{"title": "a", "b": []}'])
def test_what_is_no_reference_at_all_is_an_answer(text: str):
    assert references.read(text) == Reference(behaviour="answer", text=text)


SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string"}},
    "required": ["city", "unit"],
}
CAPITALS = {
    "type": "OBJECT",
    "properties": {"city": {"type": "STRING"}, "unit": {"type": "STRING"}},
    "required": ["city", "unit"],
}
DECLARED = Tool(name="get_weather", description="The weather.", parameters=SCHEMA)
NAMED = {"name": "get_weather", "description": "The weather."}
TOOLS: dict[str, Any] = {
    "OpenAI": {"type": "function", "function": {**NAMED, "parameters": SCHEMA, "strict": True}},
    "OpenAI, responses": {"type": "function", **NAMED, "parameters": SCHEMA},
    "bare": {**NAMED, "parameters": SCHEMA},
    "Anthropic": {**NAMED, "input_schema": SCHEMA},
    "MCP": {**NAMED, "title": "Weather", "inputSchema": SCHEMA, "annotations": {}},
    "Converse": {"toolSpec": {**NAMED, "inputSchema": {"json": SCHEMA}}},
    "Gemini": {"functionDeclarations": [{**NAMED, "parameters": CAPITALS}]},
    "JSON text": json.dumps({**NAMED, "parameters": SCHEMA}),
    "filled with nulls": {
        "type": "function",
        "function": {
            **NAMED,
            "strict": None,
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "enum": None},
                    "unit": {"type": "string", "description": None},
                    "of_another_row": None,
                },
                "required": ["city", "unit"],
                "additionalProperties": None,
            },
        },
    },
}


@pytest.mark.parametrize("form", TOOLS)
def test_a_tool_is_read_in_each_form(form: str):
    assert tools.read([TOOLS[form]]) == (DECLARED,)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([{"name": "f", "paramters": {}}], r"\$.tools\[0\].paramters: .*did you mean parameters"),
        ([{"name": "f", "input_schema": {}, "parameters": {}}], "keep one"),
        ([{"function": {"description": "x"}}], r"\$.tools\[0\].function.name: expected the tool"),
        ([{"type": "web_search", "name": "f"}], r"\$.tools\[0\].type: expected function"),
        ([{"name": "f", "parameters": {"properties": []}}], r"parameters.properties: got \[\]"),
        ("no tools", r"\$.tools: expected JSON"),
        (7, r"expected a list of tools, got 7"),
    ],
)
def test_a_tool_in_no_form_is_an_error_with_its_place(value: Any, message: str):
    with pytest.raises(ShapeError, match=message):
        tools.read(value)


RIGHT = Reply(tool_calls=(ToolCall(name="get_weather", arguments=ARGUMENTS, id="1"),))
REPLIES: dict[str, Any] = {
    "OpenAI": {"role": "assistant", "content": None, "tool_calls": [OPENAI]},
    "OpenAI, with a thought": {
        "role": "assistant",
        "reasoning_content": "Oslo, then.",
        "tool_calls": [OPENAI],
        "audio": None,
    },
    "of old": {"role": "assistant", "function_call": OPENAI["function"]},
    "Anthropic": {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Oslo.", "signature": "x"},
            {"type": "tool_use", "id": "1", "name": "get_weather", "input": ARGUMENTS},
        ],
    },
    "Converse": {
        "role": "assistant",
        "content": [{"toolUse": {"toolUseId": "1", "name": "get_weather", "input": ARGUMENTS}}],
    },
    "Gemini": {
        "role": "model",
        "parts": [{"functionCall": {"name": "get_weather", "args": ARGUMENTS}}],
    },
    "OpenAI, responses": [
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "get_weather", "arguments": TEXT},
    ],
    "raw": f'<tool_call>{{"name": "get_weather", "arguments": {TEXT}}}</tool_call>',
    "a list": [{"role": "assistant", "tool_calls": [OPENAI]}],
}


@pytest.mark.parametrize("form", REPLIES)
def test_a_reply_is_read_in_each_form(form: str):
    read = replies.read(REPLIES[form])
    calls = [(call.name, call.arguments) for call in read.tool_calls]
    assert (read.content, calls) == ("", [("get_weather", ARGUMENTS)])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"role": "assistant", "toolcalls": []}, r"\$.completion.toolcalls: .*mean tool_calls"),
        ({"role": "user", "content": "x"}, r"\$.completion.role: expected assistant"),
        ({"role": "boss"}, r"\$.completion.role: expected one of"),
        ({"content": [{"type": "image_url"}]}, r"content\[0\].type: 'image_url' is no text"),
        ({"content": 5}, r"\$.completion.content: expected text or a list, got 5"),
        ({"tool_calls": [{"name": "f", "args": 5}]}, r"tool_calls\[0\].args: expected an object"),
        ([], "expected a reply"),
    ],
)
def test_a_reply_in_no_form_is_an_error_with_its_place(value: Any, message: str):
    with pytest.raises(ShapeError, match=message):
        replies.read(value)


ASKED = [{"role": "user", "content": "Weather in Oslo?"}]
ANSWERED = {"role": "assistant", "content": REPLIES["raw"]}
WRONG = {"role": "assistant", "content": REPLIES["raw"].replace("Oslo", "Bergen")}


def by_score(reference: Any, reply: dict[str, Any]) -> Any:
    row = {
        "id": "1", "messages": ASKED, "tools": [TOOLS["MCP"]], "reference": reference,
        "completion": reply["content"],
    }  # fmt: skip
    found = rows.read(msgspec.json.encode(row))
    return load_spec(SPEC).score(found.prompt, found.reply).value


def by_lambda(reference: Any, reply: dict[str, Any]) -> Any:
    row = {"id": "1", "messages": [*ASKED, reply], "tools": [TOOLS["Anthropic"]]}
    (answer,) = handler(SPEC)([{**row, "reference_answer": reference}], None)
    return answer["aggregate_reward_score"]


def by_trl(reference: Any, reply: dict[str, Any]) -> Any:
    return row_scores.trl(SPEC)(
        prompts=[ASKED],
        completions=[reply["content"]],
        tools=[json.dumps([TOOLS["OpenAI"]])],
        reference=[json.dumps(reference)],
    )[0]


def by_eval_protocol(reference: Any, reply: dict[str, Any]) -> Any:
    row = {"messages": [*ASKED, reply], "tools": [TOOLS["filled with nulls"]]}
    answer = row_scores.evaluator(SPEC)({**row, "ground_truth": reference})
    if not answer["valid"]:
        raise StageError(answer["reason"])
    return answer["score"]


WAYS = {way.__name__: way for way in (by_score, by_lambda, by_trl, by_eval_protocol)}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_each_export_scores_each_form_the_same(form: str, way: str):
    assert WAYS[way](FORMS[form], ANSWERED) == 1.0
    assert WAYS[way](FORMS[form], WRONG) == pytest.approx(0.35)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["arguments", "of own", "kind", "no object"])
def test_each_export_names_the_place_of_what_is_misspelt(name: str, way: str):
    place = MISSPELT[name][1].replace(r"\$.reference", "").split(":")[0]
    with pytest.raises((StageError, rows.BadRowError), match=place):
        WAYS[way](MISSPELT[name][0], ANSWERED)
