"""xperience corrupt: put a known fault into a copy of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xperience.errors import UsageError


def register(app: typer.Typer) -> None:
    @app.command("corrupt")
    def corrupt(
        episode: Annotated[Path | None, typer.Argument(help="Episode folder to copy.")] = None,
        out: Annotated[
            Path | None, typer.Argument(help="Folder of the damaged copy, such as BAD/<session>/ep1.")
        ] = None,
        fault: Annotated[str | None, typer.Option(help="Kind of fault; see --list.")] = None,
        severity: Annotated[float, typer.Option(help="0 to 1: 0.1 invisible, 0.5 moderate, 1 gross.")] = 0.5,
        modality: Annotated[str | None, typer.Option(help="Stream to hit, where the fault can hit several.")] = None,
        start: Annotated[float | None, typer.Option(help="Seconds from the first frame.")] = None,
        end: Annotated[float | None, typer.Option(help="Seconds from the first frame.")] = None,
        seed: Annotated[int, typer.Option(help="The same seed gives the same damage.")] = 0,
        list_: Annotated[bool, typer.Option("--list", help="List the kinds of fault and their strengths.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    ) -> None:
        """Copy an episode and damage the copy, to see whether `xperience check` finds it.

        What was done is printed, and written to _truth/<episode id>/truth.json beside the copy's session.

        Example: xperience corrupt data/<session>/ep1 bad/<session>/ep1 --fault video_frozen --severity 0.5
        """
        import json

        from xperience.simulate import faults
        from xperience.simulate.faults import corrupt as work

        if list_:
            _list(faults.all_faults(), json_)
            return
        if episode is None or out is None or fault is None:
            raise UsageError("what is to be damaged, where and how?", expected="EPISODE OUT --fault NAME, or --list")
        if out.exists():
            raise UsageError("there is something already", file=out, hint="choose another folder")
        order = work.Order(0, fault, severity, modality, start, end)
        resolved = out.resolve()
        truth = resolved.parent.parent / "_truth" / f"{resolved.parent.name}__{resolved.name}"
        done = work.corrupt(episode, out, order, seed=seed, truth=truth)
        if json_:
            typer.echo(json.dumps(done))
        else:
            size = f"{done['magnitude']:.4g} {done['unit']}"
            typer.echo(f"{done['fault']} on {done['modality']}, {done['start_s']:.2f}-{done['end_s']:.2f} s: {size}")
            typer.echo(f"wrote {out}")


def _list(kinds: dict, as_json: bool) -> None:
    import json

    if as_json:
        rows = [
            {
                "name": fault.name,
                "what": fault.what,
                "modalities": list(fault.modalities),
                "unit": fault.magnitude.unit,
                "invisible": fault.magnitude.invisible,
                "moderate": fault.magnitude.moderate,
                "gross": fault.magnitude.gross,
            }
            for fault in kinds.values()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    for fault in kinds.values():
        m = fault.magnitude
        typer.echo(f"{fault.name:22} {fault.what}")
        typer.echo(f"{'':22} {', '.join(fault.modalities)}; {m.invisible:g} / {m.moderate:g} / {m.gross:g} {m.unit}")
