"""xperience prepare: recordings to segments in shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("prepare")
    def prepare(
        catalog: Annotated[Path, typer.Argument(help="Folder of `xperience catalog`, or a folder of episodes.")],
        out: Annotated[Path, typer.Option("--out", help="Folder to write; run again, what is there is kept.")],
        split: Annotated[
            Path | None, typer.Option(help="File of `xperience split`; without it every recording is for training.")
        ] = None,
        recipe: Annotated[str, typer.Option(help="TOML file, or one of: nano, standard.")] = "standard",
        engine: Annotated[str, typer.Option(help="local, or ray (RAY_ADDRESS names a cluster).")] = "local",
        workers: Annotated[int, typer.Option(min=1, help="Shards made at a time.")] = 1,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many bytes and how much time.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    ) -> None:
        """Cut recordings into 8 s segments in tar shards: video at training size, sound, depth, sensors, text.

        Every stream keeps its own rate, clock and validity; statistics are of the training split alone. Stop it at any
        moment and run it again: it gives the same shards, byte for byte. Recordings that cannot be read are set aside
        with the reason.

        \b
        OUT/shards/<name>.tar      any tar or WebDataset reader opens them; .index.parquet beside each
        OUT/segments.parquet       a row a segment: where it is, where it comes from, what it has
        OUT/set_aside.json         what is missing, and why

        Example: xperience prepare catalogue --split split.json --recipe nano --out prepared --workers 2
        """
        from xperience.prepare.campaign import prepare as run
        from xperience.prepare.intake import items_of
        from xperience.prepare.plan import plan, summary
        from xperience.prepare.recipe import load_recipe

        chosen = load_recipe(recipe)
        items = items_of(catalog)
        if split is None:
            sides: dict[str, list[str]] = {"train": [item.id for item in items]}
        else:
            from xperience.corpus.splits import Split

            loaded = Split.load(split)
            sides = {"train": list(loaded.train), "val": list(loaded.val), "test": list(loaded.test)}
        if dry_run:
            from xperience.prepare.trial import cost_of

            jobs = plan(items, sides, chosen)
            about = summary(jobs, chosen)
            seconds, size = cost_of(jobs, chosen)
            typer.echo(
                f"{about['episodes']} episodes, {about['input_bytes'] / 1e9:.2f} GB, would become "
                f"{about['shards']} shards of about {size / 1e9:.3f} GB in all"
            )
            typer.echo(
                f"about {seconds / workers / 60:.1f} min with {workers} workers, by a trial of the first recording"
            )
            return
        outcome = run(items, sides, chosen, out, engine_name=engine, workers=workers, show=not quiet)
        typer.echo(
            f"{outcome.episodes} episodes in {outcome.segments} segments, {outcome.bytes / 1e9:.3f} GB; "
            f"{outcome.made} shards made, {outcome.kept} already there"
        )
        for name, why in (outcome.set_aside | outcome.failed).items():
            typer.echo(f"set aside {name}: {why}", err=True)
        for name, streams in outcome.without.items():
            typer.echo(f"{name} without {', '.join(streams)}; the reasons are in {out / 'set_aside.json'}", err=True)
        for name, counts in outcome.implausible.items():
            said = ", ".join(f"{count} of {stream}" for stream, count in counts.items())
            typer.echo(f"{name}: samples that are no measurements were marked invalid: {said}", err=True)
        if outcome.failed:
            raise typer.Exit(1)
