"""What params.yaml may say of the data stages; `settings` has the rest of it.

Apart from the settings of training and release, which no data stage may depend on: a dataset is not
another one because a knob of training is new.
"""

from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from pydantic import (
    AliasChoices,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from tasks.core import yaml_file
from tasks.core.conditions import Condition
from tasks.core.errors import SettingsError
from tasks.core.section import Section

PARAMS_FILE = "params.yaml"


class LogSource(Section):
    uri: str
    """Any fsspec uri: a folder, a file or `s3://bucket/prefix`; read with all that is below it."""
    format: str = "auto"
    """Name of a file in `tasks/formats/`, a dotted path to a module of yours, or `auto`."""


class IngestSettings(Section):
    sources: tuple[LogSource, ...] = Field(min_length=1)
    feedback: tuple[str, ...] = ()
    """fsspec uris of JSON lines files (or folders of them) with feedback to be joined."""
    filter: Condition | None = None
    """Which calls are wanted; the others are counted as `filtered`. None: all."""
    outcomes: tuple[str, ...] = ()
    """Names of scores in the logs (Langfuse's scores, MLflow's assessments) that tell, from 0 to 1,
    whether a session succeeded; scores of other names are ratings and prove nothing."""
    session_key: str = "session_id"
    """Key of the log's own metadata that names the session; without it each call is its own."""
    max_rejected: float = Field(ge=0, le=1)
    """Largest share of rejected records; above it the stage stops rather than pass a bad load."""
    max_missing: float = Field(default=0.01, ge=0, le=1)
    """Largest share of a source's records that may lack a field which their format needs."""
    unique_keys: bool = False
    """Whether a log record in which a JSON object names a key twice is a reject; without it the
    last value counts. It has each line parsed once more; feedback is always looked at."""
    rewritten: Literal["warn", "stop"] = "warn"
    """What becomes of a run that finds a log rewritten or cut, so that records which the last run
    had are in no log any more: told, object by object, or refused."""
    torn_after_s: float = Field(default=3600.0, ge=0)
    """Seconds for which a file must not have changed before a last line in it that breaks off is a
    reject; until then it is held back, as it may still be being written. 0 rejects it at once."""
    part_records: int = Field(default=10_000, gt=0)

    @field_validator("sources", mode="before")
    @classmethod
    def _are_objects(cls, given: Any) -> Any:
        listed = isinstance(given, list | tuple)
        if not listed or not all(isinstance(one, dict | LogSource) for one in given):
            raise ValueError("expected a list, as [{uri: data/landing, format: auto}]")
        return given


class RedactSettings(Section):
    min_confidence: float = Field(ge=0, le=1)
    """Presidio score below which a finding is ignored. Above .4 it loses phone numbers."""
    person_keys: tuple[str, ...]
    """JSON or metadata keys whose value names a person (`user_id`); they group the split."""
    ner_model: str = ""
    """Local folder of a spaCy pipeline or a transformers token classifier that finds names.

    Empty: names are known from the logs alone.
    """
    recognizers: tuple[str, ...] = ()
    """Presidio recognisers that search as well: class names, or dotted paths to your own."""
    timeout_s: float = Field(default=10.0, gt=0)
    """Seconds on the clock that a plugged recogniser or the name model may take for one text.

    It works in a process of its own, which is then ended and started again; the record is a counted
    reject. Own patterns take time linear in the text and need none.
    """
    leak_scan: Literal["stop", "reject"] = Field(
        default="reject", validation_alias=AliasChoices("leak_scan", "residue")
    )
    """What happens where the scan finds something left in a record after redaction: the record is a
    counted reject (`leak-left`) and the others go on, or nothing is committed. Read under its old
    name `residue` too."""
    max_leaks: float = Field(default=0.001, ge=0, le=1)
    """Share of records with something left above which the stage stops; one is always allowed."""
    key_rotation: int = Field(default=0, ge=0)
    """Raise it by one to have everything redacted again under a new key: a new dataset version."""


class DedupSettings(Section):
    similarity: float = Field(gt=0, le=1)
    """Jaccard similarity of word 3-grams from which two transcripts are near-duplicates."""
    labeller: str = "rules"
    """Who says what a reply does: `rules`, `judge` (a model behind an endpoint, named in the
    environment), or the dotted path of a module of yours (`tasks/labelling/labellers.py`)."""
    trust: Literal["outcome", "human_edit", "tool_result", "incumbent"] = "human_edit"
    """The weakest proof that makes a reference; what has a weaker one is kept and counted alone."""
    review_below: float = Field(default=0.6, ge=0, le=1)
    """Decisions labelled with less confidence go to `data/deduped/review.jsonl` and prove nothing
    until a person has labelled them in `annotations/`; 0 trusts every label."""


class ValidateSettings(Section):
    min_examples: int = Field(gt=0)
    max_rejected: float = Field(ge=0, le=1)
    max_context_chars: int = Field(gt=0)
    max_leaks: float = Field(default=0.001, ge=0, le=1)
    """Share of examples in which the scan for personal data finds something above which the stage
    stops; below it they are counted rejects (`leak-left`). One is always allowed."""
    max_drift: float = Field(default=0.3, ge=0, le=1)
    """Share of behaviours, proofs or called tools that may have moved since the version before;
    above it the report warns."""


class SplitSettings(Section):
    held_out_tools: int | tuple[str, ...]
    """How many tools the test alone may see, or their names; `*` stands for any text."""
    validation: float = Field(gt=0, lt=1)
    """Share of groups."""
    test: float = Field(gt=0, lt=1)
    """Share of groups, those about held-out tools not counted."""
    seed: int

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation} + test {self.test} leave nothing to train on; "
                "make their sum less than 1"
            )
        return self


class CurationParams(Section):
    """The sections of params.yaml that the data stages are given; others are passed over."""

    model_config = ConfigDict(extra="ignore")

    ingest: IngestSettings
    redact: RedactSettings
    dedup: DedupSettings
    validate_: ValidateSettings = Field(alias="validate")
    split: SplitSettings


P = TypeVar("P", bound=CurationParams)


def load(path: Path = Path(PARAMS_FILE)) -> CurationParams:
    """Read and check what params.yaml says of the data stages.

    Raises:
        SettingsError: no such file, no YAML, or a value that cannot be; names key and cure.
    """
    return load_as(CurationParams, path)


def load_as(kind: type[P], path: Path) -> P:
    """As `load`, of all sections that `kind` has."""
    if not path.is_file():
        raise SettingsError(
            f"no {path} here: run this in a workspace, or make one with `ratchet init`"
        )
    values = yaml_file.sections(path, [f.alias or n for n, f in kind.model_fields.items()])
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        lines = "; ".join(yaml_file.explain(dict(e)) for e in error.errors())
        raise SettingsError(f"{path}: {lines}") from error
