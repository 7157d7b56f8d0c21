"""OpenAI's grader JSON, and Azure's endpoint grader, as strict models: what such a file may say.

    {"type": "multi", "name": "both",
     "graders": {"exact": {"type": "string_check", "name": "exact", "operation": "eq",
                           "input": "{{sample.output_text}}",
                           "reference": "{{item.reference_answer}}"}},
     "calculate_output": "exact"}

Sources: `openai-python`, types/graders and types/fine_tuning/alpha; Azure's reinforcement
fine-tuning of `endpoint` graders. A key that is not of the schema is refused, and so is a template
or formula that cannot work, before anything is scored.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from tasks.core.errors import SettingsError
from tasks.core.section import Section
from tasks.rewards.graders import formula, templates


def _template(text: str) -> str:
    try:
        templates.names(text)
    except SettingsError as problem:
        raise ValueError(str(problem)) from problem
    return text


class StringCheck(Section):
    type: Literal["string_check"]
    name: str = ""
    operation: Literal["eq", "ne", "like", "ilike"]
    input: str
    reference: str

    _templates = field_validator("input", "reference")(_template)


class TextSimilarity(Section):
    type: Literal["text_similarity"]
    name: str = ""
    evaluation_metric: Literal[
        "cosine", "fuzzy_match", "bleu", "gleu", "meteor",
        "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l",
    ]  # fmt: skip
    input: str
    reference: str
    pass_threshold: float | None = None
    """Of evals: what counts as passed. It changes no value."""

    _templates = field_validator("input", "reference")(_template)


class Python(Section):
    type: Literal["python"]
    name: str = ""
    source: str
    image_tag: str | None = None
    """Of OpenAI's sandbox; ours is the Python this runs on."""


class Turn(Section):
    """One message to a model that grades."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | dict[str, Any]
    type: Literal["message"] | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else str(self.content["text"])

    @model_validator(mode="after")
    def _is_text(self) -> Self:
        content = self.content
        if isinstance(content, dict) and not isinstance(content.get("text"), str):
            raise ValueError(f"content of type {content.get('type')!r}; only text can be graded")
        _template(self.text)
        return self


class ScoreModel(Section):
    type: Literal["score_model"]
    name: str = ""
    model: str
    input: tuple[Turn, ...] = Field(min_length=1)
    range: tuple[float, float] = (0.0, 1.0)
    sampling_params: dict[str, Any] | None = None
    pass_threshold: float | None = None

    @model_validator(mode="after")
    def _range_rises(self) -> Self:
        if not self.range[0] < self.range[1]:
            raise ValueError(f"range {list(self.range)}: the first must be less than the second")
        return self


class LabelModel(Section):
    type: Literal["label_model"]
    name: str = ""
    model: str
    input: tuple[Turn, ...] = Field(min_length=1)
    labels: tuple[str, ...] = Field(min_length=1)
    passing_labels: tuple[str, ...]

    @model_validator(mode="after")
    def _labels_are_labels(self) -> Self:
        unknown = [label for label in self.passing_labels if label not in self.labels]
        if unknown:
            raise ValueError(f"passing_labels {unknown}: not among labels {list(self.labels)}")
        return self


class Endpoint(Section):
    type: Literal["endpoint"]
    name: str = ""
    url: str = Field(pattern=r"^https?://")
    headers: dict[str, str] | None = None
    rate_limit: int = Field(default=50, ge=1)
    """Requests a second."""
    pass_threshold: float | None = None


One = StringCheck | TextSimilarity | Python | ScoreModel | LabelModel | Endpoint


class Multi(Section):
    type: Literal["multi"]
    name: str = ""
    graders: dict[str, Annotated[One, Field(discriminator="type")]] = Field(min_length=1)
    calculate_output: str

    @model_validator(mode="after")
    def _formula_names_graders(self) -> Self:
        try:
            found = formula.parse(self.calculate_output)
        except SettingsError as problem:
            raise ValueError(str(problem)) from problem
        unknown = sorted(found.names - set(self.graders))
        if unknown:
            raise ValueError(
                f"calculate_output names {', '.join(unknown)}; "
                f"graders are {', '.join(self.graders)}"
            )
        return self


Grader = Annotated[One | Multi, Field(discriminator="type")]


def read(value: Any, place: str) -> One | Multi:
    """A grader from JSON.

    Raises:
        SettingsError: each key that is wrong, with its path below `place`.
    """
    adapter: TypeAdapter[One | Multi] = TypeAdapter(Grader)
    try:
        return adapter.validate_python(value)
    except ValidationError as problem:
        said = [
            f"{'.'.join(map(str, error['loc'])) or 'the grader'}: {error['msg']}"
            for error in problem.errors()
        ]
        raise SettingsError(f"{place} is no OpenAI grader: {'; '.join(said)}") from problem


def highest_and_lowest(grader: One | Multi) -> tuple[float, float] | None:
    """The range of its values, where the grader itself says it."""
    match grader:
        case StringCheck() | TextSimilarity() | LabelModel():
            return 0.0, 1.0
        case ScoreModel():
            return grader.range
    return None
