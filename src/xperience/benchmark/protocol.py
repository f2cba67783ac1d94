"""Who trains and who is tested.

One recording is cut in time: the first 70 % of the valid windows train, as in the published suite, or everything
before a frame does. Of several recordings, whole episodes or whole sessions are held out. Windows are never drawn at
random: neighbouring windows share frames, and a random split of the public sample scores 0.98 where the chronological
one scores 0.05.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xperience.benchmark.recording import Recording
from xperience.benchmark.samples import Part, Pool, Samples
from xperience.benchmark.summary import SplitInfo
from xperience.errors import UsageError
from xperience.storage import digest

TRAIN_SHARE = 0.7
"""Share of the valid windows that train in a chronological split."""

RATIOS = (0.75, 0.125, 0.125)
"""Train, val and test share of episodes or sessions, as the published 96/16/16."""

FEW = 16
FEW_RATIOS = (0.75, 0.0, 0.25)
"""Shares where there are fewer than `FEW` episodes or sessions: none is kept aside, since the linear heads have no
setting to choose, and the test is not a single recording if that can be helped."""

HOLD_OUT = ("episode", "session")


@dataclass(frozen=True)
class Split:
    """A split of recordings; `cut` is None where whole recordings are on one side."""

    info: SplitInfo
    inside: bool

    def pools(self, parts: Sequence[tuple[Recording, Samples]]) -> tuple[Pool, Pool, Pool]:
        """Train, validation and test samples, those without a recorded target left out after the cut."""
        train: list[Part] = []
        val: list[Part] = []
        test: list[Part] = []
        for recording, samples in parts:
            if self.inside:
                before, after = cut(samples, self.info.test_from)
                train.append(_usable(recording, samples, before))
                test.append(_usable(recording, samples, after))
                continue
            for side, ids in ((train, self.info.train), (val, self.info.val), (test, self.info.test)):
                if recording.id in ids:
                    side.append(_usable(recording, samples, np.arange(len(samples))))
        full = [Pool([part for part in side if len(part.rows)]) for side in (train, val, test)]
        return full[0], full[1], full[2]


def _usable(recording: Recording, samples: Samples, rows: np.ndarray) -> Part:
    return Part(recording, samples, rows if samples.usable is None else rows[samples.usable[rows]])


def cut(samples: Samples, test_from: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows before and after the cut in time.

    With `test_from`, training samples end before that frame with their targets, test samples start at it or later,
    and those between belong to neither side. Without, the first round(0.7 S) train.
    """
    rows = np.arange(len(samples))
    if test_from is not None:
        return rows[samples.last < test_from], rows[samples.first >= test_from]
    if len(rows) < 2:
        return rows[:0], rows
    place = min(max(round(len(rows) * TRAIN_SHARE), 1), len(rows) - 1)
    return rows[:place], rows[place:]


def shared_frames(train: Pool, test: Pool) -> int:
    """Test samples that look at a frame that a training sample of the same recording looks at."""
    count = 0
    ends = {part.recording.id: part.samples.last[part.rows].max() for part in train.parts}
    for part in test.parts:
        if part.recording.id in ends:
            count += int((part.samples.first[part.rows] <= ends[part.recording.id]).sum())
    return count


def given_split(recordings: Sequence[Recording], sides: Mapping[str, Sequence[str]], name: str) -> Split:
    """A split made elsewhere: ids of train, val and test.

    Raises:
        UsageError: it names episodes that are not here, or leaves train or test empty.
    """
    here = {recording.id: recording for recording in recordings}
    unknown = sorted({id for ids in sides.values() for id in ids} - set(here))
    if unknown:
        raise UsageError(
            "the split names episodes that are not here",
            field="--split",
            found=f"{unknown[0]} and {len(unknown) - 1} more" if len(unknown) > 1 else unknown[0],
            hint="give the folder that the split was made for",
        )
    train, val, test = (sorted(sides.get(side, ())) for side in ("train", "val", "test"))
    if not train or not test:
        raise UsageError("no episode trains, or none is tested", field="--split", found=name)
    shared = {here[id].session for id in train} & {here[id].session for id in test}
    text = f"split {name}: {len(train)} episodes train, {len(val)} are kept aside, {len(test)} are the test"
    if shared:
        text += f"; {len(shared)} sessions have episodes on both sides"
    return Split(SplitInfo("given", text, train, val, test, 0, shared_sessions=len(shared)), inside=False)


def make_split(
    recordings: Sequence[Recording],
    *,
    hold_out: str | None = None,
    test_from: int | None = None,
    ratios: Sequence[float] | None = None,
    seed: int = 0,
) -> Split:
    """The split of a run.

    Args:
        hold_out: "episode" or "session" for several recordings; "episode" where None.
        test_from: first frame of the test part, for one recording.
        ratios: shares of train, val and test among episodes or sessions; `RATIOS` or `FEW_RATIOS` where None.
        seed: which episodes or sessions are held out.

    Raises:
        UsageError: an option that does not fit the recordings, or a random split of windows.
    """
    if hold_out is not None and hold_out not in HOLD_OUT:
        raise UsageError(
            "windows are not split at random" if "rand" in hold_out or "window" in hold_out else "no such split",
            field="--hold-out",
            found=hold_out,
            expected=" or ".join(HOLD_OUT),
            hint="neighbouring windows share frames, so a random split measures memory; hold out episodes or sessions",
        )
    if not recordings:
        raise UsageError("no recording to split")
    if len(recordings) == 1:
        return _inside(recordings[0], hold_out, test_from, seed)
    if test_from is not None:
        raise UsageError(
            "a cut at a frame is for one recording", field="--test-from", found=f"{len(recordings)} episodes"
        )
    return _held_out(recordings, hold_out or "episode", ratios, seed)


def _inside(recording: Recording, hold_out: str | None, test_from: int | None, seed: int) -> Split:
    if hold_out is not None:
        raise UsageError(
            f"one recording leaves no {hold_out} to hold out",
            field="--hold-out",
            hint="leave the option away: one recording is split in time",
        )
    if test_from is not None and not 0 < test_from < recording.num_frames:
        raise UsageError(
            "not inside the recording",
            field="--test-from",
            found=test_from,
            expected=f"1 to {recording.num_frames - 1}",
        )
    if test_from is not None:
        text = (
            f"one recording: windows and targets before frame {test_from} train, "
            f"windows from frame {test_from} on are the test"
        )
    else:
        text = f"one recording in time order: the first {TRAIN_SHARE:.0%} of the valid windows train"
    kind = "chronological" if test_from is None else "from_frame"
    ids = [recording.id]
    return Split(SplitInfo(kind, text, ids, [], list(ids), seed, test_from=test_from), inside=True)


def _checked(ratios: Sequence[float]) -> tuple[float, float, float]:
    if (
        len(ratios) != 3
        or not all(0 <= r < 1 for r in ratios)
        or abs(sum(ratios) - 1) > 1e-6
        or 0 in (ratios[0], ratios[2])
    ):
        raise UsageError(
            "not three shares",
            field="--ratios",
            found=tuple(ratios),
            expected="train, val, test with sum 1, such as 0.75,0.125,0.125",
        )
    return ratios[0], ratios[1], ratios[2]


def _held_out(recordings: Sequence[Recording], kind: str, ratios: Sequence[float] | None, seed: int) -> Split:
    groups: dict[str, list[str]] = {}
    for recording in recordings:
        groups.setdefault(recording.session if kind == "session" else recording.id, []).append(recording.id)
    if len(groups) < 2:
        raise UsageError(
            f"all recordings are of one {kind}",
            field="--hold-out",
            found=kind,
            hint="use --hold-out episode, or add sessions",
        )
    _, val_share, test_share = _checked(ratios or (FEW_RATIOS if len(groups) < FEW else RATIOS))
    order = sorted(groups, key=lambda name: digest(str(seed), name))
    num_test = min(max(1, round(test_share * len(order))), len(order) - 1)
    num_val = min(round(val_share * len(order)), len(order) - num_test - 1)
    test, val, train = (
        sorted(id for name in names for id in groups[name])
        for names in (order[:num_test], order[num_test : num_test + num_val], order[num_test + num_val :])
    )
    session = {recording.id: recording.session for recording in recordings}
    shared = {session[id] for id in train} & {session[id] for id in test}
    text = f"whole {kind}s held out: {len(train)} episodes train, {len(val)} are kept aside, {len(test)} are the test"
    if shared:
        text += f"; {len(shared)} sessions have episodes on both sides"
    return Split(SplitInfo(kind, text, train, val, test, seed, shared_sessions=len(shared)), inside=False)
