"""The page of the quality gate: a row per episode, its offsets, and a picture of each problem. Offline, as the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from xperience import __version__
from xperience.episode import Episode
from xperience.episode.cameras import VIEWS
from xperience.episode.presence import Presence
from xperience.errors import XperienceError
from xperience.quality.finding import Finding, Offset
from xperience.quality.gate import Quality
from xperience.quality.recording import Recording
from xperience.report import svg
from xperience.report.images import data_uri, shrink
from xperience.report.page import environment
from xperience.report.text import cut
from xperience.storage import write_text

MAX_PICTURES = 200
"""Problems drawn on one page; the rest are listed in words. Twelve a page weigh about 1 MB."""

STRIP_WIDTH = 150
LONGEST_LIST = 2000
"""Episodes shown; all are in qa.parquet."""


@dataclass(frozen=True)
class Problem:
    """Findings of one check on one modality, with a picture of where they lie."""

    check: str
    modality: str
    effect: str
    reasons: tuple[str, ...]
    spans: tuple[str, ...]
    picture: Markup


@dataclass(frozen=True)
class Row:
    """One episode."""

    quality: Quality
    problems: tuple[Problem, ...]
    offsets: Markup
    undetermined: tuple[Offset, ...]


def build(qualities: list[Quality], out: Path) -> Path:
    """Writes out/index.html and returns its path. Fails and limits come first."""
    rank = {"fail": 0, "limited": 1, "pass": 2}
    shown = sorted(qualities, key=lambda q: (rank[q.verdict], q.episode))[:LONGEST_LIST]
    left = MAX_PICTURES
    rows = []
    for quality in shown:
        problems = _problems(quality, left)
        left -= sum(bool(problem.picture) for problem in problems)
        unknown = tuple(o for o in quality.sync if o.status == "undetermined")
        rows.append(Row(quality, problems, _offsets(quality.sync), unknown))
    counts = {verdict: sum(q.verdict == verdict for q in qualities) for verdict in ("pass", "limited", "fail")}
    text = (
        environment()
        .get_template("quality.html")
        .render(rows=rows, counts=counts, total=len(qualities), hidden=len(qualities) - len(shown), version=__version__)
    )
    write_text(out / "index.html", text)
    return out / "index.html"


def _problems(quality: Quality, left: int) -> tuple[Problem, ...]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in quality.findings:
        groups.setdefault((finding.check, finding.modality), []).append(finding)
    problems = []
    try:
        episode = Recording.open(quality.path) if groups else None
    except XperienceError:
        episode = None
    for (check, modality), findings in groups.items():
        picture = Markup("")
        if episode is not None and left > 0:
            picture = draw(episode, modality, findings)
            left -= bool(picture)
        spans = tuple(f"{f.start_s:.1f}–{f.end_s:.1f} s" for f in findings[:6])
        reasons = tuple(dict.fromkeys(cut(f.reason, 240) for f in findings))[:4]
        effect = "fail" if any(f.effect == "fail" for f in findings) else "limit"
        problems.append(Problem(check, modality, effect, reasons, spans, picture))
    if episode is not None:
        episode.close()
    return tuple(sorted(problems, key=lambda p: (p.effect != "fail", p.modality)))


def draw(episode: Episode, modality: str, findings: list[Finding]) -> Markup:
    """A picture of where findings lie: pictures of a view, or the stream's curve with the stretches shaded."""
    try:
        if modality in VIEWS:
            return _strip(episode, modality, findings[0])
        curve = CURVES.get(modality)
        if curve is None or episode.presence.get(modality, Presence.PRESENT) is not Presence.PRESENT:
            return Markup("")  # a finding may be that the stream is absent
        return _curve(episode, curve, findings)
    except (XperienceError, ValueError, IndexError):  # what is broken may not be drawable; the words remain
        return Markup("")


def _strip(episode: Episode, view: str, finding: Finding) -> Markup:
    """Four pictures of a view: before, into, through and after the stretch."""
    if view not in episode.views:
        return Markup("")
    times = episode.clock.times_s
    video = episode.video(view)
    size = shrink(video.size, STRIP_WIDTH)
    wanted = [
        finding.start_s - 0.3,
        finding.start_s + 0.1,
        0.5 * (finding.start_s + finding.end_s),
        finding.end_s + 0.3,
    ]
    parts = []
    for moment in wanted:
        frame = int(np.clip(np.searchsorted(times, moment), 0, len(times) - 1))
        images = video.frames(frame, frame + 1, size)
        if len(images):
            words = f"{view} at {times[frame]:.2f} s"
            picture = Markup('<img src="{}" alt="{}" width="{}" height="{}">').format(data_uri(images[0]), words, *size)
        else:
            picture = Markup('<span class="none" style="width:{}px;height:{}px">no picture</span>').format(*size)
        parts.append(Markup("<figure>{}<figcaption>{:.2f} s</figcaption></figure>").format(picture, times[frame]))
    return Markup('<div class="strip">{}</div>').format(Markup("").join(parts))


@dataclass(frozen=True)
class Curve:
    """What is drawn of a stream: (times [T], values [T]) and what the values are."""

    read: Callable[[Episode], tuple[np.ndarray, np.ndarray]]
    name: str


def _curve(episode: Episode, curve: Curve, findings: list[Finding]) -> Markup:
    times, values = curve.read(episode)
    if len(times) < 2 or not np.isfinite(values).any():
        return Markup("")
    if len(times) > 1200:  # highest and lowest of each pixel's worth would need more ink than it tells
        keep = np.linspace(0, len(times) - 1, 1200).astype(int)
        times, values = times[keep], values[keep]
    low, high = np.nanmin(values), np.nanmax(values)
    pad = 0.08 * (high - low) or 1.0
    span = (float(np.nanmin(times)), float(np.nanmax(times)))
    axes = svg.Axes(46, 10, 560, 92, span, (float(low - pad), float(high + pad)))
    shades = []
    for finding in findings:
        start, end = np.clip(axes.px(np.array([finding.start_s, finding.end_s])), 46, 606)
        shades.append(svg.rect(start - 1, 10, max(2.0, end - start + 2), 92, "shade"))
    line = svg.polyline(np.stack([axes.px(times), axes.py(values)], -1), "curve")
    label = svg.text(46, 142, curve.name, "tick")
    parts = [*shades, *axes.grid_y(), *axes.ticks_x("s"), line, label]
    return svg.drawing(620, 148, parts, f"{curve.name}, with the stretch that is wrong shaded", "plot")


def _speed(times: np.ndarray, points: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.where(valid[:, None], points, np.nan)
    step = np.maximum(np.diff(times), 1e-3)
    return times[1:], np.linalg.norm(np.diff(known, axis=0), axis=1) / step


def _hand(side: str) -> Callable[[Episode], tuple[np.ndarray, np.ndarray]]:
    def read(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
        hand = episode.hand(side)
        palm = np.linalg.norm(hand.values[:, 9] - hand.values[:, 0], axis=1) * 100
        return hand.times_s, np.where(hand.valid, palm, np.nan)

    return read


def _imu(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    return episode.imu.times_s, np.linalg.norm(episode.imu.accel, axis=1)


def _pose(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    return _speed(episode.pose.times_s, episode.pose.values[:, :3, 3], episode.pose.valid)


def _body(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    return _speed(episode.body.times_s, episode.body.values[:, 0], episode.body.valid)


def _contacts(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    return episode.contacts.times_s, episode.contacts.values.sum(1)


def _depth(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.unique(np.linspace(0, len(episode.depth) - 1, 120).astype(int))
    middle = []
    for k in chosen:
        image = episode.depth.frames(int(k), int(k) + 1)[0][0]
        valid = image[np.isfinite(image) & (image > 0)]
        middle.append(float(np.median(valid)) if len(valid) else np.nan)
    return episode.clock.times_s[np.minimum(chosen, episode.num_frames - 1)], np.array(middle)


def _clock(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    return np.maximum.accumulate(episode.clock.times_s)[1:], np.diff(episode.clock.times_ns) * 1e-6


def _audio(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    sound = episode.audio.read()
    edges = np.arange(len(sound.samples) // 320 + 1) * 320
    blocks = np.abs(sound.samples[: edges[-1]]).reshape(-1, 320).max(1)
    return edges[:-1] / sound.rate, np.where(sound.holds(edges[:-1], edges[1:]), blocks, np.nan)


def _caption(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    names = {label: k for k, label in enumerate(dict.fromkeys(episode.labels.action))}
    return episode.clock.times_s, np.array([np.nan if a == "" else names[a] for a in episode.labels.action], float)


CURVES = {
    "imu": Curve(_imu, "specific force, m/s²"),
    "pose": Curve(_pose, "speed of the headset, m/s"),
    "body": Curve(_body, "speed of the pelvis, m/s"),
    "hand_left": Curve(_hand("left"), "length of the left palm, cm"),
    "hand_right": Curve(_hand("right"), "length of the right palm, cm"),
    "contacts": Curve(_contacts, "sum of contacts"),
    "depth": Curve(_depth, "median depth, m"),
    "clock": Curve(_clock, "time between frames, ms"),
    "audio": Curve(_audio, "peak level of the sound"),
    "caption": Curve(_caption, "action labels, in order of appearance"),
}


def _offsets(offsets: list[Offset]) -> Markup:
    """Measured offsets on one scale: a dot each, its uncertainty as a bar, half a frame shaded."""
    measured = [o for o in offsets if o.offset_s is not None and o.std_s is not None]
    if not measured:
        return Markup("")
    reach = max(0.06, 1.1 * max(abs(o.offset_s or 0) + 2 * (o.std_s or 0) for o in measured)) * 1e3
    axes = svg.Axes(190, 6, 380, 16 * len(measured), (-reach, reach), (0.0, 1.0))
    left, right = axes.px(np.array([-25.0, 25.0]))
    parts = [svg.rect(left, 6, right - left, 16 * len(measured), "half"), *axes.ticks_x("ms")]
    for k, offset in enumerate(measured):
        assert offset.offset_s is not None and offset.std_s is not None
        y = 14 + 16 * k
        low, middle, high = axes.px((offset.offset_s + np.array([-2, 0, 2]) * offset.std_s) * 1e3)
        parts += [
            svg.text(182, y + 4, f"{offset.a} / {offset.b}", "tick", "end"),
            svg.line(low, y, high, y, "bar"),
            svg.circle(middle, y, 3.2, "dot"),
        ]
    return svg.drawing(580, 16 * len(measured) + 34, parts, "Measured offsets between streams", "plot offsets")
