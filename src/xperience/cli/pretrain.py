"""xperience pretrain: train the model on prepared data."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from xperience.cli import THREADS
from xperience.threads import fix


def register(app: typer.Typer) -> None:
    @app.command("pretrain")
    def pretrain(
        config: Annotated[str, typer.Argument(help="TOML file, or one of: nano, micro, 0.3b, 1b, 3b, 7b.")],
        data: Annotated[
            list[Path] | None, typer.Option("--data", help="Folder of `xperience prepare`; may be repeated.")
        ] = None,
        out: Annotated[
            Path | None, typer.Option("--out", help="Folder of the run; if it is begun, it goes on.")
        ] = None,
        settings: Annotated[
            list[str] | None,
            typer.Option("--set", help="Replace a key of the config; may be repeated.", metavar="KEY=VALUE"),
        ] = None,
        plan: Annotated[bool, typer.Option("--plan", help="Only print memory, operations and expected time.")] = False,
        gpus: Annotated[int, typer.Option("--gpus", min=1, help="GPUs of the plan.")] = 1,
        threads: Annotated[int | None, THREADS] = None,
        quiet: Annotated[bool, typer.Option("--quiet", help="Nothing on the screen but errors.")] = False,
    ) -> None:
        """Train the model on prepared data; stopped at any moment, the same command goes on where it was.

        The same under torchrun, on any number of processes and machines, also another number than before:
        torchrun --nproc-per-node 8 -m xperience pretrain 1b --data DIR --out RUN

        \b
        RUN/progress.jsonl, tensorboard/   every step
        RUN/checkpoints/                   to go on from; damaged ones are passed over
        RUN/weights.safetensors            at the end: student, teacher, objectives
        RUN/RUN_REPORT.md, MODEL_CARD.md, DATA_BOUNDARY_REPORT.md

        Exit status: 0 at the end; 75 where SIGTERM or SIGINT asked to stop and all is saved; 2 for what you can put
        right, before training starts; 70 where too many losses were not finite (the batches are in RUN/bad).

        Examples:
        xperience pretrain nano --data prepared --out run --set run.minutes=5
        xperience pretrain 1b --plan --gpus 64
        """
        fix(threads)
        from xperience.errors import UsageError
        from xperience.pretrain.config import load_config

        chosen = load_config(config, _values(settings or []))
        if plan:
            from xperience.pretrain.costs import plan as costs
            from xperience.pretrain.run import planned_shape

            typer.echo(costs(chosen, planned_shape(chosen, list(data or [])), gpus))
            return
        if not data or out is None:
            raise UsageError("nothing to train on", field="--data, --out", hint="give both, or --plan")
        from xperience.pretrain import distributed
        from xperience.pretrain.run import pretrain as run
        from xperience.pretrain.trainer import DIVERGED, STOPPED, DivergedError
        from xperience.processes import GOES_ON

        def say(text: str) -> None:
            if not quiet:
                typer.echo(text, err=True)

        try:
            outcome = run(chosen, data, out, say)
        except DivergedError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(DIVERGED) from error
        # only here: a rank with an error must not wait for the others, who wait for it; torchrun ends them
        distributed.finish()
        if outcome.code == STOPPED and int(os.environ.get("RANK", "0")) == 0:
            typer.echo(GOES_ON, err=True)
        raise typer.Exit(outcome.code)


def _values(settings: list[str]) -> dict[str, Any]:
    """KEY=VALUE pairs, values as TOML, or as text where they are none."""
    from xperience.errors import UsageError

    found: dict[str, Any] = {}
    for text in settings:
        key, mark, value = text.partition("=")
        if not mark:
            raise UsageError("no value given", field="--set", found=text, expected="KEY=VALUE")
        try:
            found[key.strip()] = tomllib.loads(f"x = {value}")["x"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = value
    return found
