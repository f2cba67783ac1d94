"""Sound against motion: impacts are heard when feet and hands make or break contact.

The sound's onset strength is its spectral flux: the rise of log power in each band from one hop to the next, summed
(Bello et al. 2005, "A tutorial on onset detection in music signals"). Around every contact event the flux is cut
out; the sum over events peaks at the offset. Resampling the events gives the uncertainty.
"""

from __future__ import annotations

import numpy as np

from xperience.episode import Episode
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Offset

RATE = 16000
HOP = 80
"""5 ms."""
WINDOW = 320
SEARCH_S = 0.8
BLUR_S = 0.025
"""Half a frame: an event is known only to lie between two frames."""

MIN_EVENTS = 4
MIN_SCORE = 4.0
"""Height of the peak over the median of the curve, in robust standard deviations of the curve."""

MAX_STD_S = 0.05
RESAMPLES = 200


def measure(evidence: Evidence) -> list[Offset]:
    sound = evidence.sound
    if sound is None or not evidence.episode.contacts.present:
        return []
    events = contact_events(evidence.episode)
    if len(events) < MIN_EVENTS:
        return [Offset.undetermined("contacts", "audio", f"{len(events)} contact events, {MIN_EVENTS} needed")]
    if len(sound) < RATE or float(np.abs(sound).max()) < 1e-4:
        return [Offset.undetermined("contacts", "audio", "silent or too short")]
    return [_align(onset_strength(sound), events)]


def contact_events(episode: Episode) -> np.ndarray:
    """[E] seconds: midpoints of the frame pairs between which a joint comes down or a hand takes or leaves something."""
    contacts = episode.contacts
    state = contacts.values > 0.5
    rises = (state[1:] & ~state[:-1]).any(1) & contacts.valid[1:] & contacts.valid[:-1]
    falls = (~state[1:, 19:] & state[:-1, 19:]).any(1) & contacts.valid[1:] & contacts.valid[:-1]
    times = contacts.times_s
    return 0.5 * (times[1:] + times[:-1])[rises | falls]


def onset_strength(sound: np.ndarray) -> np.ndarray:
    """[hops] spectral flux; hop h is centred on sample h * HOP."""
    padded = np.pad(sound.astype(np.float32), (WINDOW // 2, WINDOW // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.empty((len(frames), WINDOW // 2 + 1), np.float32)
    window = np.hanning(WINDOW).astype(np.float32)
    for start in range(0, len(frames), 4096):
        power[start : start + 4096] = np.abs(np.fft.rfft(frames[start : start + 4096] * window)) ** 2
    floor = np.median(power, axis=0) + 1e-8
    level = np.log1p(power[:, 4:] / floor[4:])  # above 200 Hz
    flux = np.zeros(len(level), np.float32)
    flux[2:] = np.clip(level[2:] - level[:-2], 0, None).mean(1)
    return flux


def _align(flux: np.ndarray, events: np.ndarray) -> Offset:
    step = HOP / RATE
    reach = round(SEARCH_S / step)
    centres = np.round(events / step).astype(int)
    centres = centres[(centres >= reach) & (centres < len(flux) - reach)]
    if len(centres) < MIN_EVENTS:
        return Offset.undetermined("contacts", "audio", "too few contact events inside the sound")
    blur = round(BLUR_S / step)
    kernel = np.hanning(2 * blur + 3)[1:-1]
    smooth = np.convolve(flux - np.median(flux), kernel / kernel.sum(), mode="same")
    cuts = smooth[centres[:, None] + np.arange(-reach, reach + 1)]  # [E, lags]
    cuts = np.minimum(cuts, 3 * np.median(cuts.max(1)))  # no single bang decides
    curve = cuts.mean(0)
    spread = 1.4826 * float(np.median(np.abs(curve - np.median(curve)))) + 1e-12
    best = int(np.argmax(curve))
    if (curve[best] - np.median(curve)) / spread < MIN_SCORE:
        return Offset.undetermined("contacts", "audio", "sounds do not gather at any offset from the contacts")
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(cuts), (RESAMPLES, len(cuts)))
    peaks = np.array([np.argmax(cuts[draw].mean(0)) for draw in draws]) - reach
    std = max(float(peaks.std()) * step, step)
    if std > MAX_STD_S:
        return Offset.undetermined("contacts", "audio", f"uncertainty of {std * 1e3:.0f} ms")
    return Offset("contacts", "audio", (best - reach) * step, std, None, "measured")
