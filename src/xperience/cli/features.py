"""xperience features: the published feature vector of every window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xperience.prepare.features import FeatureTable


def register(app: typer.Typer) -> None:
    @app.command("features")
    def features(
        path: Annotated[Path, typer.Argument(help="An episode folder, its annotation.hdf5, or a folder of sessions.")],
        out: Annotated[Path, typer.Option(help="Folder to write; one subfolder per episode if PATH holds several.")],
        workers: Annotated[int, typer.Option(min=1, help="Processes; each needs about 300 MB.")] = 1,
        frames: Annotated[int, typer.Option(min=1, help="Frames of a window; the contract's is 20.")] = 20,
        stride: Annotated[int, typer.Option(min=1, help="Frames between windows' starts; the contract's is 5.")] = 5,
    ) -> None:
        """Compute feature contract v1: 8,546 numbers a window in 18 blocks.

        Writes features.npy [windows, 8546] float32, feature_manifest.json (a list of blocks: name, start, end, dim,
        present, valid_share, reason), presence.npy [windows, 18] (share of the window's samples that are there and
        valid), windows.csv, and extraction.json (identity of recipe and input, versions, problems found).

        A stream that is missing or cannot be read keeps its block: zeros, present = false, with the reason. If OUT
        already holds the result of the same input and recipe, nothing is computed.

        Example: xperience features data/session/ep1 --out features --workers 2
        """
        from xperience.episode.layout import ANNOTATION

        if path.is_dir() and not (path / ANNOTATION).is_file():
            _folder(path, out, workers, frames, stride)
        else:
            _one(path, out, workers, frames, stride)


def _one(path: Path, out: Path, workers: int, frames: int, stride: int) -> None:
    from xperience.episode import Episode
    from xperience.prepare.extraction import extract
    from xperience.prepare.features import describe, is_done, load_features

    with Episode.open(path) as episode:
        there = is_done(out, describe(episode, frames, stride)["identity"])
        if there:
            table = load_features(out)
        else:
            table = extract(episode, frames=frames, stride=stride, workers=workers, show=True)
            table.save(out)
    _show(table)
    typer.echo(f"{out}: already there, from the same input and recipe" if there else f"wrote {out}")


def _show(table: FeatureTable) -> None:
    for row in table.manifest():
        state = f"{row['valid_share']:7.1%} valid" if row["present"] else " absent"
        typer.echo(f"{row['name']:34}{row['start']:6}{row['end']:6}  {state:14} {row.get('reason', '')}".rstrip())
    for problem in table.problems:
        detail = f": found {problem.found}" if problem.found else ""
        typer.echo(f"problem: {problem.field}: {problem.what}{detail}", err=True)
    present = sum(table.present.values())
    typer.echo(f"{len(table)} windows, {present} of {len(table.blocks)} blocks present")


def _folder(path: Path, out: Path, workers: int, frames: int, stride: int) -> None:
    from collections import Counter

    from xperience.errors import CorruptError
    from xperience.prepare.extraction import SET_ASIDE, extract_all

    outcomes = extract_all(path, out, frames=frames, stride=stride, workers=workers)
    for outcome in outcomes:
        if outcome.state == "aside":
            typer.echo(f"set aside {outcome.episode}: {outcome.reason}", err=True)
        else:
            typer.echo(f"{outcome.episode}: {outcome.present} of 18 blocks" + (" (there)" * (outcome.state == "there")))
    counts = Counter(outcome.state for outcome in outcomes)
    typer.echo(f"{counts['made']} made, {counts['there']} already there, {counts['aside']} set aside, in {out}")
    if counts["aside"] == len(outcomes):
        raise CorruptError("no episode could be read", file=path, hint=f"reasons are in {out / SET_ASIDE}")
