import json

import msgspec
import pytest

from tasks.core.records import Message, Reply, Tool, ToolCall
from tasks.serving import chat

REQUEST = {
    "model": "agent",
    "user": "u-1",
    "metadata": {"a": "b"},
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather in Oslo?"}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "3 C"},
    ],
    "tools": [
        {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    ],
}


def body(**changes):
    return msgspec.json.encode({**REQUEST, **changes})


def whole(reply, *, truncated=False):
    return chat.response(
        reply, name="agent", number=3, created=1, tokens=(5, 2), truncated=truncated
    )


def test_a_request_becomes_records():
    messages, tools = chat.context(chat.read(body()))
    assert messages == (
        Message(role="system", content="Be brief."),
        Message(role="user", content="Weather in Oslo?"),
        Message(
            role="assistant",
            tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="call_1"),),
        ),
        Message(role="tool", content="3 C", tool_call_id="call_1"),
    )
    assert tools == (Tool(name="get_weather", parameters={"type": "object"}),)


def test_a_message_goes_out_as_it_would_come_in():
    messages, _ = chat.context(chat.read(body()))
    again, _ = chat.context(chat.read(body(messages=[chat.message(m) for m in messages])))
    assert again == messages


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"n": 2}, "n"),
        ({"top_p": 0.5}, "top_p"),
        ({"stop": ["x"]}, "stop"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": []}, "messages"),
        ({"temperature": -1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": "hello"}, "no chat completion request"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(change, named):
    with pytest.raises(chat.Refused, match=named):
        chat.read(body(**change))


def test_an_image_is_refused():
    request = chat.read(
        body(messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}])
    )
    with pytest.raises(chat.Refused, match="text only"):
        chat.context(request)


def test_a_call_is_written_in_openai_s_form():
    reply = Reply(tool_calls=(ToolCall(name="get_weather", arguments={"city": "Oslo"}),))
    found = whole(reply)
    choice = found["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "call_3_0",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'},
            }
        ],
    }
    assert found["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    assert chat.reply_of(choice["message"]) == reply


def test_text_stops_and_cut_text_says_so():
    assert whole(Reply(content="Yes."))["choices"][0]["finish_reason"] == "stop"
    cut = whole(Reply(content="Ye"), truncated=True)
    assert cut["choices"][0]["finish_reason"] == "length"


def test_a_call_that_is_none_goes_out_as_the_text_it_was():
    reply = Reply(content="So:", tool_calls=(ToolCall(name="", raw_arguments='{"name": '),))
    message = whole(reply)["choices"][0]["message"]
    assert message == {"role": "assistant", "content": 'So:\n<tool_call>{"name": </tool_call>'}


def test_arguments_that_are_no_object_come_back_as_text():
    call = {"id": "x", "function": {"name": "f", "arguments": "[1]"}}
    found = chat.reply_of({"content": None, "tool_calls": [call]})
    assert found == Reply(tool_calls=(ToolCall(name="f", raw_arguments="[1]"),))


def test_chunks_add_up_to_the_whole():
    reply = Reply(content="So:", tool_calls=(ToolCall(name="f", arguments={"a": 1}),))
    events = b"".join(chat.chunks(whole(reply), include_usage=True)).decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    pieces = [json.loads(event.removeprefix("data: ")) for event in events[:-2]]
    assert {piece["object"] for piece in pieces} == {"chat.completion.chunk"}
    delta = pieces[0]["choices"][0]["delta"]
    assert (delta["role"], delta["content"]) == ("assistant", "So:")
    assert delta["tool_calls"][0]["index"] == 0
    assert pieces[1]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    assert pieces[2] == {**pieces[2], "choices": [], "usage": whole(reply)["usage"]}
