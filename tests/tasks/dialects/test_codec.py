"""A model's dialect is found from its chat template, and what the template loses is refused."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from tasks import dialects
from tasks.core.errors import SettingsError
from tasks.core.records import Message, Tool, ToolCall

TURN = "{{ '<|im_start|>' + m.role + '\n' + (m.content or '') }}"
HEAD = "{%- for m in messages -%}"
TOOLS = "{%- for t in tools or [] -%}{{ t | tojson }}{{ '\n' }}{%- endfor -%}"
TAIL = (
    "{{ '<|im_end|>\n' }}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
CALLS = "{%- for c in m.tool_calls or [] -%}CALL{%- endfor -%}"
JSON = "{{ {'name': c.function.name, 'KEY': c.function.arguments} | tojson }}"
QWEN_CODER = (
    "{{ '\n<tool_call>\n<function=' + c.function.name + '>\n' }}"
    "{%- for k, v in c.function.arguments | items -%}"
    "{{ '<parameter=' + k + '>\n' }}{{ v if v is string else v | tojson }}{{ '\n</parameter>\n' }}"
    "{%- endfor -%}{{ '</function>\n</tool_call>' }}"
)
WRITTEN = {
    "hermes": "{{ '\n<tool_call>\n' }}"
    + JSON.replace("KEY", "arguments")
    + "{{ '\n</tool_call>' }}",
    "qwen3_coder": QWEN_CODER,
    "functionary": "{{ '<function=' + c.function.name + '>' }}{{ c.function.arguments | tojson }}"
    "{{ '</function>' }}",
    "internlm": "{{ '<|action_start|><|plugin|>\n' }}"
    + JSON.replace("KEY", "parameters")
    + "{{ '<|action_end|>\n' }}",
    "mistral_args": "{{ '[TOOL_CALLS]' + c.function.name + '[ARGS]' }}"
    "{{ c.function.arguments | tojson }}",
    "glm45": "{{ '\n<tool_call>' + c.function.name + '\n' }}"
    "{%- for k, v in c.function.arguments | items -%}"
    "{{ '<arg_key>' + k + '</arg_key>\n<arg_value>' }}{{ v if v is string else v | tojson }}"
    "{{ '</arg_value>\n' }}{%- endfor -%}{{ '</tool_call>' }}",
}
WEATHER = Tool(name="get_weather", parameters={"type": "object", "properties": {"city": {}}})


def tokenizer(template: str, specials: tuple[str, ...] = ()) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([AddedToken(mark, special=True) for mark in specials])
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    made.chat_template = template
    return made


def template(calls: str, *, tools: str = TOOLS) -> str:
    return tools + HEAD + TURN + CALLS.replace("CALL", calls) + TAIL


@pytest.mark.parametrize("name", WRITTEN)
def test_the_dialect_is_what_the_template_writes(name: str) -> None:
    codec = dialects.for_tokenizer(tokenizer(template(WRITTEN[name])))
    assert (codec.dialect.name, codec.form, codec.parallel, codec.notes) == (
        name,
        "object",
        True,
        (),
    )
    call = ToolCall(name="get_weather", arguments={"city": "Øslo"}, id="c1")
    asked = [Message(role="user", content="Weather?")]
    prompt = codec.render(asked, [WEATHER])
    history = codec.render(
        [*asked, Message(role="assistant", tool_calls=(call,))], [WEATHER], generate=False
    )
    written = history.removeprefix(prompt).removesuffix("<|im_end|>\n")
    assert codec.parse(written, prompt=prompt, tools=[WEATHER]).tool_calls == (
        ToolCall(name="get_weather", arguments={"city": "Øslo"}),
    )


def test_a_template_that_wants_arguments_as_text_gets_text() -> None:
    calls = WRITTEN["functionary"].replace(
        "c.function.arguments | tojson", "c.function.arguments + ''"
    )
    codec = dialects.for_tokenizer(tokenizer(template(calls)))
    assert (codec.dialect.name, codec.form) == ("functionary", "text")


def test_a_template_that_nobody_reads_is_refused_in_its_own_words() -> None:
    made = tokenizer(template("{{ '<<' + c.function.name + '>>' }}"))
    with pytest.raises(
        SettingsError, match=r"writes a call as '<<sentinel_tool>>.*no dialect reads"
    ):
        dialects.for_tokenizer(made)
    with pytest.raises(SettingsError, match="hermes does not read that"):
        dialects.for_tokenizer(made, dialect="hermes")


def test_a_template_without_calls_is_refused_unless_a_dialect_is_named() -> None:
    made = tokenizer(template(""))
    with pytest.raises(SettingsError, match="leaves calls out"):
        dialects.for_tokenizer(made)
    codec = dialects.for_tokenizer(made, dialect="hermes")
    call = ToolCall(name="get_weather", arguments={"city": "Oslo"}, id="c1")
    history = [Message(role="user", content="?"), Message(role="assistant", tool_calls=(call,))]
    assert '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>' in (
        codec.render(history, [WEATHER])
    )
    assert "written into its texts" in codec.notes[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace(TOOLS, ""), "leaves out a tool's name and parameters"),
        (
            lambda text: text.replace("t | tojson", "t.function.name"),
            "leaves out a tool's name and parameters",
        ),
        (lambda text: text.replace(HEAD, HEAD + "{%- if m.role != 'system' -%}").replace(
            "{{ '<|im_end|>\n' }}", "{{ '<|im_end|>\n' }}{%- endif -%}"
        ), "leaves out the system text"),
        (lambda text: text.replace("(m.content or '')", "(m.content if m.role != 'tool' else '')"),
         "leaves out a tool's result"),
        (lambda text: text.replace(HEAD, "{{ raise_exception('No tools here!') }}" + HEAD),
         "refuses calls .*No tools here!"),
    ],
)  # fmt: skip
def test_what_the_template_loses_is_refused_in_a_line(change: Any, said: str) -> None:
    made = tokenizer(change(template(WRITTEN["hermes"])))
    with pytest.raises(SettingsError, match=said) as refused:
        dialects.for_tokenizer(made)
    assert "\n" not in str(refused.value)


def test_a_loss_that_was_stated_is_no_reason_to_stop() -> None:
    made = tokenizer(template(WRITTEN["hermes"], tools=""))
    assert dialects.for_tokenizer(made, lacks=["tools"]).dialect.name == "hermes"


def test_a_template_of_one_call_refuses_contexts_with_several() -> None:
    made = tokenizer(
        template(WRITTEN["hermes"]).replace("m.tool_calls or []", "(m.tool_calls or [])[:1]")
    )
    codec = dialects.for_tokenizer(made)
    assert (codec.parallel, codec.notes) == (False, ("the template keeps one call of a message",))
    two = tuple(ToolCall(name="get_weather", id=f"c{i}") for i in range(2))
    context = [Message(role="user", content="?"), Message(role="assistant", tool_calls=two)]
    with pytest.raises(dialects.PromptError, match="keeps one call"):
        codec.render(context, [WEATHER])


def test_todays_date_is_pinned_and_goes_with_the_template(tmp_path: Path) -> None:
    today = "{{ 'Today is ' + strftime_now('%d %b %Y') + '\n' }}"
    made = tokenizer(today + template(WRITTEN["hermes"]))
    codec = dialects.for_tokenizer(made, date="2026-03-04")
    asked = [Message(role="user", content="?")]
    assert codec.render(asked, []).startswith("Today is 04 Mar 2026\n")
    assert codec.notes == (
        "the template asks for today's date: it is told 2026-03-04 (model.date)",
    )
    made.save_pretrained(tmp_path)
    codec.save(tmp_path)
    assert dialects.for_folder(str(tmp_path)).sha == codec.sha
    plain = type(made).from_pretrained(tmp_path)  # as a server loads it
    shown = plain.apply_chat_template(
        [{"role": "user", "content": "?"}], tokenize=False, add_generation_prompt=True
    )
    assert shown == codec.render(asked, [])
    again = dialects.for_tokenizer(tokenizer(codec.template), date="2026-03-04")
    assert again.render(asked, []) == codec.render(asked, [])
    assert again.sha == codec.sha


def test_options_reach_the_template_and_change_the_hash() -> None:
    made = tokenizer(
        template(WRITTEN["hermes"]).replace(
            "assistant\n' }}{%- endif",
            "assistant\n' }}{{ '<think>\n' if enable_thinking else '' }}{%- endif",
        )
    )
    quiet = dialects.for_tokenizer(made, options={"enable_thinking": False})
    aloud = dialects.for_tokenizer(made, options={"enable_thinking": True})
    asked = [Message(role="user", content="?")]
    assert not quiet.opens_thought(quiet.render(asked, []))
    prompt = aloud.render(asked, [])
    assert aloud.opens_thought(prompt)
    assert aloud.parse("So.</think>Yes.", prompt=prompt).content == "Yes."
    assert aloud.parse("So I call <tool_call>{}</tool_call>", prompt=prompt).problem
    assert quiet.sha != aloud.sha
    assert len(quiet.sha) == 64


def test_marks_are_tokens_and_not_the_same_letters_spelled_out() -> None:
    marks = ("<|start|>", "<|channel|>", "<|message|>", "<|call|>", "<|end|>", "<|return|>")
    made = tokenizer(template(WRITTEN["hermes"]), specials=marks)
    codec = dialects.Codec(made, dialects.load("harmony"))
    token = made.convert_tokens_to_ids

    def spelled(text: str) -> list[int]:
        return [made.backend_tokenizer.token_to_id(c) for c in _bytes(text)]

    ids = [
        token("<|channel|>"), *spelled("final"), token("<|message|>"),
        *spelled("Write <|call|> and <|end|> like this."), token("<|return|>"),
    ]  # fmt: skip
    parsed = codec.read(ids)
    assert (parsed.content, parsed.tool_calls) == ("Write <|call|> and <|end|> like this.", ())
    call = [
        token("<|channel|>"), *spelled("commentary to=functions.get_weather json"),
        token("<|message|>"), *spelled('{"city": "Øslo <|end|>"}'), token("<|call|>"),
    ]  # fmt: skip
    assert codec.read(call).tool_calls == (
        ToolCall(name="get_weather", arguments={"city": "Øslo <|end|>"}),
    )
    lost = made.decode(call, skip_special_tokens=True)
    assert codec.dialect.parse(lost).reply.tool_calls[0].name == ""


def _bytes(text: str) -> str:
    """The letters that a byte-level tokenizer has for a text."""
    from tokenizers import pre_tokenizers

    return "".join(
        piece
        for piece, _ in pre_tokenizers.ByteLevel(
            add_prefix_space=False, use_regex=False
        ).pre_tokenize_str(text)
    )


def test_a_folder_says_how_its_model_is_read(tmp_path: Path) -> None:
    made = tokenizer(template(""))
    made.save_pretrained(tmp_path)
    codec = dialects.for_tokenizer(
        made, dialect="xlam", options={"style": "short"}, date="2026-02-03"
    )
    codec.save(tmp_path)
    again = dialects.for_folder(str(tmp_path))
    assert (again.dialect.name, again.options, again.date) == (
        "xlam",
        {"style": "short"},
        datetime.date(2026, 2, 3),
    )
    assert json.loads((tmp_path / "codec.json").read_text())["sha256"] == again.sha


def test_a_dialect_of_ones_own_without_a_writer_is_refused_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "their_dialects"
    package.mkdir()
    (package / "half.py").write_text(
        "from tasks.dialects import Dialect\n\n\n"
        "class Half(Dialect):\n    name = source = 'half'\n\n\nDIALECT = Half()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SettingsError, match=r"their_dialects\.half.*write_calls"):
        dialects.load("their_dialects.half")
