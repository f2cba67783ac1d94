"""Sound as a waveform and as a spectrogram."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.report import images, svg
from xperience.report.figures import Card
from xperience.report.scene import Scene

ORDER = 100
TITLE = "Sound"
WHAT = "What the microphone heard: the wave above, its frequencies over time below (brighter is louder)."
WIDTH, PLOT = 560, 96
RATE = 16000
WINDOW = 512
COLUMNS = 640
"""Columns of the spectrogram's picture."""
FLOOR_DB = -90.0
GAP_S, GAPS = 0.1, 4
"""Shortest stretch without recorded sound that is named, and how many are."""


def draw(scene: Scene) -> Card:
    audio = scene.episode.audio
    if not audio.present:
        return Card(TITLE, WHAT, columns=6, absent="no sound track in the recording")
    read = audio.read(RATE)
    sound = read.samples
    if len(sound) < WINDOW:
        return Card(TITLE, WHAT, columns=6, absent="the sound track is empty")
    seconds = len(sound) / RATE
    x_range = (0.0, seconds)
    peak = max(float(np.abs(sound).max()), 1e-4)
    wave = svg.Axes(46, 26, WIDTH - 54, PLOT, x_range, (-peak * 1.05, peak * 1.05))
    parts: list[Markup] = [wave.title("wave"), *wave.grid_y()]
    parts.append(_envelope(wave, sound))
    y = 26 + PLOT + 40
    bands = svg.Axes(46, y, WIDTH - 54, PLOT, x_range, (0.0, RATE / 2000))
    level = spectrogram(sound)
    top = float(np.percentile(level, 99.7))
    href = images.data_uri(images.colored(level[::-1], max(FLOOR_DB, top - 70), top, "magma"), quality=70)
    parts += [bands.title("frequency, kHz"), *bands.grid_y(), svg.image(href, bands.x, y, bands.width, PLOT)]
    parts += [bands.frame(), *bands.ticks_x("s")]
    for axes in (wave, bands):
        x = float(axes.px(scene.time_s))
        parts.append(svg.line(x, axes.y, x, axes.y + PLOT, "now"))
    recorded_s = float(np.diff(read.recorded).sum()) / RATE
    facts = [
        f"{recorded_s:.1f} s", "shown as 16 kHz mono", f"loudest {-20 * np.log10(peak):.0f} dB below full scale",
    ]  # fmt: skip
    gaps = [f"{a:.2f} to {b:.2f} s" for a, b in read.missing_s(scene.episode.clock.duration_s) if b - a > GAP_S]
    facts += ["not recorded: " + ", ".join(gaps[:GAPS]) + (" and more" if len(gaps) > GAPS else "")] if gaps else []
    return Card(TITLE, WHAT, svg.drawing(WIDTH, y + PLOT + 32, parts, "wave and spectrogram", "wide"), tuple(facts), 6)


def _envelope(axes: svg.Axes, sound: np.ndarray) -> Markup:
    """Least and greatest value of each two pixels, as one closed shape."""
    buckets = min(int(axes.width // 1.5), len(sound))
    pieces = np.array_split(sound, buckets)
    x = axes.px((np.arange(buckets) + 0.5) / buckets * axes.x_range[1])
    upper = axes.py(np.array([piece.max() for piece in pieces]))
    lower = axes.py(np.array([piece.min() for piece in pieces]))
    return svg.polyline(np.concatenate([np.stack([x, upper], 1), np.stack([x, lower], 1)[::-1]]), "wave")


def spectrogram(sound: np.ndarray) -> np.ndarray:
    """[frequencies, columns] level in dB: the loudest of the windows that fall into each column."""
    hop = max(WINDOW // 2, len(sound) // (2 * COLUMNS))
    count = (len(sound) - WINDOW) // hop + 1
    window = np.hanning(WINDOW).astype(np.float32)
    columns = min(COLUMNS, count)
    out = np.empty((WINDOW // 2 + 1, columns), np.float32)
    for k, piece in enumerate(np.array_split(np.arange(count), columns)):
        frames = np.stack([sound[i * hop : i * hop + WINDOW] for i in piece]) * window
        out[:, k] = (np.abs(np.fft.rfft(frames)) ** 2).max(0)
    return 10 * np.log10(out / (window.sum() / 2) ** 2 + 1e-12)
