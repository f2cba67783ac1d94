"""xperience windows: the benchmark's windows over a recording, with their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("windows")
    def windows(
        episode: Annotated[Path, typer.Argument(help="Episode folder or its annotation.hdf5.")],
        out: Annotated[Path, typer.Option(help="CSV to write.")] = Path("windows.csv"),
        frames: Annotated[int, typer.Option(min=1, help="Frames of a window.")] = 20,
        stride: Annotated[int, typer.Option(min=1, help="Frames from one window's start to the next.")] = 5,
        multiscale: Annotated[
            bool, typer.Option("--multiscale", help="Also write the scales 20/10, 40/20 and 80/40.")
        ] = False,
        scale: Annotated[
            list[str] | None,
            typer.Option(help="Also write this scale, as FRAMES/STRIDE; may be given several times.", metavar="F/S"),
        ] = None,
    ) -> None:
        """Cut a recording into windows and write their labels.

        A window's label is the most frequent label of its frames if it covers at least 60 % of those that have one,
        else none. Columns: window_index, start_frame, end_frame (inclusive), center_frame, action_label,
        action_fraction, subtask_label, subtask_fraction.

        Further scales go beside the first file, with the scale in the name: windows.csv, windows_40_20.csv, ...

        Example: xperience windows data/session/ep1 --out windows.csv --multiscale --scale 160/80
        """
        from xperience.episode import Episode
        from xperience.prepare.windows import SCALES
        from xperience.prepare.windows import windows as cut

        scales = {out: (frames, stride)}
        for size in [*(SCALES if multiscale else ()), *map(_scale, scale or ())]:
            scales[out.with_name(f"{out.stem}_{size[0]}_{size[1]}{out.suffix}")] = size
        with Episode.open(episode) as recording:
            labels = recording.labels
        for path, size in scales.items():
            table = cut(labels, *size)
            table.write(path)
            named = int((table.action_label != "").sum())
            typer.echo(
                f"{path}: {len(table)} windows of {size[0]} frames every {size[1]}, {named} with an action label"
            )


def _scale(text: str) -> tuple[int, int]:
    from xperience.errors import UsageError

    frames, _, stride = text.partition("/")
    if not (frames.isdecimal() and stride.isdecimal() and int(frames) and int(stride)):
        raise UsageError("not a scale", field="--scale", found=text, expected="FRAMES/STRIDE, such as 40/20")
    return int(frames), int(stride)
