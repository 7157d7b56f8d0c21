"""What every format has to hold, run over each file in tasks/formats."""

import copy
import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import formats
from tasks.core.errors import SettingsError
from tasks.core.records import Invocation, Source, encode
from tasks.logs.sealed import Sealed

SOURCE = Source(uri="logs/a.jsonl", line=1, format="any")
FORMS = [
    f"{name}:{number}"
    for name in formats.available()
    for number in range(len(getattr(formats.load(name), "SAMPLES", ("",))))
]
"""Each format by its name and the number of its sample."""
EVERY = pytest.mark.parametrize("form", FORMS)

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)


def loaded(form: str) -> tuple[ModuleType, bytes]:
    """A format and its sample."""
    name, number = form.split(":")
    module = formats.load(name)
    return module, getattr(module, "SAMPLES", (module.SAMPLE,))[int(number)]


def read(module: ModuleType, line: bytes) -> list[Invocation] | str:
    """The invocations, or the reason for the reject; any other error is the test's."""
    try:
        items = module.parse(line, SOURCE, "session_id")
    except formats.Malformed as error:
        items = [error]
    refused = [item.reason for item in items if isinstance(item, formats.Malformed)]
    assert all(reason == reason.lower().replace(" ", "-") != "" for reason in refused)
    found = [item.open() for item in items if isinstance(item, Sealed)]
    for item in items:
        if not isinstance(item, formats.Malformed):
            encode(item)
    return found or (refused[0] if refused else "nothing")


def call(module: ModuleType, line: bytes, session_key: str = "session_id") -> Invocation:
    """The call that a line tells of; of a whole conversation the last."""
    found = module.parse(line, SOURCE, session_key)[-1]
    assert isinstance(found, Sealed)
    return found.open()


def replaced(sample: bytes, old: bytes, new: bytes) -> bytes:
    """The sample with another value in it, also where it holds JSON as a text."""
    quoted = [text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') for text in (old, new)]
    return sample.replace(*quoted) if quoted[0] in sample else sample.replace(old, new)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [here] * bool(here) + [p for key, item in inner for p in paths(item, (*here, key))]


@EVERY
def test_the_sample_is_read_as_one_call_of_its_session(form: str) -> None:
    module, sample = loaded(form)
    found = call(module, sample)
    assert found.session_id == "s-12"
    assert found.timestamp == "2026-11-03T14:20:29Z"
    assert found.metadata.items() >= {"session_id": "s-12", "domain": "weather"}.items()
    assert [m.role for m in found.messages] == ["system", "user", "assistant", "tool"]
    assert found.messages[2].tool_calls[0].arguments == {"name": "Oslo"}
    assert found.messages[3].tool_call_id == found.messages[2].tool_calls[0].id == "t1"
    assert found.tools[0].required() == ("place_id",)
    assert found.response.tool_calls[0].name == "get_weather"
    assert found.response.tool_calls[0].arguments == {"place_id": 7}
    assert found.finish_reason in ("tool_use", "tool_calls")
    # Some forms count no tokens, and some have one time, not a start and an end.
    assert found.usage.output_tokens == (31 if b"31" in sample else None)
    assert found.latency_ms in (850, None)
    assert found.source == SOURCE


@EVERY
def test_the_docstring_shows_a_record(form: str) -> None:
    assert '{"' in (loaded(form)[0].__doc__ or "")


@EVERY
def test_without_the_session_key_each_call_is_its_own_session_or_its_traces(form: str) -> None:
    module, sample = loaded(form)
    found = call(module, sample, "conversation")
    assert found.session_id
    assert found.session_id == found.metadata.get("trace_id") or found.request_id.startswith(
        found.session_id
    )


@EVERY
def test_the_same_line_gives_the_same_bytes(form: str) -> None:
    module, sample = loaded(form)
    first, again = (module.parse(sample, SOURCE, "session_id")[0] for _ in range(2))
    assert encode(first) == encode(again)


@EVERY
def test_what_is_sealed_is_the_line_of_the_invocation(form: str) -> None:
    module, sample = loaded(form)
    sealed = module.parse(sample, SOURCE, "session_id")[-1]
    found = sealed.open()
    assert encode(sealed) == encode(found)
    assert found.id == formats.invocation_id(
        found.request_id, found.messages, found.tools, found.response
    )


@EVERY
def test_a_redelivered_record_has_the_same_id_from_wherever_it_comes(form: str) -> None:
    module, sample = loaded(form)
    respaced = json.dumps(dict(reversed(json.loads(sample).items())), indent=None).encode()
    other = Source(uri="logs/b.jsonl", line=9, format="any")
    ids = {
        module.parse(sample, SOURCE, "session_id")[-1].id,
        module.parse(respaced, other, "session_id")[-1].id,
    }
    assert len(ids) == 1


@EVERY
@pytest.mark.parametrize("word", [b"You tell the weather.", b"get_weather", b"7c9e6679", b"t2"])
def test_another_payload_or_request_has_another_id(form: str, word: bytes) -> None:
    module, sample = loaded(form)
    assert word in sample
    changed = sample.replace(word, b"x" + word)
    ids = {module.parse(line, SOURCE, "session_id")[-1].id for line in (sample, changed)}
    assert len(ids) == 2


@EVERY
def test_a_line_cut_anywhere_is_a_reject(form: str) -> None:
    module, sample = loaded(form)
    reasons = {read(module, sample[:end]) for end in range(len(sample))}
    assert reasons == {"not-json"}


@EVERY
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_a_changed_record_is_read_or_rejected(form: str, data: st.DataObject) -> None:
    module, sample = loaded(form)
    record = copy.deepcopy(json.loads(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        *above, key = data.draw(st.sampled_from(paths(record)))
        place = record
        for step in above:
            place = place[step]
        if data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
        else:
            del place[key]
        if not record:
            break
    assert read(module, json.dumps(record).encode())


ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**64 - 1,
    2**70,
    "",
    "x",
    "{",
    [],
    ["x"],
    {},
    {"a": [1]},
)


@EVERY
def test_any_kind_of_value_in_any_field_is_read_or_rejected(form: str) -> None:
    module, sample = loaded(form)
    record = json.loads(sample)
    for *above, key in paths(record):
        for odd in ODD:
            changed = copy.deepcopy(record)
            place = changed
            for step in above:
                place = place[step]
            place[key] = odd
            assert read(module, json.dumps(changed).encode())


@EVERY
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_changed_bytes_are_read_or_rejected(form: str, data: st.DataObject) -> None:
    module, sample = loaded(form)
    start = data.draw(st.integers(0, len(sample)))
    end = min(len(sample), start + data.draw(st.integers(0, 40)))
    line = sample[:start] + data.draw(st.binary(max_size=20)) + sample[end:]
    assert read(module, line)


@EVERY
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'"\xff"', "bad-utf8"),
        (b'"\xed\xa0\x80"', "bad-utf8"),
        (b'"\\ud800"', "not-json"),
        (b'"a\x00b"', "not-json"),
        (b'"a\\u0000b"', "nul"),
        (b'"a\\\\\\u0000b"', "nul"),
        (b"NaN", "not-json"),
        (b"-Infinity", "not-json"),
        (b"1e999", "number-out-of-range"),
        (b"9" * 5000, "number-out-of-range"),
        (b"[" * 150 + b"]" * 150, "too-deep"),
        (b"[" * 5000 + b"]" * 5000, "too-deep"),
    ],
)
def test_a_poisoned_value_is_a_reject(form: str, value: bytes, reason: str) -> None:
    module, sample = loaded(form)
    # Both in a place whose shape is the user's own: a parameter's schema.
    poisoned = replaced(sample, b'{"type":"integer"}', value)
    assert poisoned != sample
    assert read(module, poisoned) == reason


@EVERY
def test_a_written_backslash_u0000_is_no_nul(form: str) -> None:
    module, sample = loaded(form)
    line = replaced(sample, b'"You tell', b'"Write \\\\u0000, you tell')
    found = call(module, line)
    assert found.messages[0].content.startswith("Write \\u0000, you tell")


@EVERY
@pytest.mark.parametrize("line", [b"[]", b"null", b'"text"', b"7", b"{}"])
def test_what_is_no_record_is_a_reject(form: str, line: bytes) -> None:
    assert isinstance(read(loaded(form)[0], line), str)


@EVERY
def test_a_reject_repeats_no_content(form: str) -> None:
    module, sample = loaded(form)
    record = json.loads(sample)
    secret = "Ada-Example-4711"
    for path in paths(record):
        changed = copy.deepcopy(record)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = {secret: secret}
        try:
            items = module.parse(json.dumps(changed).encode(), SOURCE, "session_id")
        except formats.Malformed as error:
            items = [error]
        assert not [e for e in items if isinstance(e, formats.Malformed) and secret in str(e)]


@EVERY
def test_auto_finds_the_format_of_its_sample(form: str) -> None:
    module, sample = loaded(form)
    assert formats.recognise([b"", b"{torn", sample]) == module.__name__.rsplit(".")[-1]


def test_no_sample_is_recognised_by_another_format() -> None:
    for name in formats.available():
        record = json.loads(formats.load(name).SAMPLE)
        known = [
            other for other in formats.available() if not formats.load(other).recognises(record)
        ]
        assert known == [name]


def test_an_unknown_record_lists_why_each_format_refused_it() -> None:
    with pytest.raises(formats.Malformed) as found:
        formats.recognise([b'{"prompt": "hello"}'])
    assert found.value.reason == "unknown-format"
    assert all(f"{name}: expected" in found.value.detail for name in formats.available())
    assert "hello" not in found.value.detail


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'csv'; expected one of .*bedrock_invocation.*auto"):
        formats.load("csv")


def test_a_dotted_path_names_a_module_of_the_users_own() -> None:
    assert formats.load("tasks.formats.openai_chat") is formats.load("openai_chat")


def test_a_module_that_is_no_format_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"'json.decoder' has no `SAMPLE`"):
        formats.load("json.decoder")


def test_a_dotted_path_to_nowhere_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"'no.such.module' cannot be imported"):
        formats.load("no.such.module")
