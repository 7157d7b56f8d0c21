"""Runs the user's own function in a sandboxed process, once for each reply.

    options:
      source: |
        def score(completion, reference):
            if reference is None:
                return None
            return float(completion["content"].strip() == reference["text"])

`score` names what it wants of `messages` (or `prompt`), `tools`, `reference` and `completion`, all
as Ratchet's records in plain JSON (tasks/rewards/reading/namespaces.py); `grade(sample, item)` is
OpenAI's form and sees OpenAI's. It returns a number in `range`, or None where it has nothing to
say. It has no network, no file, no environment and no other process; see tasks/sandbox.

What raises, hangs, dies or returns no number in range is unscored, with the reason. The value is
divided by the greater end of `range`, so that it lies between -1 and 1 and zero stays zero.
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, model_validator

from tasks.core.closure import PROJECT
from tasks.core.errors import SettingsError
from tasks.core.records import Reference, Reply, Score
from tasks.core.section import Section
from tasks.rewards import NOT_APPLICABLE, Case, Prompt
from tasks.rewards.reading import namespaces
from tasks.sandbox import backend, frames, source
from tasks.sandbox.limits import Limits
from tasks.sandbox.source import Program
from tasks.sandbox.worker import Outcome, Worker

_KEPT = 8
"""Workers, each a process; a spec rarely has more than one."""
_WRITTEN = 256
_written: dict[tuple[Any, ...], tuple[Prompt, bytes]] = {}
"""A prompt's part of a row; it comes again with each reply, and is frozen like every record."""


class Settings(Section):
    source: str = ""
    """The program itself; or"""
    file: str = ""
    """the file it stands in, from the spec, from here or from the project; beside a `source` no
    more than its name."""
    range: tuple[float, float] = (-1.0, 1.0)
    """What the function may return."""
    packages: tuple[str, ...] = ()
    """Installed packages that it may import beside the standard library."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=900)
    cpu_seconds: float = Field(default=5.0, gt=0, le=900)
    memory_mb: int = Field(default=1024, ge=128)
    sandbox: backend.Wanted = "auto"
    unsafe_without_sandbox: bool = False
    """Run it as a process like any other where no sandbox works. It can do what you can do."""

    _program: Program = PrivateAttr()
    _worker: Worker | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _is_a_program(self) -> Self:
        low, high = self.range
        if not low < high:
            raise ValueError(f"range {low} to {high}: the first must be less than the second")
        if not self.source and not self.file:
            raise ValueError("give the program as `source`, or as `file`")
        try:
            text = self.source or read_file(self.file)
            name = self.file or "source"
            self._program = source.read(text, name=name, packages=self.packages)
        except SettingsError as problem:
            raise ValueError(str(problem)) from problem
        return self

    @property
    def program(self) -> Program:
        return self._program


def score(prompt: Prompt, reply: Reply, settings: Settings) -> Score:
    """Score one reply; see the module for what is paid.

    Raises:
        SettingsError: no sandbox works here, or the program fails when it is loaded.
    """
    return score_batch((prompt,), (reply,), settings)[0]


def score_batch(
    prompts: Sequence[Prompt], replies: Sequence[Reply], settings: Settings
) -> list[Score]:
    """Score each reply to the prompt at the same position, all in one pass over the pipe."""
    worker = worker_of(settings)
    asks = worker.program.asks
    found: list[Score | None] = []
    rows: list[bytes] = []
    for prompt, reply in zip(prompts, replies, strict=True):
        try:
            rows.append(_row(prompt, reply, asks))
            found.append(None)
        except ValueError:
            found.append(Score.unscored("python-row-is-no-json"))
    outcomes = iter(worker.run(rows))
    return [_score(next(outcomes), settings) if score is None else score for score in found]


def worker_of(settings: Settings) -> Worker:
    """The worker for these settings; kept, so that its process is started once.

    Raises:
        SettingsError: no sandbox works here, and the settings do not say `unsafe`.
    """
    if settings._worker is None:
        limits = Limits(settings.timeout_seconds, settings.cpu_seconds, settings.memory_mb)
        unsafe = settings.unsafe_without_sandbox
        settings._worker = _worker(settings.program, limits, settings.sandbox, unsafe=unsafe)
    return settings._worker


@functools.lru_cache(maxsize=_KEPT)
def _worker(program: Program, limits: Limits, wanted: backend.Wanted, *, unsafe: bool) -> Worker:
    return Worker(program, limits, backend.choose(wanted, unsafe=unsafe))


def _score(outcome: Outcome, settings: Settings) -> Score:
    if outcome.value is None:
        none_said = outcome.reason == "no-value"
        return Score.unscored(NOT_APPLICABLE if none_said else f"python-{outcome.reason}")
    low, high = settings.range
    if not low <= outcome.value <= high:
        return Score.unscored("python-out-of-range")
    full = outcome.value == high
    tier = "full" if full else "some" if outcome.value > max(low, 0.0) else "none"
    value = outcome.value / max(abs(low), abs(high))
    return Score(value=value, exact=full, tier=tier)


def _row(prompt: Prompt, reply: Reply, asks: tuple[str, ...]) -> bytes:
    key = (asks, *map(id, prompt))
    known = _written.get(key)
    if known is None:
        if len(_written) >= _WRITTEN:
            _written.clear()
        # With the prompt itself, so that no other object gets the identity of one of its parts.
        known = _written[key] = (prompt, frames.shared(_of_prompt(prompt, asks)))
    common = known[1]
    own: dict[str, Any] = {}
    if "completion" in asks:
        own["completion"] = namespaces.completion(reply)
    if "sample" in asks:
        own["sample"] = namespaces.sample(reply)
    return frames.packed(own, common)


def _of_prompt(prompt: Prompt, asks: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in asks:
        if name in ("messages", "prompt"):
            found[name] = [namespaces.message(message) for message in prompt.messages]
        elif name == "tools":
            found[name] = [namespaces.tool(tool) for tool in prompt.tools]
        elif name == "reference":
            found[name] = namespaces.reference(prompt.reference)
        elif name == "item":
            found[name] = namespaces.item(prompt)
    return found


def inline(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The options with the file's text as `source`; a changed file is another spec.

    Raises:
        SettingsError: the file cannot be read.
    """
    file = options.get("file")
    if options.get("source") or not file or not isinstance(file, str):
        return dict(options)
    return {**options, "source": read_file(file, folder)}


def read_file(file: str, folder: Path | None = None) -> str:
    """A program's text, looked for in the folder, then from here and in the project.

    Raises:
        SettingsError: it cannot be read.
    """
    places = [*([folder / file] if folder else []), Path(file), PROJECT / file]
    path = next((place for place in places if place.is_file()), Path(file))
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"file {file!r} cannot be read: {problem}") from problem


_EXAMPLE = {
    "source": (
        "def score(completion, reference):\n"
        "    if reference is None:\n"
        "        return None\n"
        "    return float(completion['content'].strip() == reference['text'])\n"
    )
}
_PROMPT = Prompt((), (), Reference(behaviour="answer", text="Oslo"))
CASES = (
    Case(_PROMPT, Reply(content=" Oslo\n"), 1.0, _EXAMPLE),
    Case(_PROMPT, Reply(content="Bergen"), 0.0, _EXAMPLE),
    Case(Prompt((), (), None), Reply(content="Oslo"), None, _EXAMPLE),
    Case(_PROMPT, Reply(content="Oslo"), None, {"source": "def score():\n    return 1 / 0\n"}),
)
