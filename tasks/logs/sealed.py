"""An `Invocation` whose nested parts are written already, so that they are written once.

    Sealed(id="3f0c…", messages=Raw(b'[{"content":"Weather in Oslo?","role":"user"}]'), …)

Log formats give their calls so: the id is a hash of these very bytes, and a turn that stood in an
earlier call was written there. Encoded it is the line that the `Invocation` would be.
"""

import hashlib
from typing import Any, Literal

import msgspec

from tasks.core.records import Invocation, Record, Reply, Source, Usage, encode


class Sealed(Record, frozen=True, kw_only=True):
    """As `Invocation`; `messages`, `tools` and `response` are JSON as `encode` writes it."""

    id: str
    source: Source
    timestamp: str
    session_id: str
    request_id: str
    model: str
    messages: msgspec.Raw
    tools: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    """Unset where no tool was offered."""
    response: msgspec.Raw
    finish_reason: str = ""
    tool_choice: Literal["", "none", "required"] = ""
    usage: Usage = Usage()
    latency_ms: int | None = None
    metadata: dict[str, str] = {}

    def open(self) -> Invocation:
        """The invocation that this line is."""
        return _invocations.decode(encode(self))


def identity(request_id: str, messages: bytes, tools: bytes, response: bytes) -> str:
    """sha256 over the provider's request id and the payload in its canonical form."""
    named = b"[" + _encoder.encode(request_id)
    return hashlib.sha256(b",".join((named, messages, tools, response + b"]"))).hexdigest()


def written(value: Reply | tuple[Any, ...]) -> bytes:
    """JSON of a record or a list of records, the same bytes for the same content."""
    return _encoder.encode(value)


_encoder = msgspec.json.Encoder(order="sorted")
_invocations = msgspec.json.Decoder(Invocation)
