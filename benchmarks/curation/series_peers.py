"""Runs one of the steps by which logs are curated otherwise, and prints its CPU seconds.

    python -m benchmarks series_peers gx logs     ->   0.214

Each as its own documentation does it, over all records below a folder; start, imports and what is
loaded on first use are not counted. Presidio reads a sample, and its time is put forward linearly.
"""

import argparse
import gzip
import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.curation import neardup
from benchmarks.redaction import presidio

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schemaType", "timestamp", "requestId", "modelId", "input", "output"],
    "properties": {
        "schemaType": {"const": "ModelInvocationLog"},
        "timestamp": {"type": "string", "minLength": 20},
        "requestId": {"type": "string", "minLength": 8},
        "modelId": {"type": "string"},
        "input": {
            "required": ["inputBodyJson"],
            "properties": {
                "inputBodyJson": {
                    "required": ["messages"],
                    "properties": {"messages": {"items": {"$ref": "#/$defs/message"}}},
                }
            },
        },
        "output": {
            "required": ["outputBodyJson"],
            "properties": {
                "outputBodyJson": {
                    "required": ["output", "stopReason", "usage"],
                    "properties": {
                        "output": {"properties": {"message": {"$ref": "#/$defs/message"}}},
                        "usage": {"additionalProperties": {"type": "integer", "minimum": 0}},
                    },
                }
            },
        },
    },
    "$defs": {
        "message": {
            "type": "object",
            "required": ["role", "content"],
            "properties": {
                "role": {"enum": ["user", "assistant"]},
                "content": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "oneOf": [
                            {"required": ["text"], "properties": {"text": {"type": "string"}}},
                            {
                                "required": ["toolUse"],
                                "properties": {"toolUse": {"required": ["toolUseId", "name"]}},
                            },
                            {
                                "required": ["toolResult"],
                                "properties": {"toolResult": {"required": ["toolUseId"]}},
                            },
                        ]
                    },
                },
            },
        }
    },
}
"""What the typed decoder of the format asks of a Converse record, as JSON Schema."""


def main() -> None:
    """Run the peer that is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("folder", type=Path, help="of gzipped Converse logs")
    parser.add_argument("--sample", type=int, default=150, help="records that Presidio reads")
    parser.add_argument("--draw", type=int, default=0, help="which sample")
    given = parser.parse_args()
    print(json.dumps(PEERS[given.peer](given)))


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Log records below a folder, parsed."""
    for path in sorted(folder.rglob("*.gz")):
        with gzip.open(path) as lines:
            for line in lines:
                yield json.loads(line)


def said(record: dict[str, Any]) -> str:
    """What was said, called and answered up to a call and in it: no system prompt, no tools."""
    body, reply = record["input"]["inputBodyJson"], record["output"]["outputBodyJson"]
    turns = [*body["messages"], reply["output"]["message"]]
    return "\n".join(neardup._texts(iter(turns))[:-1])


def _parse(given: argparse.Namespace) -> float:
    started = time.process_time()
    for _ in records(given.folder):
        pass
    return time.process_time() - started


def _jsonschema(given: argparse.Namespace) -> float:
    from jsonschema import Draft202012Validator

    validator, every = Draft202012Validator(_SCHEMA), list(records(given.folder))
    started = time.process_time()
    wrong = sum(not validator.is_valid(record) for record in every)
    spent = time.process_time() - started
    if wrong:
        raise SystemExit(f"{wrong} generated records break the schema of this benchmark")
    return spent


def _gx(given: argparse.Namespace) -> float:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    import pandas as pd
    from great_expectations import expectations as e
    from great_expectations.data_context.types.base import ProgressBarsConfig

    rows = [_flat(record) for record in records(given.folder)]
    started = time.process_time()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("logs").add_dataframe_asset("records")
    expected: list[Any] = [e.ExpectColumnValuesToNotBeNull(column=name) for name in rows[0]]
    expected += [
        e.ExpectColumnValuesToMatchRegex(column="request", regex=r"^[0-9a-f-]{36}$"),
        e.ExpectColumnValuesToMatchRegex(column="timestamp", regex=r"^\d{4}-\d\d-\d\dT.*Z$"),
        e.ExpectColumnValuesToBeInSet(column="stop", value_set=["end_turn", "tool_use"]),
        e.ExpectColumnValuesToBeBetween(column="turns", min_value=1, max_value=500),
        e.ExpectColumnValuesToBeBetween(column="tokens", min_value=0, max_value=1_000_000),
        e.ExpectColumnValueLengthsToBeBetween(column="model", min_value=1, max_value=200),
        e.ExpectTableRowCountToBeBetween(min_value=1),
    ]
    run = context.validation_definitions.add(
        gx.ValidationDefinition(
            name="logs",
            data=asset.add_batch_definition_whole_dataframe("all"),
            suite=context.suites.add(gx.ExpectationSuite(name="logs", expectations=expected)),
        )
    ).run(batch_parameters={"dataframe": pd.DataFrame(rows)})
    spent = time.process_time() - started
    if not run.success:
        raise SystemExit("generated records break the expectations of this benchmark")
    return spent


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    reply = record["output"]["outputBodyJson"]
    return {
        "request": record["requestId"],
        "timestamp": record["timestamp"],
        "session": record["requestMetadata"]["session_id"],
        "model": record["modelId"],
        "turns": len(record["input"]["inputBodyJson"]["messages"]),
        "tokens": reply["usage"]["totalTokens"],
        "stop": reply["stopReason"],
    }


def _presidio(given: argparse.Namespace) -> float:
    engine = presidio.Engine.default() if given.peer == "default" else presidio.Engine.six()
    every = list(records(given.folder))
    some = random.Random(given.draw).sample(every, min(given.sample, len(every)))
    engine.search("mia@example.com +1 212 555 0123")  # what is loaded on first use
    started = time.process_time()
    for record in some:
        for part in ("input", "output", "requestMetadata"):
            for text in presidio._strings(record[part]):
                _cut(text, engine.search(text))
    return (time.process_time() - started) * len(every) / len(some)


def _cut(text: str, found: Sequence[tuple[int, int, str]]) -> str:
    """As Presidio's anonymizer does by default; its engine costs more."""
    for start, end, entity in sorted(found, reverse=True):
        text = f"{text[:start]}<{entity}>{text[end:]}"
    return text


PEERS: dict[str, Callable[[argparse.Namespace], float]] = {
    "parse": _parse,
    "default": _presidio,
    "six": _presidio,
    "jsonschema": _jsonschema,
    "gx": _gx,
}


if __name__ == "__main__":
    main()
