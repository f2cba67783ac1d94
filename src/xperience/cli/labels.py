"""xperience labels: what free text says, and how much of it training never showed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    from xperience.corpus.labels import VERSION

    labels = typer.Typer(
        no_args_is_help=True,
        help=f"Labels as verb, noun and family: explain one, or measure a corpus. Rules version {VERSION}.",
        rich_markup_mode=None,
    )
    app.add_typer(labels, name="labels")

    @labels.command("explain")
    def explain(texts: Annotated[list[str], typer.Argument(help="Labels, each in quotes.")]) -> None:
        """Say step by step how a label becomes its family.

        Example: xperience labels explain "Adjusting puzzle piece"
        """
        from xperience.corpus.labels import parse

        for text in texts:
            label = parse(text)
            typer.echo(f"{text!r}, rules version {VERSION}")
            for step, result in label.steps:
                typer.echo(f"  {step:9s} {result}")
            if len(label.verbs) > 1:
                typer.echo(f"  {'also':9s} {', '.join(label.verbs[1:])}")

    @labels.command("coverage")
    def coverage(
        place: Annotated[Path, typer.Argument(help="A catalogue, or an episode_manifest.json with frame labels.")],
        split: Annotated[Path | None, typer.Option(help="File of `xperience split`, for a catalogue.")] = None,
    ) -> None:
        """Share of the test's labelled frames whose label, or family, training never showed.

        Example: xperience labels coverage catalogue --split split.json
        """
        from xperience.corpus.labels.coverage import coverage_of

        typer.echo(f"label rules version {VERSION}")
        for row in coverage_of(place, split):
            typer.echo(
                f"{row.kind:8s} {row.labels} labels in {row.families} families; of {row.frames} test frames "
                f"unseen in training: {row.raw:.1%} by label, {row.family:.1%} by family"
            )
