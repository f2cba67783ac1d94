"""xperience select: which episodes to fetch first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


def register(app: typer.Typer) -> None:
    @app.command("select")
    def select(
        catalogue: Annotated[Path, typer.Argument(help="Folder that `xperience catalog` wrote.", metavar="CATALOG")],
        episodes: Annotated[int, typer.Option("--episodes", help="How many.", metavar="N")],
        budget: Annotated[
            str | None,
            typer.Option("--budget", help="Bytes they may have together, such as 300GB; no limit by default."),
        ] = None,
        against: Annotated[
            Path | None,
            typer.Option("--against", help="A manifest or selection to compare the balance with.", metavar="FILE"),
        ] = None,
        seed: Annotated[int, typer.Option("--seed", min=0, help="Decides between equals.")] = 0,
        out: Annotated[Path, typer.Option("--out", help="The selection to write.")] = Path("episode_selection.json"),
    ) -> None:
        """Choose N episodes that stand for all: activities, objects, places, sessions, modalities, sizes.

        Prints balance by facet beside that of everything, of 20 random choices of the same number and budget (mean and
        the interval that holds 95 %), and of the manifest given by --against. A bare listing of names and sizes will
        do; what it does not know takes no part.

        Example: xperience select catalogue --episodes 128 --budget 300GB --against episode_manifest.json
        """
        from xperience.corpus.catalogue import Catalogue
        from xperience.corpus.selection import report
        from xperience.corpus.selection import select as choose
        from xperience.corpus.splits import read_ids

        others = {} if against is None else {"published": read_ids(against)}
        rows = Catalogue.open(catalogue).episodes()
        limit = None if budget is None else parse_bytes(budget)
        selection = choose(rows, episodes, budget=limit, seed=seed, against=others)
        selection.save(out)
        size = "size not known" if selection.bytes is None else f"{selection.bytes / 1e9:.3f} GB"
        typer.echo(f"{len(selection.episodes)} of {len(rows)} episodes, {size}\n{report(selection.compared)}")
        typer.echo(f"next: xperience split {catalogue} --selection {out}")


def parse_bytes(text: str) -> int:
    """A number of bytes with a unit: 300GB, 1.5 TiB, 1000000. Raises UsageError."""
    import re

    from xperience.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d{1,2})?)\s*([KMGT]?I?)B?", text.strip().upper().replace("E", "e"))
    if match is None or match[2] not in UNITS:
        raise UsageError("not a number of bytes", field="--budget", found=text, expected="such as 300GB or 1.5TiB")
    return round(float(match[1]) * UNITS[match[2]])
