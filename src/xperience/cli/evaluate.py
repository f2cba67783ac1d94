"""xperience evaluate: a trained model beside linear and MLP heads, and what only a model can be asked."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from xperience.cli import THREADS
from xperience.threads import fix


def register(app: typer.Typer) -> None:
    @app.command("evaluate")
    def evaluate(
        run: Annotated[Path, typer.Argument(help="Folder of `xperience pretrain`, finished.", metavar="RUN")],
        data: Annotated[Path, typer.Option("--data", help="Folder of `xperience prepare`, with train and test sides.")],
        out: Annotated[Path, typer.Option("--out", help="Folder for results and the page.")],
        episodes: Annotated[
            Path | None,
            typer.Option("--episodes", help="The recordings that were prepared: trains linear and MLP heads on them."),
        ] = None,
        heldout: Annotated[
            list[Path] | None,
            typer.Option("--heldout", help="Further prepared data on which everything is test; may be repeated."),
        ] = None,
        tasks: Annotated[str, typer.Option(help="Task ids joined by commas; all where left away.")] = "",
        sections: Annotated[
            str, typer.Option(help="Sections joined by commas, such as forecasts,retrieval; all where left away.")
        ] = "",
        seed: Annotated[int, typer.Option(min=0, help="Of probes, draws of baselines and intervals.")] = 0,
        device: Annotated[str, typer.Option(help="cpu, cuda, or cuda:N.")] = "cpu",
        threads: Annotated[int | None, THREADS] = None,
        workers: Annotated[int, typer.Option(min=1, help="Processes that extract features for the heads.")] = 1,
        quiet: Annotated[bool, typer.Option("--quiet", help="No progress bars.")] = False,
        json_: Annotated[bool, typer.Option("--json", help="Print evaluation.json instead of a table.")] = False,
    ) -> None:
        """Measure a trained model on recordings that it never saw, beside heads on plain features.

        The model is frozen. Each task is answered by its own heads and by linear and attentive probes of its tokens;
        the way that is best on the validation recordings stands for it. With --episodes the same tasks are answered by
        linear and MLP heads: a win is an interval of the difference, over test sessions, that excludes zero. Then come
        questions that only a model can answer: forecasts, retrieval, what is missing, text, nearest neighbours.

        \b
        OUT/index.html        one page, without network
        OUT/evaluation.json   everything, for machines
        OUT/model/, heads/    each task's predictions, as of `xperience benchmark`
        OUT/pictures/         what the page shows

        Examples:
        xperience evaluate run --data prepared --out evaluated --episodes recordings
        xperience evaluate run --data prepared --out quick --tasks contact_prediction --sections forecasts
        """
        fix(threads)
        from xperience.benchmark.tasks import choose as tasks_of
        from xperience.evaluation.run import evaluate as measure
        from xperience.evaluation.sections import choose as sections_of
        from xperience.report import model_page
        from xperience.storage import to_json

        tasks_of(_names(tasks))
        sections_of(_names(sections))  # a wrong name is said now, not after the measuring
        found = measure(
            run,
            data,
            out,
            episodes=episodes,
            heldout=heldout or [],
            tasks=_names(tasks),
            sections=_names(sections),
            device=device,
            seed=seed,
            workers=workers,
            show=not quiet,
            command=shlex.join(["xperience", *(Path(a).name if Path(a).is_absolute() else a for a in sys.argv[1:])]),
        )
        page = model_page.build(out)
        if json_:
            typer.echo(to_json(found), nl=False)
            return
        typer.echo(table(found))
        for one in found["set_aside"]:
            typer.echo(f"{one['episode']} set aside: {one['reason']}", err=True)
        typer.echo(page.resolve())


def _names(text: str) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] or None


def table(found: dict[str, Any]) -> str:
    """The tasks as lines of text, with the counts of their words below."""
    from xperience.report.model.scores import best_baseline, claim_of, is_task
    from xperience.scoring.words import headline

    lines = [
        f"{'task':26s} {'metric':9s} {'model':>8s}  {'95 % interval':18s} {'way':15s} {'linear':>8s} {'mlp':>8s}  "
        f"{'best trivial baseline':28s} in words"
    ]
    for row in found["tasks"]:
        heads, trivial, span, earned = row["heads"], best_baseline(row), row["interval"], claim_of(row)
        interval = f"{_number(span[0])} to {_number(span[1])}" if span else "-"
        lines.append(
            f"{row['id']:26s} {row['metric']:9s} {_number(row['score']):>8s}  {interval:18s} {row['chosen'] or '-':15s} "
            f"{_number(heads.get('linear')):>8s} {_number(heads.get('mlp')):>8s}  "
            f"{f'{trivial[0]} {_number(trivial[1])}' if trivial else '-':28s} {earned.word}"
        )
        if earned.note:
            lines.append(f"    {earned.word}: {earned.note}")
    claims = [claim_of(row) for row in found["tasks"] if is_task(row)]
    return "\n".join([*lines, "", *([headline(claims), f"({claims[0].scope})"] if claims else [])])


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
