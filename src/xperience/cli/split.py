"""xperience split: whole episodes or larger for train, val and test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("split")
    def split(
        catalogue: Annotated[Path, typer.Argument(help="Folder that `xperience catalog` wrote.", metavar="CATALOG")],
        by: Annotated[str, typer.Option("--by", help="Kept whole: episode, session, activity, object, place.")] = (
            "session"
        ),
        ratios: Annotated[
            str | None,
            typer.Option("--ratios", help="Shares of train,val,test; 0.75,0.125,0.125 by default.", metavar="T,V,T"),
        ] = None,
        counts: Annotated[
            str | None, typer.Option("--counts", help="Exact numbers of episodes instead: 96,16,16.", metavar="T,V,T")
        ] = None,
        selection: Annotated[
            Path | None,
            typer.Option("--selection", help="Only the episodes of `xperience select`, or of a manifest.", metavar="F"),
        ] = None,
        seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed gives another choice.")] = 0,
        out: Annotated[Path, typer.Option("--out", help="The split to write.")] = Path("split.json"),
    ) -> None:
        """Split episodes into train, val and test; no session (or activity, place, object) stands in two parts.

        Groups are never divided: exact counts are met by a choice of whole groups, or refused. By object, an episode
        that holds an object held out for test goes to test. Episodes that are set aside take no part.

        Example: xperience split catalogue --by session --counts 96,16,16 --out split.json
        """
        from xperience.corpus.catalogue import Catalogue
        from xperience.corpus.splits import check_known, make_split, read_ids
        from xperience.errors import UsageError

        def numbers(text: str | None, kind: type[int] | type[float], option: str) -> list[float] | None:
            try:
                return None if text is None else [kind(part) for part in text.split(",")]
            except ValueError:
                raise UsageError("not three numbers", field=option, found=text, expected="such as 96,16,16") from None

        rows = Catalogue.open(catalogue).episodes()
        if selection is not None:
            ids = read_ids(selection)
            check_known(ids, [row.episode_id for row in rows], selection, "episodes")
            chosen = set(ids)
            rows = [row for row in rows if row.episode_id in chosen]
        wanted = numbers(counts, int, "--counts")
        made = make_split(
            rows,
            by,
            ratios=numbers(ratios, float, "--ratios"),
            counts=None if wanted is None else [int(n) for n in wanted],
            seed=seed,
        )
        made.save(out)
        for part, ids in made.parts.items():
            groups = f", {len(made.groups[part])} x {by}" if made.groups else ""
            typer.echo(f"{part:5} {len(ids):6} episodes{groups}")
        left = len(rows) - sum(map(len, made.parts.values()))
        if left:
            aside = sum(row.reason is not None for row in rows)
            typer.echo(f"left out {left} ({aside} set aside, {left - aside} not asked for)")
        typer.echo(f"{made.rule}\nnext: xperience leakage {catalogue} --split {out}")
