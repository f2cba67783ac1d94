"""xperience leakage: does anything of the test stand in training?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from xperience.corpus.leakage import Evidence, Found

SHOWN = 10


def register(app: typer.Typer) -> None:
    @app.command("leakage")
    def leakage(
        catalogue: Annotated[Path, typer.Argument(help="Folder that `xperience catalog` wrote.", metavar="CATALOG")],
        split: Annotated[Path, typer.Option("--split", help="File of `xperience split`.", metavar="FILE")],
        data: Annotated[
            Path | None,
            typer.Option(
                "--data", help="Folder of the recordings; else where the catalogue found them.", metavar="DIR"
            ),
        ] = None,
        content: Annotated[
            bool, typer.Option("--content/--no-content", help="Look at pictures and motion, or only at the catalogue.")
        ] = True,
        cache: Annotated[
            Path | None,
            typer.Option("--cache", help="Keeps what was taken from recordings; CATALOG/landmarks by default."),
        ] = None,
        out: Annotated[Path | None, typer.Option("--out", help="Report as JSON.", metavar="FILE")] = None,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
    ) -> None:
        """Prove a split: shared sessions and ids, the same or nearly the same content, overlap in time; label coverage.

        Pictures are compared through encoding, scaling and brightness, motion through cuts, shifts in time, noise and
        other rates. Exit code 1 where something leaks, 0 where nothing does; what could not be looked at is said.

        Example: xperience leakage catalogue --split split.json --out leakage.json
        """
        from xperience.corpus.catalogue import Catalogue
        from xperience.corpus.leakage import collect, look
        from xperience.corpus.leakage.evidence import folders_of
        from xperience.corpus.splits import Split
        from xperience.storage import write_json

        rows = Catalogue.open(catalogue).episodes()
        parts = Split.load(split, [row.episode_id for row in rows])
        wanted = parts.part_of()
        rows = [row for row in rows if row.episode_id in wanted]
        folders = folders_of(rows, data) if content else {}
        evidence = collect(parts, rows, folders=folders, cache=cache or catalogue / "landmarks", show=not quiet)
        found = look(evidence)
        if out is not None:
            write_json(out, _plain(evidence, found))
        _print(evidence, found)
        if any(one.leaks for one in found.values()):
            raise typer.Exit(1)


def _plain(evidence: Evidence, found: dict[str, Found]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "clean": not any(one.leaks for one in found.values()),
        "split": {part: len(ids) for part, ids in evidence.split.parts.items()},
        "catalogue": evidence.split.catalogue,
        "kinds": {name: asdict(one) for name, one in found.items()},
        "unreadable": evidence.unreadable,
    }


def _print(evidence: Evidence, found: dict[str, Found]) -> None:
    from xperience.corpus.leakage import all_kinds

    typer.echo(f"{'kind':10}{'leaks':>7}{'looked at':>16}  question")
    for kind in all_kinds():
        one = found[kind.name]
        typer.echo(f"{kind.name:10}{len(one.leaks):7}{f'{one.looked} of {one.of}':>16}  {kind.question}")
    for name, one in found.items():
        for leak in one.leaks[:SHOWN]:
            typer.echo(f"LEAK {name}: {leak.one} ({leak.parts[0]}) and {leak.other} ({leak.parts[1]}): {leak.what}")
        if len(one.leaks) > SHOWN:
            typer.echo(f"     {name}: {len(one.leaks) - SHOWN} more; all with --out")
    labels = {key: value for key, value in found["labels"].facts.items() if value is not None}
    typer.echo("labels: " + ", ".join(f"{k.replace('_', ' ')} {v:.3g}" for k, v in labels.items()))
    for id, why in sorted(evidence.unreadable.items())[:SHOWN]:
        typer.echo(f"not looked at: {id}: {why}")
    leaks = sum(len(one.leaks) for one in found.values())
    partly = any(one.looked < one.of for one in found.values())
    verdict = f"{leaks} leaks" if leaks else "no leak found" + (" in what could be looked at" if partly else "")
    typer.echo(verdict)
