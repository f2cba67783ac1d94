"""From recordings to feature tables, streaming, by one process or several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xperience import storage
from xperience.episode import Episode
from xperience.episode.folders import file_name, find_episodes
from xperience.errors import LimitError, UsageError, XperienceError, let_through
from xperience.prepare.blocks.base import Windows
from xperience.prepare.features import FeatureTable, assemble, describe, is_done, load_features
from xperience.prepare.pool import Plan, open_pool, run
from xperience.prepare.windows import FRAMES, STRIDE, starts
from xperience.progress import meter

SET_ASIDE = "set_aside.json"

MAX_FRAMES, MAX_WINDOWS = 1_000_000, 100_000
"""Longest recording, about fourteen hours, and most windows: a table of 3.4 GB. Real ones have 6,000 and 1,200."""


def extract(
    episode: Episode | Path | str,
    *,
    frames: int = FRAMES,
    stride: int = STRIDE,
    workers: int = 1,
    show: bool = False,
) -> FeatureTable:
    """All blocks of the contract for all windows of a recording.

    A stream that cannot be read leaves its block marked absent, with the reason. The whole recording is never in
    memory: a full-length one takes about 300 MB a process.

    Args:
        episode: an open recording, its folder or its annotation.hdf5.
        frames, stride: the window; the contract's is 20 frames every 5.
        workers: processes.
        show: a progress bar.

    Raises:
        MissingError, CorruptError, FormatError: there is no recording, or it has no frame clock.
        UsageError: frames, stride or workers is below 1.
        LimitError: the recording is longer than MAX_FRAMES or MAX_WINDOWS.
    """
    _check_workers(workers)
    if not isinstance(episode, Episode):
        with Episode.open(episode) as opened:
            return extract(opened, frames=frames, stride=stride, workers=workers, show=show)
    plan = _plan(episode, frames, stride)
    plan.units = plan.spans.num_frames
    with open_pool(workers) as pool, meter("features, frames", episode.num_frames, show=show) as advance:
        (done,) = run([plan], workers, advance, pool)
    return assemble(episode, frames, stride, done.done)


@dataclass(frozen=True)
class Outcome:
    """What became of one recording of a folder.

    Attributes:
        episode: its id, or its path where it could not be opened.
        state: "made", "there" (was already) or "aside" (could not be read).
        reason: why it was set aside.
        present: number of blocks present.
    """

    episode: str
    state: str
    reason: str = ""
    present: int = 0


def extract_all(
    root: Path | str,
    out: Path | str,
    *,
    frames: int = FRAMES,
    stride: int = STRIDE,
    workers: int = 1,
    show: bool = True,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """The table of every recording below `root` into out/<episode id>/, those that are there already excepted.

    A recording that cannot be read is set aside by name in out/set_aside.json; the others go on.

    Raises:
        MissingError: there is no recording below `root`.
        UsageError: frames, stride or workers is below 1.
    """
    _check_workers(workers)
    out = Path(out)
    outcomes: list[Outcome] = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        tell(outcome)
        advance(1.0 if outcome.state != "made" else 0.0)

    paths = find_episodes(Path(root))
    with open_pool(workers) as pool, meter("features, episodes", len(paths), show=show) as advance:
        for plan in run(_waiting(paths, out, frames, stride, note), workers, advance, pool):
            with Episode.open(plan.path) as episode:
                table = assemble(episode, frames, stride, plan.done)
            table.save(out / file_name(table.info["episode"]))
            note(Outcome(table.info["episode"], "made", present=sum(table.present.values())))
    aside = {outcome.episode: outcome.reason for outcome in outcomes if outcome.state == "aside"}
    (out / SET_ASIDE).unlink(missing_ok=True)
    if aside:
        storage.write_json(out / SET_ASIDE, aside)
    return outcomes


def _waiting(paths: list[Path], out: Path, frames: int, stride: int, note: Callable[[Outcome], None]) -> Iterator[Plan]:
    for path in paths:
        try:
            with Episode.open(path) as episode:
                folder = out / file_name(episode.id)
                if is_done(folder, describe(episode, frames, stride)["identity"]):
                    present = sum(load_features(folder).present.values())
                    note(Outcome(episode.id, "there", present=present))
                    continue
                plan = _plan(episode, frames, stride)
        except UsageError:
            raise
        except XperienceError as error:
            let_through(error)
            note(Outcome(str(path), "aside", str(error)))
            continue
        yield plan


def _plan(episode: Episode, frames: int, stride: int) -> Plan:
    first = starts(min(episode.num_frames, MAX_FRAMES + 1), frames, stride)
    if episode.num_frames > MAX_FRAMES or len(first) > MAX_WINDOWS:
        raise LimitError(
            "recording is too long for one table",
            file=episode.file.path,
            found=f"{episode.num_frames} frames, {len(first)} windows or more",
            expected=f"at most {MAX_FRAMES} frames and {MAX_WINDOWS} windows",
            hint="take a larger stride, or cut the recording",
        )
    return Plan(episode.file.path, Windows(first, frames, episode.num_frames), 1.0)


def _check_workers(workers: int) -> None:
    if workers < 1:
        raise UsageError("there must be a worker", field="--workers", found=workers, expected="1 or more")
