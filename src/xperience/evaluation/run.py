"""From a trained run and prepared data to evaluation.json and a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from xperience.benchmark.collect import collect
from xperience.benchmark.recording import Recording
from xperience.benchmark.run import run_benchmark
from xperience.benchmark.samples import NotMeasurable
from xperience.benchmark.summary import Summary
from xperience.benchmark.task import ALL, VISION
from xperience.benchmark.tasks import choose as choose_tasks
from xperience.benchmark.tasks.misalignment_detection import MOVING, SENSED
from xperience.errors import LimitError, UsageError
from xperience.evaluation.beside import beside
from xperience.evaluation.embedded import EmbeddedRecording, View
from xperience.evaluation.inputs import Inputs, inputs_of
from xperience.evaluation.kept import KeptViews
from xperience.evaluation.opening import fits, recipe_of, restored_of
from xperience.evaluation.recordings import recordings_of
from xperience.evaluation.sections import Bench, choose, section
from xperience.evaluation.tasks import compare, measure
from xperience.evaluation.viewer import Viewer
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.windows import FRAMES
from xperience.pretrain.run import Restored
from xperience.progress import meter, track
from xperience.storage import digest, write_json
from xperience.threads import cores

EVALUATION, VIEWS = "evaluation.json", "views"
HEADS = ("linear", "mlp")


def evaluate(
    run: Path,
    data: Path,
    out: Path,
    *,
    episodes: Path | None = None,
    heldout: Sequence[Path] = (),
    tasks: Sequence[str] | None = None,
    sections: Sequence[str] | None = None,
    device: str = "cpu",
    seed: int = 0,
    workers: int = 1,
    show: bool = True,
    command: str = "",
) -> dict[str, Any]:
    """Measures a trained model on the validation and test recordings of prepared data; what was written.

    Args:
        run: of `xperience pretrain`. data: of `xperience prepare`, with its split. episodes: the recordings themselves,
            for linear and MLP heads on contract features. heldout: further prepared data, on which everything is test.

    Raises:
        XperienceError: what cannot be read, or does not fit the model.
    """
    started = time.monotonic()
    asked = choose(list(sections) if sections else None)
    restored, prepared, recipe = restored_of(run, device), Prepared.open(data), recipe_of(run)
    _windowed(restored, run)
    further = [Prepared.open(path) for path in heldout]
    for one in (prepared, *further):
        fits(restored, one, recipe)
        if not (one.frames >= FRAMES).any():
            raise LimitError("no recording is as long as a window", file=one.folder, expected=f"{FRAMES} frames")
    viewer = Viewer(restored, prepared)
    sides = {
        side: [id for id, one in zip(prepared.ids, prepared.sides, strict=True) if one == side]
        for side in ("train", "val", "test")
    }
    if not sides["train"] or not sides["test"]:
        raise UsageError("the prepared data has no train or no test side", file=data, field="split")
    short = {id for id, frames in zip(prepared.ids, prepared.frames, strict=True) if frames < FRAMES}
    sides = {side: [id for id in ids if id not in short] for side, ids in sides.items()}
    if not sides["train"] or not sides["test"]:
        raise LimitError(
            "no recording of the train or of the test side is as long as a window", file=data,
            expected=f"{FRAMES} frames",
        )  # fmt: skip
    plain = _recordings(prepared, short, episodes, out, workers, show)
    chosen = choose_tasks(list(tasks) if tasks else None)
    identity = digest((run / "weights.safetensors").read_bytes())
    names = [task.id for task in chosen]
    with ExitStack() as stack:
        if episodes is not None and cores() > 1:
            wait = stack.enter_context(beside(_heads, episodes, out, sides, names, seed, False))
        recordings = _embedded(plain, viewer, needed(chosen), identity, out, show)
        rows = measure(recordings, sides, restored.texts, out / "model", tasks=names, seed=seed, show=show)
        if episodes is not None:
            if cores() > 1:
                wait()
            compare(rows, _heads(episodes, out, sides, names, seed, show), out / "model", seed)
    bench = Bench(
        viewer, recordings, sides, out, {one.folder.name: Viewer(restored, one) for one in further}, seed, show
    )
    found: dict[str, Any] = {
        "command": command,
        "run": run.name,
        "data": data.name,
        "model": restored.shape.to_json(),
        "weights": identity,
        "episodes": {side: len(ids) for side, ids in sides.items()},
        "set_aside": [{"episode": id, "reason": f"shorter than {FRAMES} frames"} for id in sorted(short)],
        "test_sessions": len({r.session for r in bench.of("test")}),
        "tasks": [row.to_json() for row in rows],
        "sections": {},
    }
    for name in track(asked, "sections", show=show):
        write_json(out / EVALUATION, found)  # what is there stays, whatever comes
        part = section(name)
        try:
            found["sections"][name] = {"title": part.TITLE} | part.measure(bench)
        except NotMeasurable as reason:
            found["sections"][name] = {"title": part.TITLE, "reason": str(reason)}
    found["seconds"] = round(time.monotonic() - started, 1)
    write_json(out / EVALUATION, found)
    return found


def needed(tasks: Sequence[Any]) -> list[Inputs]:
    """Every set of inputs that the tasks ask for, and those of the model's own questions; each once."""
    blocks = [ALL, VISION, *(task.blocks for task in tasks)]
    if any(task.id == "misalignment_detection" for task in tasks):
        blocks += [MOVING, SENSED]
    return list(dict.fromkeys(inputs_of(one) for one in blocks))


def _embedded(
    plain: Sequence[Recording], viewer: Viewer, inputs: Sequence[Inputs], weights: str, out: Path, show: bool
) -> list[EmbeddedRecording]:
    """Recordings with their views, which are made where they are not below `out` yet."""
    data = digest((viewer.prepared.folder / "prepare.json").read_bytes())
    found = []
    with meter("windows through the model", sum(len(one.windows) for one in plain), show=show) as advance:
        for one in plain:
            starts = one.windows.start_frame
            views = KeptViews.of(out / VIEWS, one.id, weights, viewer.precision, data, digest(starts.tobytes()))
            lacking = views.lacking(inputs)
            if lacking:
                parts = viewer.some_views(one.id, lacking, starts, content=inputs_of(ALL))
                views.write(_told(parts, advance), len(starts))
            else:
                advance(len(starts))
            found.append(EmbeddedRecording.of(one, views, weights))
    return found


def _told(parts: Iterable[dict[Inputs, View]], advance: Callable[[float], None]) -> Iterator[dict[Inputs, View]]:
    for part in parts:
        yield part
        advance(len(next(iter(part.values())).tokens))


def _windowed(restored: Restored, run: Path) -> None:
    """That the model reads windows as the tasks have them.

    Raises:
        UsageError: it does not.
    """
    frames = restored.config.data.frames
    if frames != FRAMES:
        raise UsageError(
            "the model's windows are not those of the tasks", file=run / "config.json", field="data.frames",
            found=frames, expected=FRAMES,
            hint=f"train a run with data.frames = {FRAMES}; `xperience embed` takes this one as it is",
        )  # fmt: skip


def _recordings(
    prepared: Prepared, short: set[str], episodes: Path | None, out: Path, workers: int, show: bool
) -> list[Recording]:
    """From the recordings themselves where they are given, else from what was prepared; without short ones."""
    if episodes is None:
        return recordings_of(prepared, short)
    found, _ = collect(episodes, out / "heads", workers=workers, show=show)
    there = {recording.id: recording for recording in found}
    gone = [id for id in prepared.ids if id not in there and id not in short]
    if gone:
        raise UsageError(
            "prepared recordings are not among the episodes", field="--episodes", found=f"{len(gone)}, first {gone[0]}",
            hint="give the folder that was prepared",
        )  # fmt: skip
    return [there[id] for id in sorted(prepared.ids) if id not in short]


def _heads(
    episodes: Path, out: Path, sides: dict[str, list[str]], tasks: list[str], seed: int, show: bool
) -> dict[str, tuple[Summary, Path]]:
    found = {}
    for name in HEADS:
        summary = run_benchmark(episodes, out / "heads", tasks=tasks, sides=sides, head_name=name, seed=seed, show=show)
        found[name] = (summary, out / "heads" if name == "linear" else out / "heads" / name)
    return found
