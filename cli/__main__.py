"""The command line, `ratchet`: production logs into a better model, promoted on evidence.

Nothing heavy is imported before a command runs, so that `ratchet --help` answers at once.
"""

import typer

from cli import (
    console,
    data,
    demo,
    erasure,
    evidence,
    exchange,
    model,
    published_bases,
    releases,
    reward,
    servers,
    spot_check,
)

app = typer.Typer(
    name="ratchet",
    help="Turn an agent's production logs into a better model, and promote it on evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command()(demo.demo)
app.command()(data.init)
app.command()(published_bases.base)
app.command()(model.run)
app.command()(data.curate)
app.command()(model.finetune)
app.command()(releases.release)
app.command()(releases.promote)
app.command()(releases.rollback)
app.command()(evidence.status)
app.command()(evidence.audit)
app.command()(erasure.erase)
app.command()(evidence.power)

rewards = typer.Typer(
    help="Score rows with a reward spec, attack it, exchange it with other services.",
    no_args_is_help=True,
)
rewards.command()(reward.score)
rewards.command()(reward.check)
rewards.command()(reward.doc)
rewards.command()(reward.agreement)
rewards.command()(reward.explain)
rewards.command("import")(exchange.import_)
rewards.command()(exchange.export)
app.add_typer(rewards, name="reward")

review = typer.Typer(help="Let people judge both arms of a canary, blinded.", no_args_is_help=True)
review.command()(spot_check.draw)
review.command()(spot_check.agree)
app.add_typer(review, name="review")

app.command()(servers.up)
app.command()(servers.serve)
app.command()(servers.doctor)


def main() -> None:
    """Run the command line; an error a user can put right is one line and an exit code."""
    with console.one_line_errors():
        app()


if __name__ == "__main__":
    main()
