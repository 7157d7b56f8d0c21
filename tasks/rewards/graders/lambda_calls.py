"""Invokes a reward Lambda: a function of AWS by its name or ARN, or one that answers HTTP.

    invoke("arn:aws:lambda:us-east-1:123456789012:function:SageMaker-reward", event, timeout=60)
    invoke("http://127.0.0.1:9000/2015-03-31/functions/function/invocations", event, timeout=60)

Region and credentials come from the environment, as for every client of AWS; its own client tries
again three times. An address is that of a function URL or of AWS's Runtime Interface Emulator.
"""

import json
from functools import lru_cache
from typing import Any

_CONNECTIONS = 12
"""As many as AWS's own trainer opens."""


class InvocationError(Exception):
    """The function could not be asked, or failed; the text is short and holds no row."""


def invoke(function: str, event: Any, *, timeout: float) -> Any:
    """What the function answered, decoded.

    Raises:
        InvocationError: it failed, or did not answer in time.
    """
    payload = json.dumps(event, ensure_ascii=False).encode()
    if function.startswith(("http://", "https://")):
        return _decoded(_posted(function, payload, timeout))
    return _decoded(_invoked(function, payload, timeout))


def _posted(address: str, payload: bytes, timeout: float) -> bytes:
    import httpx

    try:
        answer = _http().post(
            address,
            content=payload,
            headers={"content-type": "application/json"},
            timeout=timeout,
        )
    except httpx.TimeoutException as problem:
        raise InvocationError("timeout") from problem
    except httpx.HTTPError as problem:
        raise InvocationError(type(problem).__name__) from problem
    if "x-amz-function-error" in answer.headers:
        raise InvocationError(f"function-error {answer.headers['x-amz-function-error']}")
    if answer.status_code != 200:
        raise InvocationError(f"status {answer.status_code}")
    return bytes(answer.content)


def _invoked(function: str, payload: bytes, timeout: float) -> bytes:
    from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

    try:
        answer = _client(timeout).invoke(FunctionName=function, Payload=payload)
    except ReadTimeoutError as problem:
        raise InvocationError("timeout") from problem
    except ClientError as problem:
        raise InvocationError(problem.response["Error"]["Code"]) from problem
    except BotoCoreError as problem:
        raise InvocationError(type(problem).__name__) from problem
    if answer.get("FunctionError"):
        raise InvocationError(f"function-error {answer['FunctionError']}")
    found: bytes = answer["Payload"].read()
    return found


def _decoded(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError as problem:
        raise InvocationError("answer-is-no-json") from problem


@lru_cache(maxsize=1)
def _http() -> Any:
    import httpx

    return httpx.Client(limits=httpx.Limits(max_connections=_CONNECTIONS))


@lru_cache(maxsize=4)
def _client(timeout: float) -> Any:
    import botocore.session
    from botocore.config import Config

    config = Config(
        read_timeout=timeout,
        max_pool_connections=_CONNECTIONS,
        retries={"max_attempts": 3, "mode": "standard"},
    )
    return botocore.session.get_session().create_client("lambda", config=config)
