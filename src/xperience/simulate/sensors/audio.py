"""The sound of a recording: what the world's sounds are like at the headset's two microphones.

Impacts are sums of decaying sinusoids whose pitches and decays belong to a material; pouring, wiping and the like
are shaped noise, cutting and stirring are rows of small impacts. Level falls with distance, the two channels differ
by the way to each microphone, and a short room echo, room tone and a session's ambience lie underneath.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xperience.episode import geometry
from xperience.simulate.world import Sound

RATE = 48_000
SPEED_OF_SOUND = 343.0
MICROPHONES = np.array([[-0.09, 0.03, 0.05], [0.09, 0.03, 0.05]])
"""Left and right, body frame, metres."""
SHADOW = 0.35
"""Share of level that the head takes from a sound on its other side."""
ATTACK_S = 0.001
LOOP = 1 << 17
"""Samples of a noise loop (2.7 s) and of a block of the echo."""


@dataclass(frozen=True)
class Material:
    """How a struck body rings: lowest pitch in Hz, ratios of its modes, decay time of the lowest in s, share of click."""

    pitch: float
    ratios: tuple[float, ...]
    decay_s: float
    click: float


MATERIALS = {
    "wood": Material(210, (1.0, 2.7, 5.2, 8.1), 0.030, 0.5),
    "metal": Material(870, (1.0, 1.58, 2.76, 4.1, 5.4, 7.2), 0.160, 0.2),
    "glass": Material(1900, (1.0, 2.32, 4.25, 6.63), 0.110, 0.2),
    "ceramic": Material(1150, (1.0, 2.1, 3.9, 5.7), 0.060, 0.3),
    "plastic": Material(480, (1.0, 1.9, 3.3, 4.6), 0.022, 0.6),
    "cloth": Material(120, (1.0, 1.7), 0.015, 0.8),
    "paper": Material(900, (1.0, 2.9), 0.008, 1.0),
    "water": Material(620, (1.0, 1.35, 2.2), 0.045, 0.4),
}
FOOT = Material(95, (1.0, 1.8, 3.1), 0.045, 0.35)

STROKES_HZ = {"cut": 3.2, "stir": 2.5, "shake": 5.0, "hammer": 2.2, "press": 1.5, "write": 6.0}
"""Continuous sounds made of separate strokes, with their rate; other kinds are shaped noise."""
NOISE_BAND_HZ = {
    "pour": (400, 5000),
    "wipe": (300, 3000),
    "slide": (120, 1200),
    "fold": (1500, 7000),
    "pull": (150, 1500),
}
DEFAULT_BAND_HZ = (300.0, 4000.0)


def render(
    sounds: Sequence[Sound],
    times_s: np.ndarray,
    T_world_body: np.ndarray,
    duration_s: float,
    seed: int,
    session_seed: int,
) -> np.ndarray:
    """[2, samples] float32 in -1..1 at RATE, sample 0 at the first frame.

    Args:
        times_s, T_world_body: [N], [N, 4, 4] path of the headset.
    """
    total = round(duration_s * RATE)
    out = np.zeros((2, total), np.float32)
    T_body_world = geometry.invert(T_world_body)
    for k, sound in enumerate(sounds):
        if not 0 <= sound.time_s < duration_s:
            continue
        rng = np.random.default_rng([seed, k])
        wave = _wave(sound, rng)
        nearest = int(np.argmin(np.abs(times_s - sound.time_s)))
        at = geometry.apply(T_body_world[nearest], np.asarray(sound.position, np.float64)[None])[0]
        for channel, (gain, delay_s) in enumerate(_ways(at)):
            start = round((sound.time_s + delay_s) * RATE)
            length = max(min(len(wave), total - start), 0)
            out[channel, start : start + length] += gain * wave[:length]
    _add_echo(out, session_seed)
    add_ambience(out, seed, session_seed)
    return np.tanh(out, out=out)


def _ways(position: np.ndarray) -> list[tuple[float, float]]:
    """(gain, delay in s) to each microphone from a point in the body frame."""
    ways = []
    for microphone in MICROPHONES:
        way = position - microphone
        distance = max(float(np.linalg.norm(way)), 0.2)
        side = np.sign(microphone[0]) * way[0] / distance
        gain = 0.6 / max(distance, 0.4) * (1 - SHADOW * (1 - side) / 2)
        ways.append((gain, distance / SPEED_OF_SOUND))
    return ways


def _wave(sound: Sound, rng: np.random.Generator) -> np.ndarray:
    material = FOOT if sound.kind == "footstep" else MATERIALS.get(sound.material, MATERIALS["plastic"])
    level = 0.15 + 0.85 * float(sound.strength)
    if sound.duration_s <= 0:
        return 0.5 * level * _impact(material, rng)
    if sound.kind in STROKES_HZ:
        return _strokes(material, STROKES_HZ[sound.kind], sound.duration_s, rng) * 0.35 * level
    band = NOISE_BAND_HZ.get(sound.kind, DEFAULT_BAND_HZ)
    return _rush(band, sound.duration_s, sound.kind == "pour", rng) * 0.25 * level


def _impact(material: Material, rng: np.random.Generator) -> np.ndarray:
    """A struck body, peak about 1; at most half a second."""
    length = int(min(0.5, 8 * material.decay_s) * RATE)
    t = np.arange(length) / RATE
    pitch = material.pitch * rng.uniform(0.85, 1.2)
    wave = np.zeros(length)
    for k, ratio in enumerate(material.ratios):
        decay = material.decay_s / (1 + 0.5 * k)
        amplitude = rng.uniform(0.6, 1.0) / (1 + 0.6 * k)
        wave += amplitude * np.exp(-t / decay) * np.cos(2 * np.pi * pitch * ratio * t + rng.uniform(0, 2 * np.pi))
    wave += material.click * 2 * np.exp(-t / 0.003) * rng.standard_normal(length)
    wave *= np.minimum(t / ATTACK_S, 1)
    return wave / np.abs(wave).max()


def _strokes(material: Material, rate_hz: float, duration_s: float, rng: np.random.Generator) -> np.ndarray:
    """A row of light impacts, the first at the start."""
    out = np.zeros(int((duration_s + 0.5) * RATE))
    time = 0.0
    while time < duration_s:
        hit = _impact(material, rng) * rng.uniform(0.6, 1.0)
        start = int(time * RATE)
        length = min(len(hit), len(out) - start)
        out[start : start + length] += hit[:length]
        time += rng.uniform(0.85, 1.15) / rate_hz
    return out


def _rush(band: tuple[float, float], duration_s: float, bubbling: bool, rng: np.random.Generator) -> np.ndarray:
    """Noise in a band, swelling as strokes or bubbles do; starts and ends within 10 ms."""
    length = max(int(duration_s * RATE), RATE // 50)
    t = np.arange(length) / RATE
    noise = np.resize(_band_noise(band, rng), length)
    pace = rng.uniform(9, 14) if bubbling else rng.uniform(1.2, 2.0)
    swell = 0.75 + 0.25 * np.cos(2 * np.pi * pace * t)
    ends = np.minimum(np.minimum(t, t[-1] - t) / 0.01, 1)
    return noise * swell * ends


def _band_noise(band: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """[LOOP] noise with most of its power between two frequencies in Hz, falling off as a second-order filter; peak 1.

    It repeats without a seam.
    """
    low, high = band
    frequency = np.fft.rfftfreq(LOOP, 1 / RATE)[1:]
    gain = 1 / np.sqrt((1 + (low / frequency) ** 4) * (1 + (frequency / high) ** 4))
    spectrum = gain * np.exp(2j * np.pi * rng.random(len(gain)))
    noise = np.fft.irfft(np.concatenate([[0], spectrum]), LOOP)
    return noise / np.abs(noise).max()


def _add_echo(out: np.ndarray, session_seed: int) -> None:
    """Adds a short decaying tail to [2, samples] in place, different in each ear and each session."""
    rng = np.random.default_rng([session_seed, 11])
    length = RATE // 5
    t = np.arange(length) / RATE
    tail = rng.standard_normal((2, length)) * np.exp(-t / rng.uniform(0.03, 0.07)) * rng.uniform(0.006, 0.014)
    tail[:, : RATE // 250] = 0
    step = LOOP - length
    response = np.fft.rfft(tail, LOOP)
    total = out.shape[1]
    # Overlap-add from the end, so that no block hears the echo of an earlier one.
    for start in reversed(range(0, total, step)):
        block = np.fft.irfft(np.fft.rfft(out[:, start : start + step], LOOP) * response, LOOP)
        out[:, start : start + LOOP] += block[:, : total - start]


def add_ambience(out: np.ndarray, seed: int, session_seed: int) -> None:
    """Adds room tone, mains hum and, in some sessions, a voice far away to [2, samples]; well below any contact."""
    session = np.random.default_rng([session_seed, 12])
    rng = np.random.default_rng([seed, 1_000_003])
    band = (20.0, float(session.uniform(300, 1200)))
    tone = np.stack([_band_noise(band, rng) for _ in range(2)]) * session.uniform(0.002, 0.005)
    mains = session.choice([50.0, 60.0])
    hum = session.uniform(0.0002, 0.001)
    speaks = session.random() < 0.6
    level, pitch = session.uniform(0.002, 0.004), float(session.uniform(95, 210))
    total = out.shape[1]
    voice = _Voice(total, pitch, rng)
    for start in range(0, total, LOOP):
        part = out[:, start : start + LOOP]
        count = part.shape[1]
        t = np.arange(start, start + count) / RATE
        part += tone[:, :count]
        part += hum * (np.sin(2 * np.pi * mains * t) + 0.5 * np.sin(4 * np.pi * mains * t))
        if speaks:
            part += level * voice.next(count)


class _Voice:
    """A distant murmur: harmonics of a wandering pitch through syllables of open and closed mouth; peak about 1."""

    STEP = RATE // 10
    """Samples between control points."""

    def __init__(self, total: int, pitch: float, rng: np.random.Generator) -> None:
        points = total // self.STEP + 3
        self._mouth = rng.uniform(-0.6, 1.0, points)
        self._frequency = pitch * rng.uniform(0.85, 1.2, points)
        self._at = 0
        self._phase = 0.0

    def next(self, count: int) -> np.ndarray:
        """The following samples [count]."""
        at = np.arange(self._at, self._at + count) / self.STEP
        grid = np.arange(len(self._mouth))
        open_mouth = np.clip(np.interp(at, grid, self._mouth), 0, 1)
        phase = self._phase + 2 * np.pi * np.cumsum(np.interp(at, grid, self._frequency)) / RATE
        self._at, self._phase = self._at + count, float(phase[-1])
        wave = np.zeros(count)
        for k in (1, 2, 3, 5, 7):
            wave += np.sin(k * phase) / k**0.7
        return wave * open_mouth / 3
