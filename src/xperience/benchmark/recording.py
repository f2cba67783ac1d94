"""What the tasks need of one recording: its features, windows and frame targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xperience.episode.episode import Episode
from xperience.episode.labels import FrameLabels
from xperience.prepare.contract import SLICES
from xperience.prepare.features import FeatureTable
from xperience.prepare.windows import WindowTable
from xperience.storage import digest


@dataclass(frozen=True)
class Recording:
    """One recording as the benchmark sees it.

    Attributes:
        id, session, main_task: of the episode.
        features: [W, 8546] float32, possibly mapped from disk.
        presence: [W, 18] share of the window's samples of each block that are there; where it is 0 the block's place
            in `features` holds no measurement.
        present: whether the recording has any data for each block.
        windows: W windows.
        labels: of N frames.
        hands: [N, 2, 21, 3] metres, left then right, minus the body root where a body exists; NaN where a hand (or
            that root) is not tracked. None without hands.
        contacts: [N, 21] of body joints 1 to 21, NaN where invalid; None without contacts.
        camera: [N, 3] centre of the left stereo camera in world metres, NaN where unknown; None without pose.
        source: where the recording comes from, such as "simulated" or the name of an import; "" where not stated.
        motion: [N] mean speed of body and hand joints since the frame before, m/s, NaN where unknown; None without.
    """

    id: str
    session: str
    features: np.ndarray
    presence: np.ndarray
    present: dict[str, bool]
    windows: WindowTable
    labels: FrameLabels
    hands: np.ndarray | None = None
    contacts: np.ndarray | None = None
    main_task: str = ""
    camera: np.ndarray | None = None
    motion: np.ndarray | None = None
    source: str = ""

    def take(self, blocks: Sequence[str], window: np.ndarray) -> np.ndarray:
        """Inputs [n, D] of windows [n]: the columns of the blocks, NaN where a block is absent."""
        order = {name: k for k, name in enumerate(SLICES)}
        owner = np.repeat([order[name] for name in blocks], [SLICES[n].stop - SLICES[n].start for n in blocks])
        x = np.asarray(self.features[window], np.float32)[:, self.columns(tuple(blocks))]
        x[self.presence[window][:, owner] == 0] = np.nan
        return x

    def starts(self, blocks: Sequence[str]) -> np.ndarray:
        """First column of each part of `take` that may be absent as a whole."""
        sizes = [SLICES[name].stop - SLICES[name].start for name in blocks]
        return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(int)

    def relation(self, blocks: Sequence[str], one: np.ndarray, others: Sequence[str], two: np.ndarray) -> np.ndarray:
        """[n, R] further inputs about pairs of windows [n]; features have none, a learnt representation may."""
        return np.zeros((len(one), 0), np.float32)

    @property
    def missing(self) -> list[str]:
        """Names of the absent blocks."""
        return [name for name, there in self.present.items() if not there]

    @property
    def num_frames(self) -> int:
        return len(self.labels)

    @cached_property
    def tracked(self) -> np.ndarray:
        """[N] bool: both hands are tracked."""
        if self.hands is None:
            return np.zeros(self.num_frames, bool)
        return np.isfinite(self.hands.reshape(len(self.hands), -1)).all(axis=1)

    @cached_property
    def digest(self) -> str:
        """Hash of everything that a result can depend on."""
        texts = [self.id, repr(sorted(self.present.items())), repr(list(self.labels.action)), repr(self.labels.objects)]
        texts.append(repr(list(self.windows.rows())))
        arrays = [a for a in (self.features, self.presence, self.hands, self.contacts) if a is not None]
        return digest(*texts, *(np.ascontiguousarray(a).tobytes() for a in arrays))

    def columns(self, blocks: tuple[str, ...]) -> np.ndarray:
        """Columns of the blocks, in contract order."""
        return np.concatenate([np.arange(SLICES[name].start, SLICES[name].stop) for name in blocks])


def recording_of(episode: Episode, table: FeatureTable) -> Recording:
    """A recording from an open episode and its features."""
    caption = episode.caption
    return Recording(
        id=episode.id,
        session=episode.session,
        features=table.x,
        presence=table.presence,
        present=table.present,
        windows=table.windows,
        labels=episode.labels,
        hands=_hands(episode),
        contacts=_contacts(episode),
        main_task=caption.main_task if caption is not None else "",
        camera=_camera(episode),
        motion=_motion(episode),
        source=episode.source,
    )


def _hands(episode: Episode) -> np.ndarray | None:
    sides = [episode.hand("left"), episode.hand("right")]
    if not all(side.present for side in sides):
        return None
    hands = np.stack([np.where(s.valid[:, None, None], s.values, np.nan) for s in sides], axis=1).astype(np.float64)
    body = episode.body
    if body.present and len(body) == len(hands):
        hands -= np.where(body.valid[:, None], body.values[:, 0], np.nan)[:, None, None, :]
    return hands


def _contacts(episode: Episode) -> np.ndarray | None:
    contacts = episode.contacts
    if not contacts.present:
        return None
    return np.where(contacts.valid[:, None], contacts.values, np.nan).astype(np.float64)


def _camera(episode: Episode) -> np.ndarray | None:
    pose = episode.pose
    if not pose.present or episode.rig is None or "stereo_left" not in episode.rig:
        return None
    return np.where(pose.valid[:, None], episode.T_world_camera("stereo_left")[:, :3, 3], np.nan)


def _motion(episode: Episode) -> np.ndarray | None:
    signals = [one for one in (episode.body, episode.hand("left"), episode.hand("right")) if one.present]
    return mean_speed(
        [(np.where(one.valid[:, None, None], one.values, np.nan).astype(np.float64), one.times_s) for one in signals]
    )


def mean_speed(signals: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray | None:
    """[N] mean over signals of their joints' mean speed since the frame before, m/s, NaN where none is known.

    Hands and body each in their own frame of reference, so that neither depends on the other's alignment.

    Args:
        signals: joints [N, J, 3] in metres, NaN where not tracked, with times [N] in seconds. None where there is no
            signal, or they differ in length. A joint counts where it is tracked in both frames.
    """
    speeds = []
    for joints, times_s in signals:
        if len(joints) > 1:
            seconds = np.maximum(np.diff(times_s), 1e-3)
            step = np.linalg.norm(np.diff(joints, axis=0), axis=2)
            tracked = np.isfinite(step)  # in both frames; a joint that no sensor sees says nothing of the others
            mean = np.where(tracked, step, 0).sum(axis=1) / np.maximum(tracked.sum(axis=1), 1) / seconds
            speeds.append(np.concatenate([[np.nan], np.where(tracked.any(axis=1), mean, np.nan)]))
    if not speeds or len({len(speed) for speed in speeds}) != 1:
        return None
    known = np.isfinite(speeds)
    total = np.where(known, speeds, 0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
