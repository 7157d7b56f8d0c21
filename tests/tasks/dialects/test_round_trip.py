"""Each dialect reads what it writes, however the text is cut, and nothing of it in a thought."""

import random

import pytest

from tasks import dialects
from tasks.core.records import Reply, ToolCall
from tests.tasks.dialects.drawn_replies import replies

COUNT = 1000
REQUIRED = {
    *("deepseek_v3", "deepseek_v31", "functionary", "functiongemma", "gemma", "glm45", "granite"),
    *("harmony", "hermes", "internlm", "kimi_k2", "lfm2", "llama3_json", "llama_pythonic"),
    *("minimax_m2", "mistral_args", "mistral_call_id", "mistral_list", "nova", "olmo3"),
    *("phi4_mini", "qwen3_coder", "xlam"),
}


def test_every_family_is_there() -> None:
    assert set(dialects.available()) >= REQUIRED
    assert all(dialects.load(name).name == name for name in dialects.available())


def ambiguous(drawn_types: object) -> bool:
    return isinstance(drawn_types, list) and "string" in drawn_types


@pytest.mark.parametrize("name", dialects.available())
def test_a_thousand_replies_are_read_as_they_were_meant(name: str) -> None:
    dialect = dialects.load(name)
    read = 0
    for reply, thought, tools in replies(dialect, COUNT, seed=1):
        if not dialect.typed and any(
            ambiguous(schema["type"]) for tool in tools for schema in tool.properties().values()
        ):
            continue  # "3" or 3: the schema allows both, and the dialect does not say
        text = dialect.write(reply, thought=thought)
        parsed = dialect.parse(text, tools=tools)
        assert (parsed.reply, parsed.thought, parsed.problem) == (reply, thought, ""), text
        read += 1
    assert read > 0.9 * COUNT


@pytest.mark.parametrize("name", dialects.available())
def test_a_reply_in_pieces_is_the_reply(name: str) -> None:
    dialect = dialects.load(name)
    rng = random.Random(2)
    for reply, thought, tools in replies(dialect, 200, seed=3):
        text = dialect.write(reply, thought=thought)
        text = text if rng.random() < 0.5 else text[: rng.randrange(len(text) + 1)]
        whole = dialect.parse(text, tools=tools, opened=False)
        reader = dialects.Reader(dialect, tools=tools)
        pieces, position = [], 0
        while position < len(text):
            size = rng.randrange(1, 9)
            pieces += reader.feed(text[position : position + size])
            position += size
        assert reader.finish() == whole, text
        sound = [call for call in whole.tool_calls if dialects.is_sound(call)]
        streamed = [piece.call for piece in pieces if piece.call is not None]
        assert streamed == sound[: len(streamed)]
        said = "".join(piece.text for piece in pieces if piece.kind == "text")
        if whole.content and not any(not dialects.is_sound(c) for c in whole.tool_calls):
            assert whole.content.startswith(said)


@pytest.mark.parametrize("name", dialects.available())
def test_calls_of_one_dialect_are_no_plain_text_in_another(name: str) -> None:
    """A refusal that goes on with a live call is malformed, whoever reads it."""
    writer = dialects.load(name)
    call = ToolCall(name="transfer_funds", arguments={"amount": 9, "to": "Eve"})
    written = writer.prefix + writer.write(Reply(tool_calls=(call,)))
    for other in dialects.available():
        reader = dialects.load(other)
        for text in (written, f"I can't do that.\n{written}", f"{written}\nI can't do that."):
            read = reader.parse(text, opened=False).reply
            assert read.tool_calls, f"{other} takes for text: {text}"
    assert dialects.any_markup(written)
    assert writer.has_markup(written)


@pytest.mark.parametrize("name", dialects.available())
def test_a_thought_that_never_ends_is_no_reply(name: str) -> None:
    dialect = dialects.load(name)
    if name == "functionary_v32":
        pytest.skip("functionary_v32 has no thoughts")
    call = ToolCall(name="note", arguments={"text": "x"})
    marks = [after for _, after in dialect.thoughts] or ["<|end|>"]
    text = (
        dialect.write_thought("So I call it.")
        if dialect.thoughts
        else dialect.write(Reply(), thought="So I call it.")
    )
    for mark in marks:
        text = text.removesuffix(mark)
    if dialect.thoughts:
        text += dialect.write_calls([call])
    parsed = dialect.parse(text, opened=False)
    assert (parsed.reply, parsed.problem) == (Reply(), "thought-not-closed")
    assert "So I call it." in parsed.thought
