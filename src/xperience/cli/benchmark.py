"""xperience benchmark: the twelve tasks with linear heads, beside their trivial baselines."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xperience.cli import THREADS
from xperience.threads import fix

if TYPE_CHECKING:
    from xperience.benchmark.summary import Summary


def register(app: typer.Typer) -> None:
    @app.command("benchmark")
    def benchmark(
        path: Annotated[Path, typer.Argument(help="An episode, or a folder of episodes.")],
        out: Annotated[Path, typer.Option("--out", help="Folder for results; features are kept under it.")],
        tasks: Annotated[str, typer.Option(help="Task ids joined by commas; all where left away.")] = "",
        hold_out: Annotated[
            str | None, typer.Option(help="Several episodes: hold out whole episode or session.")
        ] = None,
        test_from: Annotated[
            int | None, typer.Option(help="One episode: train on what lies before this frame, test from it on.")
        ] = None,
        ratios: Annotated[
            str, typer.Option(help="Several: shares of train, val, test. 0.75,0.125,0.125; 0.75,0,0.25 for below 16.")
        ] = "",
        split: Annotated[
            Path | None, typer.Option(help="A split made by `xperience split`; instead of --hold-out and --ratios.")
        ] = None,
        heads: Annotated[str, typer.Option(help="linear, mlp (needs the train extra), or both by comma.")] = "linear",
        seed: Annotated[int, typer.Option(help="Which episodes are held out; draws of baselines, intervals.")] = 0,
        threads: Annotated[int | None, THREADS] = None,
        workers: Annotated[int, typer.Option(min=1, help="Processes that extract features.")] = 1,
        json_: Annotated[bool, typer.Option("--json", help="Print the summary instead of a table.")] = False,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
    ) -> None:
        """Measure the twelve tasks with linear or MLP heads, beside trivial baselines, intervals and counts.

        One episode is split in time (the first 70 % train); of several, whole episodes or sessions are held out.
        Windows are never split at random. Tasks whose input or target is absent are reported as not measurable,
        with the reason. Run again, finished tasks are not computed anew.

        \b
        OUT/summary_report.json   everything, for machines
        OUT/<task>/               metrics.json, predictions.csv, RUN_REPORT.md ...
        OUT/mlp/                  the same for the MLP heads
        OUT/features/<episode>/   the features, reused
        """
        fix(threads)
        from dataclasses import asdict

        from xperience.benchmark.run import run_benchmark
        from xperience.errors import UsageError
        from xperience.storage import to_json

        try:
            shares = [float(part) for part in ratios.split(",")] if ratios else None
        except ValueError as error:
            raise UsageError("not numbers", field="--ratios", found=ratios, expected="0.75,0.125,0.125") from error
        sides = None
        if split is not None:
            if hold_out or ratios or test_from is not None:
                raise UsageError("give --split or the other options of a split, not both", field="--split")
            from xperience.corpus.splits import Split

            chosen = Split.load(split)
            sides = {"train": chosen.train, "val": chosen.val, "test": chosen.test}
        for head in [name.strip() for name in heads.split(",") if name.strip()]:
            summary = run_benchmark(
                path,
                out,
                tasks=[name.strip() for name in tasks.split(",") if name.strip()],
                hold_out=hold_out,
                test_from=test_from,
                ratios=shares,
                sides=sides,
                head_name=head,
                seed=seed,
                workers=workers,
                show=not quiet,
                command=shlex.join(
                    ["xperience", *(Path(a).name if Path(a).is_absolute() else a for a in sys.argv[1:])]
                ),
            )
            if json_:
                typer.echo(to_json(asdict(summary)), nl=False)
            else:
                _print(summary)


def _print(summary: Summary) -> None:
    from xperience.benchmark.outputs import number

    typer.echo(f"{summary.split.text}\n")
    typer.echo(
        f"{'task':26s} {'metric':9s} {'score':>10s}  {'95 % interval':22s} {'best trivial baseline':28s} in words"
    )
    for result in summary.tasks.values():
        pick = max if result.higher_is_better else min
        best = pick(result.baselines, key=lambda b: b.score) if result.baselines else None
        trivial = f"{best.name} {number(best.score)}" if best else "-"
        span = f"{number(result.interval.low)} to {number(result.interval.high)}" if result.interval else "-"
        score = number(result.score) if result.score is not None else "-"
        typer.echo(f"{result.id:26s} {result.metric:9s} {score:>10s}  {span:22s} {trivial:28s} {result.word}")
        if result.word_note:
            typer.echo(f"    {result.word_note}")
