"""xperience embed: what a trained model makes of a recording, as arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xperience.cli import THREADS
from xperience.threads import fix


def register(app: typer.Typer) -> None:
    @app.command("embed")
    def embed(
        run: Annotated[Path, typer.Argument(help="Folder of `xperience pretrain`, finished.", metavar="RUN")],
        episode: Annotated[
            Path, typer.Argument(help="Episode folder, or a folder of `xperience prepare`.", metavar="EPISODE")
        ],
        out: Annotated[Path, typer.Option("--out", help="File to write, .npy; two more stand beside it.")],
        recording: Annotated[str, typer.Option(help="Id of one recording of a prepared folder; all without it.")] = "",
        stride: Annotated[int, typer.Option(min=1, help="Frames from one window to the next.")] = 5,
        threads: Annotated[int | None, THREADS] = None,
        device: Annotated[str, typer.Option(help="cpu, cuda, or cuda:N.")] = "cpu",
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
    ) -> None:
        """Write a trained model's representation of a recording, for use with numpy alone.

        A recording is prepared in a temporary folder just as the run's data was. Streams that it lacks are absent to
        the model, which goes by the others. The model reads sensors, no captions.

        \b
        x.npy          [windows, width] float32, a vector for each window
        x.tokens.npz   tokens [windows, tokens, width] with names, times in seconds, presence of each stream
        x.json         run, recordings, shapes and units

        \b
        Examples:
        xperience embed run recordings/session/ep1 --out x.npy
        xperience embed run prepared --recording session__ep1 --stride 20 --out x.npy
        """
        fix(threads)
        from xperience.evaluation.embed import embed as work

        found = work(run, episode, out, recording=recording, stride=stride, device=device, show=not quiet)
        windows, width = found["files"][out.name]["shape"]
        typer.echo(f"{out}: {windows} windows of {len(found['recordings'])} recordings, {width} numbers each")
        for one in found["recordings"]:
            if one["absent"]:
                typer.echo(f"{one['id']} without {', '.join(one['absent'])}", err=True)
