"""What a reward spec's YAML may say, read strictly and with the specs that it includes.

    include: [house_rules.yaml]        components of another spec, before its own
    components:
      - {reward: tool_call, weight: 1.0}
      - {reward: pii_leak, role: gate}
      - {reward: length, as: short, role: penalty, weight: 0.2, options: {most: 80}}

What leaves here includes and names nothing any more, no spec and no program's file: it is the spec
as it would stand in one file.
"""

from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from tasks import rewards
from tasks.core.errors import SettingsError
from tasks.core.section import Section
from tasks.rewards.specification import spec_file
from tasks.rewards.specification.scoring import Role
from tasks.rewards.specification.spec_file import Place

_SEMVER = r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"
_NAME = r"^[A-Za-z_][\w.-]*$"


class Component(Section):
    reward: str
    """Name of a file in tasks/rewards, or a dotted path to a module of the user's own."""
    as_: str = Field(default="", alias="as", pattern=rf"^$|{_NAME}")
    """What it is called in `components`, where a reward stands twice; else the reward's name."""
    role: Role = "sum"
    """`sum`: times its weight. `gate`: multiplies the sum. `penalty`: what it lacks to 1 is taken
    off, times its weight."""
    weight: float | None = Field(default=None, gt=0, le=1)
    """Needed for all but gates, which have none."""
    options: dict[str, Any] = {}
    """What the reward's `Settings` take."""
    asked: Literal["always", "undecided"] = "always"
    """`undecided`: scores only the replies that the rules of another component could not judge
    (`decision` leaves such), in that one's place. A judge, mostly."""
    concurrency: int = Field(default=16, ge=1, le=1024)
    """Of a remote reward: how many requests run at a time."""
    timeout_s: float = Field(default=600.0, gt=0)
    """Of a remote reward: after it a reply is unscored."""

    @property
    def name(self) -> str:
        return self.as_ or self.reward


class Declaration(Section):
    """The YAML file as it stands."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    version: str = Field(pattern=_SEMVER)
    """Semantic version: raised with every change of the file or of a reward in it."""
    description: str = Field(min_length=1)
    """What it is meant to make better."""
    risks: tuple[str, ...] = Field(min_length=1)
    """What could go wrong when a model is trained on it."""
    success: tuple[str, ...] = ()
    """How it shows that the agent got better: the measure that counts first, then the others."""
    limits: tuple[str, ...] = ()
    """What it is known not to see; goes onto the design page."""
    examples: str = ""
    """Rows in whose contexts the spec is attacked, relative to this file, where its replies have
    another form than those of the suite's own situations; their completions stand for the base."""
    include: tuple[str, ...] = ()
    """Specs whose components stand before these; paths relative to this file."""
    components: tuple[Component, ...] = ()
    combine: Literal["weighted_sum"] = "weighted_sum"
    clip: tuple[float, float] = (-1.0, 1.0)

    @model_validator(mode="after")
    def _clips_inside(self) -> Self:
        low, high = self.clip
        if not -1 <= low < high <= 1:
            raise ValueError(f"clip {list(self.clip)}: expected low < high, both in [-1, 1]")
        return self


class Placed(NamedTuple):
    """A component and where it stands, for errors about it."""

    component: Component
    file: Path
    places: dict[Place, int]
    at: Place

    def error(self, said: str, *below: str) -> SettingsError:
        return spec_file.error(self.file, self.places, (*self.at, *below), said)

    def refused(self, problem: ValidationError, *below: str) -> SettingsError:
        return spec_file.refused(self.file, self.places, problem, (*self.at, *below))


def read(file: Path) -> tuple[Declaration, list[Placed]]:
    """The spec with all that it includes, and where each component stands.

    Raises:
        SettingsError: names the file, the line, the value and the cure.
    """
    declared, placed = _read(file, ())
    if not placed:
        raise SettingsError(f"{file}: components is missing; add it, with one reward at least")
    named: dict[str, Placed] = {}
    for one in placed:
        _weighed(one)
        before = named.setdefault(one.component.name, one)
        if before is not one:
            raise one.error(
                f"{one.component.name} stands twice; join the two, or name one of them with `as`"
            )
    if all(one.component.role != "sum" for one in placed):
        raise placed[0].error("is all there is to multiply or take off; add one of role sum")
    components = tuple(one.component for one in placed)
    return declared.model_copy(update={"include": (), "components": components}), placed


def _read(file: Path, above: tuple[Path, ...]) -> tuple[Declaration, list[Placed]]:
    values, places = spec_file.read(file)
    try:
        declared = Declaration.model_validate(values)
    except ValidationError as error:
        raise spec_file.refused(file, places, error) from error
    placed: list[Placed] = []
    way = (*above, file.resolve())
    for i, name in enumerate(declared.include):
        other = (file.parent / name).resolve()
        if other in way:
            circle = " includes ".join(path.name for path in (*way[way.index(other) :], other))
            raise spec_file.error(file, places, ("include", i), f"{circle}; take one of them out")
        if not other.is_file():
            raise spec_file.error(
                file, places, ("include", i), f"there is no {other}; paths are relative to the file"
            )
        placed += _read(other, way)[1]
    for i, component in enumerate(declared.components):
        placed.append(_inlined(Placed(component, file, places, ("components", i))))
    return declared, placed


def _inlined(one: Placed) -> Placed:
    """The component with what its options only name; a spec says all by itself."""
    try:
        inline = getattr(rewards.load(one.component.reward), "inline", None)
    except SettingsError:
        return one  # said with its line where the reward is loaded to score
    if inline is None:
        return one
    try:
        options = inline(one.component.options, one.file.parent)
    except SettingsError as error:
        raise one.error(str(error), "options") from error
    return one._replace(component=one.component.model_copy(update={"options": options}))


def _weighed(one: Placed) -> None:
    component = one.component
    if component.role == "gate" and component.weight is not None:
        raise one.error("a gate multiplies and has no weight; remove it", "weight")
    if component.role != "gate" and component.weight is None:
        raise one.error("weight is missing; add it, as `weight: 1.0`")
