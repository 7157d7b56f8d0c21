"""`ratchet reward agreement`: does a reward, or the judge in it, say what people say?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import Json, emit, say, table
from cli.reward import SpecFile


def agreement(
    spec: SpecFile,
    labelled: Annotated[
        Path,
        typer.Argument(
            help="JSON lines as for score, each with a label in [0, 1].", metavar="LABELLED"
        ),
    ],
    component: Annotated[
        str, typer.Option(help="Component to compare; without it the spec's own value.")
    ] = "",
    classes: Annotated[
        int, typer.Option(help="Classes that labels and values are put into.", min=2, max=20)
    ] = 2,
    weights: Annotated[
        str, typer.Option(help="How far apart counts: none, linear or quadratic.")
    ] = "none",
    least: Annotated[float, typer.Option(help="Kappa below which it may not be used.")] = 0.6,
    before: Annotated[
        Path | None, typer.Option(help="Report of an earlier time, to be held against.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report here.")] = None,
    json: Json = False,
) -> None:
    """Measure how far a spec agrees with people (Cohen's kappa), and whether it drifts.

    Ends with exit code 5 where agreement is below --least, or has fallen since --before.
    """
    import msgspec

    from tasks.core.errors import EvidenceError, SettingsError
    from tasks.rewards.specification import agreement as labels
    from tasks.rewards.specification.spec import TrlReward, load_spec

    if weights not in ("none", "linear", "quadratic"):
        raise SettingsError(f"--weights {weights}: expected none, linear or quadratic")
    earlier = labels.load(before) if before else None
    loaded = load_spec(spec)
    found = labels.measure(
        loaded,
        labelled,
        component=component,
        classes=classes,
        weights=weights,  # type: ignore[arg-type]  # checked above
    )
    wrong = labels.alarms(found, earlier, least)
    if out:
        labels.save(found, out)
    if json:
        emit({**msgspec.to_builtins(found), "alarms": wrong})
    else:
        _show(found)
    used = {name: value for name, value in TrlReward(loaded).spent().items() if value}
    if used:
        say("Used: " + ", ".join(f"{name} {value:,.6g}" for name, value in used.items()))
    if wrong:
        raise EvidenceError("; ".join(wrong))


def _show(found: Any) -> None:
    from tasks.rewards.specification.agreement import ENOUGH

    kappa = found.kappa
    table(
        f"{found.spec} {found.version} {found.component}".rstrip(),
        ["label", "rows", "precision", "recall"],
        [
            [
                f"{i / (len(kappa.classes) - 1):.2g}",
                f"{one.rows:,}",
                _share(one.precision),
                _share(one.recall),
            ]
            for i, one in enumerate(kappa.classes)
        ],
    )
    typer.echo(
        f"kappa {kappa.value:.2f} [{kappa.low:.2f}, {kappa.high:.2f}] on {kappa.rows:,} rows, "
        f"agreement {kappa.agreement:.1%}"
    )
    if kappa.rows < ENOUGH:
        say(
            f"{kappa.rows} labelled rows are few: with {ENOUGH} and more a fall of 0.1 can be seen."
        )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
