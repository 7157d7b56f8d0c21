"""Values as OTLP's JSON writes them (opentelemetry-proto, common.proto: AnyValue, KeyValue)."""

from typing import Any


def value(found: Any) -> dict[str, Any]:
    """An `AnyValue`."""
    if isinstance(found, dict):
        return {"kvlistValue": {"values": pairs(found)}}
    if isinstance(found, list):
        return {"arrayValue": {"values": [value(item) for item in found]}}
    return {"intValue": str(found)} if isinstance(found, int) else {"stringValue": found}


def pairs(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of `KeyValue`."""
    return [{"key": key, "value": value(item)} for key, item in found.items()]
