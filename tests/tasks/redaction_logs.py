"""Ingested logs of a made session, and what redaction makes of them."""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tasks import redact
from tasks.core import parts
from tasks.core.curation_settings import RedactSettings
from tasks.core.parts import Counts, Manifest
from tasks.core.records import Invocation, Message, Record, Reply, Source, Tool, ToolCall
from tasks.redaction.surrogates import Surrogates

ROOT = Path(__file__).parents[2]
AIRLINE = (ROOT / "../shared/data/airline/openai/chat-completions.jsonl.gz").resolve()
KEY = bytes(range(32))
BY = Surrogates(KEY)
SETTINGS = RedactSettings(min_confidence=0.35, person_keys=("user_id", "email"))
PROFILE = {
    "name": {"first_name": "Mia", "last_name": "Li"},
    "email": "mia.li@mail.example",
    "dob": "1990-04-05",
    "address": {"address1": "975 Sunset Drive", "city": "Austin", "zip": "78750"},
    "user_id": "mia_li_3668",
}
TOOL = Tool(
    name="get_user_details",
    description="Such as 'mia_li_3668' or 'Mia'.",
    parameters={"type": "object", "properties": {"user_id": {"type": "string"}}},
)


USER_ID = r"\b(?!credit_card|gift_card)[a-z]+_[a-z]+_\d{4}\b"


def call(**arguments: Any) -> ToolCall:
    return ToolCall(name="get_user_details", arguments=arguments, id="call_1")


def invocation(number: int, *messages: Message, **fields: Any) -> Invocation:
    name = f"{fields.get('session_id', 's1')}-{number}"
    defaults: dict[str, Any] = {
        "id": hashlib.sha256(name.encode()).hexdigest(),
        "source": Source(uri="logs/a.jsonl", line=number, format="openai_chat"),
        "timestamp": "2026-11-03T14:20:29Z",
        "session_id": "s1",
        "request_id": f"req-{name}",
        "model": "agent",
        "tools": (TOOL,),
        "response": Reply(content="Done."),
    }
    return Invocation(messages=messages, **(defaults | fields))


def user(text: str) -> Message:
    return Message(role="user", content=text)


ASKED = user("Hi, I'm Mia. My id: mia_li_3668, born April 5, 1990.")
LOOKED_UP = Message(role="assistant", tool_calls=(call(user_id="mia_li_3668"),))
TOLD = Message(role="tool", content=json.dumps(PROFILE), tool_call_id="call_1")
SESSION = (
    invocation(1, ASKED, response=Reply(tool_calls=(call(user_id="mia_li_3668"),))),
    invocation(2, ASKED, LOOKED_UP, TOLD, response=Reply(content="Thank you, Mia Li!")),
)


def ingested(folder: Path, *several: Iterable[Record], feedback: Iterable[Record] = ()) -> Path:
    made = [parts.write_part(folder, records) for records in several]
    rows = sum(part.rows for part in made)
    told = list(feedback)
    if told:
        made.append(parts.write_part(folder, told, label="feedback"))
    counts = Counts(read=rows, accepted=rows)
    parts.commit(folder, Manifest(stage="ingest", parts=tuple(made), counts=counts))
    return folder


def run(source: Path, settings: RedactSettings = SETTINGS, key: bytes = KEY) -> Manifest:
    folder = source.parent
    return redact.redact(settings, source, folder / "redacted", key=key, private=folder / "private")


def redacted(tmp_path: Path, *records: Record, **more: Any) -> list[Invocation]:
    run(ingested(tmp_path / "ingested", records, **more))
    return list(parts.read_parts(tmp_path / "redacted", Invocation))


def state(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class BrokenRecognizer:
    """A recogniser of somebody else's that does not bear one text."""

    supported_entities = ("PERSON",)

    def analyze(self, text: str, entities: object, artifacts: object) -> list[object]:
        """Nothing, or an error that says what it should not."""
        if "boom" in text:
            raise RuntimeError(f"cannot read {text}")
        return []


class HangingRecognizer:
    """One that backtracks for longer than anybody lives, without coming back to Python."""

    supported_entities = ("PERSON",)

    def analyze(self, text: str, entities: object, artifacts: object) -> list[object]:
        """Nothing, if ever."""
        re.search("(a+)+b", text)
        return []


class DyingRecognizer:
    """One that takes its process with it, and says the text as it goes."""

    supported_entities = ("PERSON",)

    def analyze(self, text: str, entities: object, artifacts: object) -> list[object]:
        """Nothing, or no answer at all."""
        if "boom" in text:
            os.write(2, text.encode())
            os._exit(9)
        return []
