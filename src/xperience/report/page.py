"""One self-contained page about a recording and what a benchmark run found: no request leaves it.

Captions, labels and file names come from anyone: everything goes through Jinja2 with autoescape, and the page's own
policy forbids every script but its own and every request.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from xperience import __version__
from xperience.benchmark.summary import SUMMARY_FILE, Summary, load_summary
from xperience.episode import Episode
from xperience.episode.episode import MODALITIES
from xperience.episode.presence import Presence
from xperience.report import figures, results, timeline, walkthrough
from xperience.report.figures.views import view_with_hands
from xperience.report.scene import Scene, choose_frame
from xperience.report.text import cut, sentence
from xperience.storage import write_text

if TYPE_CHECKING:
    from jinja2 import Environment

HERO_WIDTH = 600
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Fact:
    """A number at the top of the page and what it counts."""

    value: str
    name: str


def build(
    episode: Episode, out: Path, benchmark: Path | None = None, *, frame: int | None = None, show: bool = True
) -> Path:
    """Writes the page and returns its path.

    Args:
        episode: the recording that is shown; every stream may be absent.
        out: the .html file.
        benchmark: folder of a benchmark run; without one the page shows the recording alone.
        frame: the moment to show; chosen where not given.
        show: progress on standard error.

    Raises:
        MissingError, FormatError: the benchmark folder holds no summary that can be read.
        UsageError: there is no such frame.
    """
    summary = load_summary(benchmark) if benchmark is not None else None
    if benchmark is not None and benchmark.name == SUMMARY_FILE:
        benchmark = benchmark.parent
    scene = Scene(episode, choose_frame(episode) if frame is None else _checked(episode, frame))
    cards = figures.draw_all(scene, show=show)
    walks = walkthrough.walks(episode, summary) if summary is not None else []
    write_text(
        out,
        render(
            {
                "id": episode.id,
                "title": title(episode),
                "summary": summary,
                "split_text": sentence(summary.split.text) if summary is not None else "",
                "lead": lead(episode, summary),
                "hero": hero(scene),
                "facts": facts(episode, summary),
                "moment": f"{scene.time_s:.1f}",
                "cards": [card for card in cards if not card.absent],
                "absent": [card for card in cards if card.absent],
                "timeline": timeline.build(episode, summary, benchmark),
                "rows": results.rows(summary) if summary is not None else [],
                "legend": results.legend(),
                "walks": walks,
                "problems": episode.problems,
                "version": __version__,
            }
        ),
    )
    return out


def _checked(episode: Episode, frame: int) -> int:
    from xperience.errors import UsageError

    if not 0 <= frame < episode.num_frames:
        raise UsageError("no such frame", field="--frame", found=frame, expected=f"0 to {episode.num_frames - 1}")
    return frame


def environment() -> Environment:
    """Where pages find their templates: everything is escaped, and a missing value is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cut"] = cut
    return environment


def render(context: dict[str, object]) -> str:
    """The page's HTML from its parts."""
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    script_hash = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment().get_template("page.html").render(script=script, script_hash=script_hash, **context)


def hero(scene: Scene) -> Markup:
    """The picture at the top: the left stereo view, else the first view there is; empty without video."""
    for view in ("stereo_left", *scene.episode.views):
        if view in scene.episode.views:
            words = Markup("{}, second {:.1f}").format(view, scene.time_s)
            return view_with_hands(scene, view, HERO_WIDTH, words)[0]
    return Markup("")


def title(episode: Episode) -> str:
    task = episode.caption.main_task.strip() if episode.caption is not None else ""
    return cut(task, 160) or "A recording without a named task"


def lead(episode: Episode, summary: Summary | None) -> str:
    """What this is, in two sentences."""
    views, sensors = len(episode.views), []
    if views:
        sensors.append(f"{views} camera view{'s' if views > 1 else ''}")
    presence = episode.presence
    for name, words in (
        ("audio", "sound"),
        ("depth", "depth"),
        ("pose", "the path of the headset"),
        ("hand_left", "hands"),
        ("body", "the whole body"),
        ("imu", "inertial sensors"),
        ("caption", "language"),
    ):
        if presence[name] is Presence.PRESENT:
            sensors.append(words)
    listed = ", ".join(sensors[:-1]) + (" and " if len(sensors) > 1 else "") + (sensors[-1] if sensors else "nothing")
    text = f"A person wearing a headset was recorded for {episode.clock.duration_s:.0f} seconds with {listed}."
    if summary is None:
        return text
    measured = sum(task.status == "measured" for task in summary.tasks.values())
    return (
        f"{text} Below: what each stream looks like, what was labelled, and how well {measured} of "
        f"{len(summary.tasks)} prediction tasks can be solved on recordings like this one, measured against guesses "
        "that need no learning."
    )


def facts(episode: Episode, summary: Summary | None) -> list[Fact]:
    presence = episode.presence
    there = sum(state is Presence.PRESENT for state in presence.values())
    out = [
        Fact(f"{episode.clock.duration_s:.1f} s", "recorded"),
        Fact(f"{episode.num_frames:,}", f"frames at {episode.clock.fps:.4g} a second"),
        Fact(f"{there} of {len(MODALITIES)}", "streams present"),
    ]
    if summary is not None:
        train, test = len(set(summary.split.train)), len(set(summary.split.test))
        windows = sum(e.num_windows for e in summary.episodes)
        out.append(
            Fact(
                f"{len(summary.episodes)}",
                "recordings in the run" if len(summary.episodes) != 1 else "recording in the run",
            )
        )
        if summary.split.kind in ("episode", "session"):
            out.append(Fact(f"{train} / {test}", "recordings train / test"))
        out.append(Fact(f"{windows:,}", f"windows of {summary.features.window_frames} frames"))
    return out
