"""Does the sound fit the motion as it is stamped, even where its offset cannot be told?

Regular steps meet the sound again one step later, so that no single offset stands out. Yet if far more sounds meet an
impact somewhere else than at no offset, the sound is not where it is said to be.
"""

from __future__ import annotations

import numpy as np

from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold
from xperience.quality.sync import audio_motion

EXCESS = Threshold(
    0.35,
    "onsets over the root of their number",
    "186 clean simulated recordings of 10 to 15 s (seeds 77, 1001 and 910000) stay at 0.31; sound a quarter of a second "
    "off passes 0.3 in 34 of 36",
)


def run(evidence: Evidence) -> list[Finding]:
    episode, sound = evidence.episode, evidence.sound
    if sound is None or float(np.abs(sound.samples).max(initial=0)) < audio_motion.SILENT:
        return []
    if not (episode.body.present or episode.contacts.present):
        return []
    found = audio_motion.fit(audio_motion.heard(sound), audio_motion.impacts(episode))
    if found is None or found.excess <= EXCESS.value:
        return []
    best = float(found.offsets[int(np.argmax(found.score))])
    reason = (
        f"sounds fit the motion if moved by {-best * 1e3:+.0f} ms, or by whole steps from there, but not as stamped"
    )
    return [Finding("sound_fit", "audio", 0.0, episode.clock.duration_s, found.excess, EXCESS.value, reason)]


CHECK = Check(
    name="sound_fit",
    reads=("audio", "body", "contacts"),
    question="Does the sound fit the motion as it is stamped?",
    thresholds={"excess": EXCESS},
    run=run,
)
