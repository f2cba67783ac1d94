"""Many simulated episodes: which there are, which are still missing, and who makes them.

Everything follows from the options. Episode k of a campaign belongs to session k modulo M; its seed is drawn from the
campaign's seed and k alone, so that asking for more episodes later adds to those that are there.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xperience import extras, storage
from xperience.episode import layout
from xperience.episode.cameras import VIEWS
from xperience.errors import CorruptError, UsageError
from xperience.simulate import truth
from xperience.simulate.rig import depth_camera, rig_at
from xperience.simulate.workers import work_through

if TYPE_CHECKING:
    from xperience.simulate.faults.corrupt import Order
    from xperience.simulate.scenario import HeldOut

_CAPTION = 1_000_001
"""Number of the caption's random stream."""

LONGEST_S = 4 * 3600.0
SHORTEST_S = 1.0


@dataclass(frozen=True)
class Recipe:
    """What decides the content of an episode.

    Attributes:
        seconds: length of each episode. width: pixels of every view, None for the real sizes. seed: of the campaign.
        sessions: how many sessions share the episodes.
        held_out: names of objects, places and activities that are kept apart: none of them occurs, or with
            `use_held_out` at least one of them in every episode.
    """

    seconds: float
    width: int | None
    seed: int
    sessions: int
    held_out: tuple[str, ...] = ()
    use_held_out: bool = False


@dataclass(frozen=True)
class Job:
    """One episode to make. `seed` and `session_seed` go to the scenario; `orders` are the faults it gets."""

    recipe: Recipe
    index: int
    session: str
    name: str
    seed: int
    session_seed: int
    orders: tuple[Order, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.session}__{self.name}"

    @property
    def frames(self) -> int:
        return round(self.recipe.seconds * layout.NOMINAL_FPS)


def plan(recipe: Recipe, episodes: int) -> list[Job]:
    """All episodes of a campaign, dealt to its sessions in turn.

    Raises:
        UsageError: an option is out of range.
    """
    if episodes < 1:
        raise UsageError("nothing to simulate", field="--episodes", found=episodes, expected="1 or more")
    if not SHORTEST_S <= recipe.seconds <= LONGEST_S:
        expected = f"{SHORTEST_S:g} to {LONGEST_S:g}"
        raise UsageError("not a possible length", field="--seconds", found=recipe.seconds, expected=expected)
    if recipe.sessions < 1:
        raise UsageError("there must be a session", field="--sessions", found=recipe.sessions, expected="1 or more")
    if recipe.seed < 0:
        raise UsageError("not a seed", field="--seed", found=recipe.seed, expected="0 or more")
    rig_at(recipe.width)
    held_out(recipe)
    jobs = []
    for index in range(episodes):
        session = index % recipe.sessions
        jobs.append(
            Job(
                recipe,
                index,
                str(uuid.UUID(storage.digest("session", str(recipe.seed), str(session)), version=4)),
                f"ep{index // recipe.sessions + 1}",
                _seed("episode", recipe.seed, index),
                _seed("session", recipe.seed, session),
            )
        )
    return jobs


def with_faults(jobs: list[Job], orders: Sequence[Order]) -> list[Job]:
    """The jobs with the faults that are meant for them, by index or by id.

    Raises:
        UsageError: a fault is meant for an episode that is not among them.
    """
    wanted: dict[int, list[Order]] = {job.index: [] for job in jobs}
    by_name = {job.id: job.index for job in jobs}
    for order in orders:
        index = by_name.get(order.episode, -1) if isinstance(order.episode, str) else order.episode
        if index not in wanted:
            raise UsageError(
                "a fault is meant for an episode that is not made",
                field="episode",
                found=order.episode,
                expected=f"an index from 0 to {len(jobs) - 1}, or an id such as {jobs[0].id}",
            )
        wanted[index].append(order)
    return [replace(job, orders=tuple(wanted[job.index])) for job in jobs]


def held_out(recipe: Recipe) -> HeldOut:
    """What a recipe keeps apart, sorted into objects, places and activities.

    Raises:
        UsageError: a name is none of these; the nearest one is offered.
    """
    import difflib

    from xperience.simulate.activities import activities
    from xperience.simulate.objects import kinds
    from xperience.simulate.places import places
    from xperience.simulate.scenario import HeldOut

    known = [set(kinds()), set(places()), set(activities())]
    for name in recipe.held_out:
        if not any(name in names for names in known):
            near = difflib.get_close_matches(name, set().union(*known), 1)
            hint = f"did you mean {near[0]}?" if near else None
            raise UsageError(
                "no such object, place or activity", field="--hold-out", found=name, expected=_some(known), hint=hint
            )
    objects, rooms, tasks = (frozenset(recipe.held_out) & names for names in known)
    return HeldOut(objects, rooms, tasks, recipe.use_held_out)


def _some(known: list[set[str]]) -> str:
    return "; ".join(", ".join(sorted(names)[:6]) + " ..." for names in known)


def _seed(*parts: object) -> int:
    return int(storage.digest(*(str(part) for part in parts))[:8], 16)


def run(out: Path, jobs: list[Job], workers: int, advance: Callable[[int], None] = lambda frames: None) -> list[Path]:
    """Makes the episodes that are missing under `out` and returns the folders of all.

    Args:
        workers: processes; the bytes written do not depend on it.
        advance: told of frames as they are done, kept episodes included.

    Raises:
        UsageError: an episode is there that was made with other options.
        MissingError: the ray caster is not installed.
    """
    if workers < 1:
        raise UsageError("there must be a worker", field="--workers", found=workers, expected="1 or more")
    require_embreex()
    missing = []
    for job in jobs:
        if is_made(out, job):
            advance(job.frames)
        else:
            missing.append(job)
    for job in missing:
        _clear(out, job)
    work = partial(make, out)
    if workers == 1 or len(missing) < 2:
        for job in missing:
            work(job, advance)
    else:
        for frames in work_through(missing, work, min(workers, len(missing))):
            advance(frames)
    return [out / job.session / job.name for job in jobs]


def make(out: Path, job: Job, advance: Callable[[int], None] = lambda frames: None) -> None:
    """Makes one episode and its truth."""
    from xperience.simulate.language import caption_json
    from xperience.simulate.motion import animate
    from xperience.simulate.recording import Recorder
    from xperience.simulate.scenario import plan_scenario

    recipe = job.recipe
    recorder = Recorder(recipe.width, partial(advance, 1))
    clocks = recorder.clocks(job.frames, job.seed)
    duration_s = float(clocks.frame_s[-1]) + 1 / layout.NOMINAL_FPS
    scenario = plan_scenario(job.seed, job.session_seed, duration_s, held_out=held_out(recipe))
    caption = caption_json(scenario, clocks.frame_ns, np.random.default_rng([job.seed, _CAPTION]))
    facts = {"episode": job.id, "session": job.session, "recipe": _recipe(job)}
    recorder.record(
        animate(scenario),
        caption,
        clocks,
        out / job.session / job.name,
        _truth(out, job),
        facts,
        lambda folder: _damage(folder, job),
    )


def _damage(folder: Path, job: Job) -> list[dict[str, Any]]:
    """Puts the job's faults into a finished recording, one after the other."""
    from xperience.simulate.faults.corrupt import damage

    return [damage(folder, order, seed=job.seed + k) for k, order in enumerate(job.orders)]


def is_made(out: Path, job: Job) -> bool:
    """Whether the episode is there, whole.

    Raises:
        UsageError: it was made with other options.
    """
    folder = out / job.session / job.name
    if not folder.exists():
        return False
    facts = _truth(out, job) / truth.FACTS
    if facts.is_file():
        try:
            recipe = json.loads(facts.read_text(encoding="utf-8")).get("recipe")
        except (ValueError, AttributeError) as error:
            raise CorruptError("truth of an episode cannot be read", file=facts, found=str(error)[:200]) from error
        if recipe != _recipe(job):
            raise UsageError(
                "an episode made with other options is already there",
                file=folder,
                found=recipe,
                expected=_recipe(job),
                hint="choose another folder, or the options it was made with",
            )
    return True


def _recipe(job: Job) -> dict[str, Any]:
    recipe = {**asdict(job.recipe), "index": job.index}
    if job.recipe.held_out:
        recipe["held_out"] = list(job.recipe.held_out)  # as JSON gives it back
    else:
        del recipe["held_out"], recipe["use_held_out"]
    if job.orders:
        recipe["faults"] = [asdict(order) for order in job.orders]
    return recipe


def _truth(out: Path, job: Job) -> Path:
    return out / truth.TRUTH_FOLDER / job.id


def _clear(out: Path, job: Job) -> None:
    """Removes what an interrupted run left of an episode."""
    for folder in (out / job.session / job.name, _truth(out, job)):
        for left in folder.parent.glob(f".{folder.name}.*.tmp"):
            shutil.rmtree(left, ignore_errors=True)


def require_embreex() -> None:
    """Raises MissingError where the ray caster is not installed."""
    extras.require("sim", "simulation")


@dataclass(frozen=True)
class Estimate:
    """What a campaign will take. `frames` counts those still to be made, as do the other numbers."""

    frames: int
    data_bytes: int
    seconds: float


# Measured on 2026-11-21 on one core of an AMD EPYC (Genoa) with `benchmarks/simulate.py --sizes 64 160 320 real`,
# fitted by eye; good to a third. Rooms full of detail take more bytes than bare ones.
_SECONDS_AN_EPISODE, _SECONDS_A_FRAME, _SECONDS_A_PIXEL = 0.6, 0.008, 1.75e-7
_VIDEO_BYTES, _VIDEO_EXPONENT = 1.7, 0.8
_SOUND_BYTES_A_FRAME = 600
_OTHER_BYTES_A_FRAME = 4100
_TRUTH_BYTES_A_FRAME, _TRUTH_BYTES_A_PIXEL = 3000, 0.055


def estimate(out: Path, jobs: list[Job], workers: int) -> Estimate:
    """Bytes and time for the episodes that are not there yet."""
    missing = [job for job in jobs if not is_made(out, job)]
    frames = sum(job.frames for job in missing)
    if not frames:
        return Estimate(0, 0, 0.0)
    rig = rig_at(missing[0].recipe.width)
    sizes = {view: rig[view].size or (0, 0) for view in VIEWS}
    pixels = sum(width * height for width, height in sizes.values())
    depth_width, depth_height = depth_camera(rig).size or (0, 0)
    stride = truth.mask_stride(max(width for width, _ in sizes.values()))
    bytes_a_frame = (
        _VIDEO_BYTES * pixels**_VIDEO_EXPONENT
        + _SOUND_BYTES_A_FRAME * len(VIEWS)
        + depth_width * depth_height * 5
        + _OTHER_BYTES_A_FRAME
        + _TRUTH_BYTES_A_FRAME
        + _TRUTH_BYTES_A_PIXEL * pixels / stride**2
    )
    seconds = len(missing) * _SECONDS_AN_EPISODE + frames * (_SECONDS_A_FRAME + pixels * _SECONDS_A_PIXEL)
    return Estimate(frames, round(frames * bytes_a_frame), seconds / min(workers, len(missing)))
