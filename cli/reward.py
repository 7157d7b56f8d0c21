"""`ratchet reward score`, `check`, `doc` and `agreement`: a spec, as it scores in training."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from cli.console import Json, emit, say, table

SHOWN = 20
SpecFile = Annotated[Path, typer.Argument(help="The reward spec, a YAML file.", metavar="SPEC")]


def score(
    spec: SpecFile,
    rows: Annotated[
        Path,
        typer.Argument(
            help="JSON lines with id, messages, tools, reference and completion.", metavar="ROWS"
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="JSON lines with id, score, components, tier and error.")
    ],
    max_unscored: Annotated[
        float, typer.Option(help="Largest share of rows that may be unscored.", min=0, max=1)
    ] = 0.01,
    json: Json = False,
) -> None:
    """Score rows with a reward spec, exactly as training does."""
    from tasks.rewards.specification.scored_file import refuse_too_many_unscored, score_file
    from tasks.rewards.specification.spec import load_spec

    loaded = load_spec(spec)
    summary = score_file(loaded, rows, out)
    found = {"spec": loaded.name, "version": loaded.version, "sha": loaded.sha, "out": str(out)}
    found |= summary.as_dict()
    if json:
        emit(found)
    else:
        _show(found)
    refuse_too_many_unscored(summary, max_unscored, out)


Rows = Annotated[
    Path | None,
    typer.Option(help="Attack in the contexts of these; their completions stand for the base."),
]


Seconds = Annotated[
    float,
    typer.Option(help="Search so long for a paid wrong reply, beside the attacks.", min=0),
]


def check(spec: SpecFile, rows: Rows = None, search: Seconds = 0.0, json: Json = False) -> None:
    """Attack a reward spec; one that pays for an attack may not train."""
    from tasks.rewards.attacks.survival import refuse_to_train, shown, with_search
    from tasks.rewards.reading.openai_errors import of_check
    from tasks.rewards.specification.spec import load_spec

    loaded = load_spec(spec)
    found, scores, bad = _attacked(loaded, rows)
    searched = _searched(loaded, rows, search) if search else None
    if searched is not None:
        found = with_search(found, searched)
    if json:
        told = {"spec": loaded.name, "version": loaded.version, "sha": loaded.sha}
        emit(told | found.as_dict() | of_check(found.unscored, bad, scores))
    else:
        title = f"{loaded.name} {loaded.version} in {len(found.attacked)} situations"
        lines = [
            [name, f"{count:,}", f"{most:.3f}", f"{found.undecided.get(name, 0):,}"]
            for name, (count, most) in found.highest.items()
        ]
        lines += [
            [name, "0", "-", f"{count:,}"]
            for name, count in found.undecided.items()
            if name not in found.highest
        ]
        table(title, ["attack", "scored", "most earned", "unscored"], lines)
        say(f"Base ({found.base_from}): median {found.base_median} of {found.base_replies:,}")
        for name, why in found.unscored.items():
            say(f"not attacked: {name}, its right reply is unscored ({why})")
        for line in bad:
            say(f"bad row: {line}")
        for one in found.findings[:SHOWN]:
            say(f"[red]{one.attack}[/] in {one.situation}: {one.said}: {escape(one.reply)}")
            if one.cure:
                say(f"    cure: {escape(one.cure)}")
        if len(found.findings) > SHOWN:
            say(f"and {len(found.findings) - SHOWN} more; --json has all of them")
        if searched is not None:
            say(f"searched {searched.tried:,} replies; the best wrong one of each situation:")
            for best in searched.best:
                share = best.value / best.right
                say(
                    f"  {best.situation}: {share:.0%} of the right one: {escape(shown(best.reply))}"
                )
        say("[green]It survived.[/]" if found.survived else "[red]It did not survive.[/]")
    refuse_to_train(loaded, found)


def explain(
    spec: SpecFile,
    row: Annotated[
        str,
        typer.Argument(
            help="A file of rows, and after a # the row's id: rows.jsonl#r7.", metavar="ROW"
        ),
    ],
    json: Json = False,
) -> None:
    """Say why a row earned what it earned: each point that was lost, component by component."""
    from tasks.rewards.specification.explained import explain as explained
    from tasks.rewards.specification.scored_file import row_of
    from tasks.rewards.specification.spec import load_spec

    loaded = load_spec(spec)
    one = row_of(row)
    score, parts = explained(loaded, one.prompt, one.reply)
    if json:
        emit({"id": one.id, "score": score.value, "components": [part._asdict() for part in parts]})
        return
    lines = [
        [part.name, part.role, "-" if part.value is None else f"{part.value:.3f}", part.tier]
        for part in parts
    ]
    total = "unscored" if score.value is None else f"{score.value:.3f}"
    lines.append(["total", "", total, score.tier or score.reason])
    table(f"{one.id} by {loaded.name} {loaded.version}", ["", "role", "value", "tier"], lines)
    for part in parts:
        for sentence in part.why:
            say(f"{part.name}: {escape(sentence)}")


def doc(
    spec: SpecFile,
    out: Annotated[Path, typer.Option(help="Folder for the page.")],
    rows: Rows = None,
    search: Seconds = 0.0,
    json: Json = False,
) -> None:
    """Write the Reward Design Doc of a spec as Markdown and HTML."""
    from tasks.rewards.registry.design import design
    from tasks.rewards.specification.spec import load_spec

    loaded = load_spec(spec)
    found, scores, _ = _attacked(loaded, rows)
    searched = _searched(loaded, rows, search) if search else None
    out.mkdir(parents=True, exist_ok=True)
    for name, text in design(loaded, found, scores, searched).items():
        (out / name).write_text(text)
    if json:
        emit({"survived": found.survived, "page": str(out / "reward-design.html")})
    else:
        say(f"Page: {out / 'reward-design.html'}, and reward-design.md beside it")


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
    from tasks.rewards.specification import rater_agreement as labels
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
        _show_agreement(found)
    used = {name: value for name, value in TrlReward(loaded).spent().items() if value}
    if used:
        say("Used: " + ", ".join(f"{name} {value:,.6g}" for name, value in used.items()))
    if wrong:
        raise EvidenceError("; ".join(wrong))


def _show_agreement(found: Any) -> None:
    from tasks.rewards.specification.rater_agreement import ENOUGH

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


def _searched(loaded: Any, rows: Path | None, seconds: float) -> Any:
    from tasks.rewards.attacks.own_rows import situations_of
    from tasks.rewards.attacks.search import search

    return search(loaded, situations_of(loaded, rows)[1], seconds)


def _attacked(loaded: Any, rows: Path | None) -> tuple[Any, Any, Any]:
    """The verdict, the scores of the user's own rows, and which of them could not be read."""
    from tasks.rewards.attacks.own_rows import situations_of
    from tasks.rewards.attacks.survival import check as attack

    own, situations = situations_of(loaded, rows)
    if own is None:
        return attack(loaded, situations), (), ()
    return attack(loaded, situations, own.values), own.scores, own.bad


def _show(found: dict[str, Any]) -> None:
    title = f"{found['spec']} {found['version']} ({found['sha'][:12]})"
    counts = [f"{found[name]:,}" for name in ("rows", "scored", "unscored")]
    means = ["-" if found[m] is None else f"{found[m]:.3f}" for m in ("reward", "exact")]
    table(title, ["", "rows", "scored", "unscored", "reward", "exact"], [["all", *counts, *means]])
    table("Tiers", ["tier", "rows"], [[name, f"{n:,}"] for name, n in found["tiers"].items()])
    for bad in found["bad_rows"]:
        say(f"bad row: {bad}")
    say(f"Scores: {found['out']}")
