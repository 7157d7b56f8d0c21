"""Makes a spec of ours out of another service's grader, ready for `ratchet reward score`.

    grader.json            OpenAI's grader, alone or as {"grader": ...}     openai_grader
                           Azure's {"type": "endpoint", "url": ...}         http, form azure
    reward_lambda.py       a handler, `def lambda_handler(event, context)`  lambda_function
    arn:aws:lambda:...     a deployed function, or its http(s) address      lambda_function
    grader.py              `def grade(sample, item)` or `def score(...)`    python

Addresses go into no file: the spec names an environment variable, and what to set it to is said.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from tasks.core.errors import SettingsError
from tasks.rewards.graders import openai
from tasks.rewards.reading.lambda_rows import Form
from tasks.sandbox import source

Kind = Literal["auto", "openai", "azure", "lambda", "python"]

_DEPLOYED = ("arn:", "http://", "https://")
_FUNCTION = "RATCHET_LAMBDA_FUNCTION"
_GRADER = "RATCHET_GRADER_URL"


class _Asked(NamedTuple):
    name: str
    kind: Kind
    event: Form
    scale: tuple[float, float] | None


class Imported(NamedTuple):
    said: dict[str, Any]
    """What the spec's YAML says."""
    notes: tuple[str, ...]
    """What to set or to look through before it is used."""


def read(
    given: str,
    *,
    name: str = "",
    kind: Kind = "auto",
    event: Form = "sagemaker",
    scale: tuple[float, float] | None = None,
) -> Imported:
    """Read a grader; `given` is a file, an ARN or an address, `scale` what it answers at most.

    Raises:
        SettingsError: it is not there, or is none of what can be read.
    """
    if given.startswith(_DEPLOYED):
        options: dict[str, Any] = {"function_from": _FUNCTION, "event": event}
        return _spec(name or "reward-lambda", "lambda_function", options, scale, [_set(given)])
    path = Path(given)
    text = _text(path)
    named = name or _slug(path.stem)
    if path.suffix == ".py" or kind in ("lambda", "python"):
        return _program(text, path, _Asked(named, kind, event, scale))
    return _grader(text, path, _Asked(name, kind, event, scale))


def written(imported: Imported) -> str:
    """The spec as YAML; programs stand in it as they were."""
    return yaml.dump(imported.said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _grader(text: str, path: Path, asked: _Asked) -> Imported:
    try:
        found = json.loads(text)
    except ValueError as problem:
        raise SettingsError(f"{path} is no JSON: {problem}; expected a grader's JSON") from problem
    if isinstance(found, dict) and isinstance(found.get("grader"), dict):
        found = found["grader"]
    grader = openai.read(found, str(path))
    named = asked.name or _slug(grader.name or path.stem)
    scale = asked.scale
    if isinstance(grader, openai.Endpoint):
        return _endpoint(grader, named, scale)
    if asked.kind == "azure":
        raise SettingsError(f"{path}: a {grader.type} grader is OpenAI's; say --from openai")
    notes = []
    parts = grader.graders.values() if isinstance(grader, openai.Multi) else (grader,)
    if any(isinstance(part, openai.ScoreModel | openai.LabelModel) for part in parts):
        notes.append("set RATCHET_JUDGE_URL (and RATCHET_JUDGE_KEY) to where the model answers")
    if any(getattr(part, "evaluation_metric", "") == "cosine" for part in parts):
        notes.append("set RATCHET_EMBEDDINGS_URL to where embeddings are made")
    if any(isinstance(part, openai.Endpoint) for part in parts):
        notes.append(f"set {_GRADER} to the endpoint's address")
    if isinstance(grader, openai.Multi | openai.Python) and scale is None:
        notes.append("values outside of -1 to 1 are unscored; say --range if there are such")
    return _spec(named, "openai_grader", {"grader": found}, scale, notes)


def _endpoint(grader: openai.Endpoint, name: str, scale: tuple[float, float] | None) -> Imported:
    notes = [f"set {_GRADER}={grader.url}"]
    if grader.headers:
        notes.append(
            f"headers {', '.join(sorted(grader.headers))} are not sent; set RATCHET_GRADER_KEY to "
            "a bearer token, or let the server ask for none"
        )
    if scale is None and grader.pass_threshold is not None and grader.pass_threshold > 1:
        notes.append(
            f"pass_threshold {grader.pass_threshold:g} says that scores go above 1: say --range"
        )
    options: dict[str, Any] = {"form": "azure"}
    concurrency = max(1, min(1024, grader.rate_limit))
    return _spec(name, "http", options, scale, notes, told={"concurrency": concurrency})


def _program(text: str, path: Path, asked: _Asked) -> Imported:
    functions = source.functions(text, str(path))
    handler = next((f for f in ("lambda_handler", "handler") if f in functions), "")
    if asked.kind != "python" and handler:
        options: dict[str, Any] = {"handler": handler, "event": asked.event, "source": text}
        return _spec(asked.name, "lambda_function", options, asked.scale, [_reads(asked.event)])
    if asked.kind == "lambda":
        raise SettingsError(f"{path} defines no lambda_handler or handler at its top level")
    source.read(text, name=str(path))
    return _spec(asked.name, "python", {"source": text}, asked.scale, [])


def _reads(event: Form) -> str:
    place = "in `metadata` (bedrock)" if event == "bedrock" else "at the root (sagemaker)"
    return f"the handler is sent reference_answer {place}; say --event for the other"


def _set(given: str) -> str:
    return f"set {_FUNCTION}={given}"


def _spec(
    name: str,
    reward: str,
    options: Mapping[str, Any],
    scale: tuple[float, float] | None,
    notes: list[str],
    *,
    told: Mapping[str, Any] | None = None,
) -> Imported:
    wanted = {**options, "range": list(scale)} if scale is not None else dict(options)
    component = {"reward": reward, "weight": 1.0, **(told or {}), "options": wanted}
    said = {
        "name": name,
        "version": "1.0.0",
        "description": f"What the imported {reward.replace('_', ' ')} {name} pays for.",
        "risks": [
            "It was imported and has not survived an attack suite; run ratchet reward check."
        ],
        "components": [component],
    }
    return Imported(said, tuple(notes))


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"{path} cannot be read: {problem}; expected a grader's JSON, a Python file, an ARN "
            "or an address"
        ) from problem


def _slug(name: str) -> str:
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower()).strip("-")
    return slug if slug[:1].isalpha() else f"grader-{slug}".rstrip("-")


class _Dumper(yaml.SafeDumper):
    """Text of more than one line as a block, so that a program can be read and changed."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)
