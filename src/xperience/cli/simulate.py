"""xperience simulate: recordings of made-up people at work, in the official layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xperience.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command("simulate")
    def simulate(
        out: Annotated[Path, typer.Argument(help="Folder to write; episodes that are already there are kept.")],
        episodes: Annotated[int, typer.Option(help="Number of episodes.")] = 4,
        seconds: Annotated[float, typer.Option(help="Length of each, seconds.")] = 20.0,
        size: Annotated[
            str, typer.Option(help="Width of every view in pixels, or 'real' (1088x1280 and 512x512).")
        ] = "160",
        seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")] = 0,
        sessions: Annotated[int, typer.Option(help="Sessions (a person in a place) that share the episodes.")] = 2,
        workers: Annotated[int, typer.Option(help="Processes to use, one core each.")] = 1,
        faults: Annotated[
            Path | None,
            typer.Option(
                help="JSON list of faults to put in: [{episode, fault, severity, modality, start_s, end_s}]; see `xperience corrupt --list`."
            ),
        ] = None,
        hold_out: Annotated[
            str, typer.Option(help="Objects, places and activities, by comma, that no recording may have.")
        ] = "",
        only_held_out: Annotated[
            bool, typer.Option("--only-held-out", help="The other way round: every recording has one of --hold-out.")
        ] = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only say how much time and room it would take.")
        ] = False,
    ) -> None:
        """Make simulated recordings: people doing everyday tasks, seen by the six cameras and all other sensors.

        Writes OUT/<session>/ep<k>/ in the official layout, and what really happened to OUT/_truth/.
        Stop it at any time and run it again: whole episodes are kept, half ones are made anew.

        Example: xperience simulate data --episodes 8 --seconds 30 --sessions 3 --workers 2
        """
        from xperience.progress import meter
        from xperience.simulate import campaign

        apart = tuple(sorted(name.strip() for name in hold_out.split(",") if name.strip()))
        recipe = campaign.Recipe(seconds, _width(size), seed, sessions, apart, only_held_out)
        jobs = campaign.plan(recipe, episodes)
        if faults is not None:
            from xperience.simulate.faults.corrupt import read_spec

            jobs = campaign.with_faults(jobs, read_spec(faults))
        if workers < 1:
            raise UsageError("there must be a worker", field="--workers", found=workers, expected="1 or more")
        cost = campaign.estimate(out, jobs, workers)
        frames = sum(job.frames for job in jobs)
        kept = frames - cost.frames
        typer.echo(
            f"{episodes} episodes in {min(sessions, episodes)} sessions, {episodes * seconds:g} s, {frames} frames"
            + (f" ({kept} already there)" if kept else "")
        )
        typer.echo(
            f"about {_bytes(cost.data_bytes)} and {_time(cost.seconds)} with {workers} worker{'s' if workers > 1 else ''} still to go"
        )
        if dry_run:
            return
        with meter("simulate, frames", frames) as advance:
            campaign.run(out, jobs, workers, advance)
        typer.echo(f"wrote {out}")


def _width(size: str) -> int | None:
    if size == "real":
        return None
    try:
        return int(size)
    except ValueError:
        raise UsageError(
            "not an image size", field="--size", found=size, expected="a width in pixels, or 'real'"
        ) from None


def _bytes(count: int) -> str:
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
