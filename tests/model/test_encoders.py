"""What encoders tell: physical units whatever the rate, headings, rays through pixel centres, validity; by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import random_batch
import torch

from xperience.episode import Presence
from xperience.episode.cameras import VIEWS, Camera
from xperience.model.config import ModelConfig, StreamShape
from xperience.model.encoders import (
    FAR,
    STILL,
    Features,
    audio,
    body,
    calibrate,
    coarse,
    depth,
    hands,
    imu,
    pose,
    video,
)
from xperience.model.encoders.framewise import speeds
from xperience.model.encoders.rays import patch_rays
from xperience.model.encoders.span import Span
from xperience.model.heading import body_heading, heading
from xperience.model.language import Tokenizer
from xperience.model.model import XperienceModel
from xperience.model.tokens import MAP
from xperience.prepare.batch import Batch, Cameras, StreamBatch, TextBatch
from xperience.prepare.streams import STREAMS

FRAMES = 10
"""Two blocks of five."""

NAMES = (
    "pose",
    "hand_left",
    "hand_right",
    "body",
    "contacts",
    "depth",
    "depth_confidence",
    "imu",
    "audio",
    "video_stereo_left",
)


VIDEO = "video_stereo_left"


def config(streams: Sequence[str] = NAMES, **changes: object) -> ModelConfig:
    shapes = {}
    for name in streams:
        one = STREAMS[name]
        pixels = {"depth": (16, 16), "depth_confidence": (8, 8), "video_stereo_left": (16, 16, 3)}
        shape = pixels.get(name, tuple(n or 0 for n in one.shape))
        shapes[name] = StreamShape(FRAMES if one.per_frame else 110, shape, 1 / one.rate_hz)
    options = {"width": 8, "layers": 1, "heads": 1, "kv_heads": 1, "window_s": 0.5, "streams": shapes}
    return ModelConfig(**options | changes)  # type: ignore[arg-type]


def stream(
    values: torch.Tensor, rate: float = 20.0, valid: torch.Tensor | None = None, slots: int | None = None
) -> StreamBatch:
    size = values.shape[:2]
    valid = torch.ones(size, dtype=torch.bool) if valid is None else valid
    times = (torch.arange(size[1], dtype=torch.float64) / rate).expand(size)
    return StreamBatch(values, times, valid, (~valid.any(1)).to(torch.int8), slots or size[1])


def batch(streams: dict[str, StreamBatch], cameras: Cameras | None = None, frames: int = FRAMES) -> Batch:
    (size,) = {len(one.values) for one in streams.values()}
    z, none = torch.zeros, [""] * size
    cameras = cameras or Cameras(z(size, 6, 4), z(size, 6, 4), z(size, 6, 3, 4), z(size, 6).bool(), z(size, 6).bool(),
                                 z(size, 1, 3), z(size, 1).bool())  # fmt: skip
    empty = [()] * size
    text = TextBatch(
        none, none, none, none, empty, empty, none, np.zeros(size, bool), [None] * size, np.zeros(size, bool)
    )
    number = np.zeros(size, np.int64)
    return Batch(number, number.astype(np.uint64), torch.ones(size), number, number, number, none, frames, 0, 20.0, streams,
                 text, cameras)  # fmt: skip


def told(encoder: type, stream_: str, given: Batch, **changes: object) -> Features:
    """What an encoder tells of a stream; C numbers a frame are kept apart: [B, N, frames, C / frames]."""
    names = tuple(given.streams)
    options = config(names, **changes)
    mine = tuple(n for n in STREAMS if n in names and STREAMS[n].modality == STREAMS[stream_].modality)
    made = encoder(options, mine)
    return made.features(Span(options, given, "window", names), stream_)


def by_frame(found: Features, frames: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """[B, frames of the window, C] of values and valid."""
    return tuple(x.unflatten(2, (frames, -1)).flatten(1, 2) for x in (found.values, found.valid))  # type: ignore[return-value]


# -- speeds and rates ------------------------------------------------------------------------------------------------


def test_speeds_are_per_second_by_the_true_times() -> None:
    values = torch.tensor([[0.0, 1.0, 3.0, 3.0]])[..., None]
    times = torch.tensor([[0.0, 0.5, 0.75, 1.0]])
    valid = torch.tensor([[True, True, True, False]])
    found, both = speeds(values, valid, times)
    assert found[0, :, 0].tolist() == [2.0, 8.0, 0.0] and both[0, :, 0].tolist() == [True, True, False]


def turned(about_z: torch.Tensor) -> torch.Tensor:
    """[n, 3, 3] turns about the vertical."""
    c, s, o = about_z.cos(), about_z.sin(), torch.zeros_like(about_z)
    return torch.stack([c, -s, o, s, c, o, o, o, o + 1], -1).view(*about_z.shape, 3, 3)


LEVEL = torch.tensor([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]], dtype=torch.float64)
"""A headset that looks along world x: x right (-y), y down (-z), z forward (x)."""


def moving(
    rate: float, along: tuple[float, float, float] = (0.6, 0.3, 0.0), turn: float = 1.0, start: float = 0.0
) -> dict[str, StreamBatch]:
    """Everything moves at constant speed: the head and pelvis along a line, turning; hands, joints and IMU too."""
    t = torch.arange(FRAMES, dtype=torch.float64) / rate
    place = torch.tensor([3.0, 4.0, 1.5]) + t[:, None] * torch.tensor(along, dtype=torch.float64)
    poses = torch.cat([turned(start + turn * t) @ LEVEL, place[..., None]], -1)[None]
    joints = torch.zeros(FRAMES, 52, 3, dtype=torch.float64) + place[:, None] - torch.tensor([0.0, 0.0, 0.5])
    joints[:, 1, 1] += 0.1  # hips: the left one to the left of one who looks along x
    joints[:, 2, 1] -= 0.1
    joints[:, 3:, 2] += 0.2 + 0.5 * t[:, None]
    hand = (
        torch.zeros(FRAMES, 21, 3)
        + torch.tensor([0.1, 0.2, 0.5])
        + (t[:, None, None] * torch.tensor([0.4, 0, 0])).float()
    )
    hand[:, 1:, 1] += 0.05 + 0.2 * t.float()[:, None]
    return {
        "pose": stream(poses, rate), "body": stream(joints.float()[None], rate),
        "hand_left": stream(hand[None], rate), "hand_right": stream(hand[None].clone(), rate),
    }  # fmt: skip


@pytest.mark.parametrize("rate", [20.0, 30.0, 15.0])
def test_a_motion_has_the_same_speeds_at_any_rate(rate: float) -> None:
    """Metres and radians a second, whatever the frames a second; the first frame has no speed."""
    given = batch(moving(rate, turn=0.0))
    values, valid = by_frame(told(pose.Encoder, "pose", given))
    assert values[0, 1:, :3].tolist() == [pytest.approx([0.6, 0.3, 0.0], abs=1e-5)] * 9
    assert not valid[0, 0, :3].any() and valid[0, 1:, :3].all()
    values, valid = by_frame(told(hands.Encoder, "hand_right", given))
    assert values[0, 1:, 63:66].tolist() == [pytest.approx([0.4, 0, 0], abs=1e-4)] * 9, "the wrist"
    assert values[0, 1:, 66:69].tolist() == [pytest.approx([0, 0.4, 0], abs=1e-4)] * 9, (
        "a joint about it, twice 0.2 m/s"
    )
    values, _ = by_frame(told(body.Encoder, "body", given))
    moved = 51 * 3
    assert values[0, 1:, moved : moved + 3].tolist() == [pytest.approx([0.6, 0.3, 0], abs=1e-4)] * 9, "the pelvis"
    quick = moved + 3 + 2 * 3  # joint 3: the third about the pelvis
    assert values[0, 1:, quick : quick + 3].tolist() == [pytest.approx([0, 0, 0.5], abs=1e-4)] * 9


@pytest.mark.parametrize("rate", [20.0, 30.0])
def test_a_turn_is_told_a_second(rate: float) -> None:
    """One radian a second to the left: the down axis stays, the forward axis goes to -x of the headset (its left)."""
    values, valid = by_frame(told(pose.Encoder, "pose", batch(moving(rate, turn=1.0))))
    spin = values[0, 1:, 9:15]
    step = 1 / rate
    wanted = [0, 0, 0, -math.sin(step) / step, 0, (math.cos(step) - 1) / step]
    assert spin.tolist() == [pytest.approx(wanted, abs=1e-4)] * 9
    assert not valid[0, 0, 9:15].any()


# -- headings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0.0, 0.7, math.pi / 2, 2.5, -2.0])
def test_the_heading_turns_what_is_ahead_to_x(angle: float) -> None:
    down = torch.tensor([[0.5, 0, 0.75**0.5], [0, 1, 0], [-(0.75**0.5), 0, 0.5]], dtype=torch.float64)  # by 60 degrees
    poses = torch.cat([turned(torch.tensor([angle])).double() @ down @ LEVEL, torch.zeros(1, 3, 1)], -1)[None]
    R = heading(poses, torch.ones(1, 1, dtype=torch.bool))[0]
    ahead = torch.tensor([math.cos(angle), math.sin(angle), 0.0])
    left = torch.tensor([-math.sin(angle), math.cos(angle), 0.0])
    assert (R @ ahead).tolist() == pytest.approx([1, 0, 0], abs=1e-6)
    assert (R @ left).tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert (R @ torch.tensor([0.0, 0, 1])).tolist() == pytest.approx([0, 0, 1])


def test_the_heading_is_that_of_the_first_valid_pose() -> None:
    angles = torch.tensor([[0.3, 0.5, 0.9], [0.3, 0.5, 0.9], [0.3, 0.5, 0.9]])
    poses = torch.cat([turned(angles).double() @ LEVEL, torch.zeros(3, 3, 3, 1)], -1)
    valid = torch.tensor([[True, True, True], [False, True, True], [False, False, False]])
    R = heading(poses, valid)
    assert torch.allclose(R[0], turned(torch.tensor(-0.3)), atol=1e-6)
    assert torch.allclose(R[1], turned(torch.tensor(-0.5)), atol=1e-6)
    assert torch.equal(R[2], torch.eye(3))
    up = torch.zeros(1, 1, 3, 4, dtype=torch.float64)
    up[..., 2, 2] = 1.0  # looks straight up: no heading
    assert torch.equal(heading(up, torch.ones(1, 1, dtype=torch.bool))[0], torch.eye(3))


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_the_body_s_heading_is_square_to_its_hips(angle: float) -> None:
    joints = torch.zeros(1, 1, 2, 52, 3)
    left = torch.tensor([-math.sin(angle), math.cos(angle), 0.0])
    joints[..., 1, :], joints[..., 2, :], joints[..., 3, :] = 0.1 * left, -0.1 * left, 5.0
    tracked = torch.ones(1, 1, 2, 52, dtype=torch.bool)
    R = body_heading(joints, tracked)[0, 0]
    assert (R @ torch.tensor([math.cos(angle), math.sin(angle), 0.0])).tolist() == pytest.approx([1, 0, 0], abs=1e-6)
    joints[0, 0, 0, 1] = 9.0
    tracked[0, 0, 0, 1] = False  # the next frame tells
    assert torch.allclose(body_heading(joints, tracked)[0, 0], R, atol=1e-6)


def test_motion_is_told_in_the_heading_of_its_block() -> None:
    """Walking straight ahead while looking to the left: what is ahead of the feet lies to the right of the eyes."""
    values, _ = by_frame(told(pose.Encoder, "pose", batch(moving(20.0, (1.0, 0, 0), turn=0.0, start=math.pi / 2))))
    assert values[0, 3, :3].tolist() == pytest.approx([0, -1, 0], abs=1e-5)
    assert values[0, 3, 3:9].tolist() == pytest.approx([0, 0, -1, 1, 0, 0], abs=1e-6), "down, then forward"
    assert values[0, 3, 15:18].tolist() == pytest.approx([0, 1, 0], abs=1e-6), "gravity is along the headset's y"
    # two blocks of a turning head: each begins looking along its x
    values, _ = by_frame(told(pose.Encoder, "pose", batch(moving(20.0, turn=1.0))))
    for first in (0, 5):
        assert values[0, first, 6:9].tolist() == pytest.approx([1, 0, 0], abs=1e-6)
        assert values[0, first + 4, 6:9].tolist() == pytest.approx([math.cos(0.2), math.sin(0.2), 0], abs=1e-6)


def test_heights_are_metres_above_a_standing_eye_and_pelvis() -> None:
    streams = moving(20.0)
    streams["pose"].values[..., 2, 3] = 1.7
    streams["body"].values[:, :, 0, 2] = 0.6
    values, _ = by_frame(told(pose.Encoder, "pose", batch(streams)))
    assert values[0, :, 18].tolist() == pytest.approx([0.2] * 10, abs=1e-6)
    values, _ = by_frame(told(body.Encoder, "body", batch(streams)))
    assert values[0, :, 51 * 3 + 3 + 21 * 3].tolist() == pytest.approx([-0.3] * 10, abs=1e-6)


def test_joints_are_about_the_pelvis_in_the_body_s_heading() -> None:
    streams = moving(20.0)
    joints = streams["body"].values
    joints[..., 1, :] = joints[..., 0, :] + torch.tensor([-0.1, 0.0, 0.0])  # facing along world y
    joints[..., 2, :] = joints[..., 0, :] + torch.tensor([0.1, 0.0, 0.0])
    joints[..., 5, :] = joints[..., 0, :] + torch.tensor([0.0, 0.4, 0.1])
    joints[..., 6, :] = joints[..., 0, :] + torch.arange(FRAMES)[:, None] * torch.tensor([0.01, 0.0, 0.0])
    values, _ = by_frame(told(body.Encoder, "body", batch(streams)))
    assert values[0, 2, 12:15].tolist() == pytest.approx([0.8, 0.0, 0.2], abs=1e-5), "twice metres, ahead"
    assert values[0, 2, 0:3].tolist() == pytest.approx([0.0, 0.2, 0.0], abs=1e-5), "the left hip lies to the left"
    moved = 51 * 3
    assert values[0, 2, moved : moved + 3].tolist() == pytest.approx([0.3, -0.6, 0.0], abs=1e-4), "0.6 m/s to the right"
    quick = moved + 3 + 5 * 3
    assert values[0, 2, quick : quick + 3].tolist() == pytest.approx([0.0, -0.2, 0.0], abs=1e-4), "0.2 m/s to the right"


def test_the_headset_is_told_from_the_body() -> None:
    """Facing world y, the pelvis half a metre below the headset and 0.2 m to its right; the eyes look to the left."""
    streams = moving(20.0, (0.0, 0, 0), turn=0.0, start=math.pi)
    joints, place = streams["body"].values, torch.tensor([3.0, 4.0, 1.5])
    joints[:] = place + torch.tensor([0.2, 0.0, -0.5])
    joints[..., 1, 0] -= 0.1
    joints[..., 2, 0] += 0.1
    values, valid = by_frame(told(body.Encoder, "body", batch(streams)))
    assert values[0, 3, -5:].tolist() == pytest.approx([0.0, -0.4, -1.0, 0.0, 1.0], abs=1e-5)
    assert valid[0, :, -5:].all()
    streams["pose"].valid[0, 2] = False
    _, valid = by_frame(told(body.Encoder, "body", batch(streams)))
    assert not valid[0, 2, -5:].any() and valid[0, 3, -5:].all()
    del streams["pose"]
    _, valid = by_frame(told(body.Encoder, "body", batch(streams)))
    assert not valid[..., -5:].any()


def test_joints_that_were_not_seen_are_not_told() -> None:
    streams = moving(20.0)
    joints = streams["body"].values
    joints[0, 3, 10] = math.nan
    joints[0, 4, 11] = 0.0
    joints[0, 7, 0] = math.nan
    values, valid = by_frame(told(body.Encoder, "body", batch(streams)))
    place = lambda j: slice(3 * (j - 1), 3 * j)  # noqa: E731
    assert values.isfinite().all() and not values[~valid].any()
    assert not valid[0, 3, place(10)].any() and valid[0, 3, place(9)].all() and valid[0, 4, place(10)].all()
    assert not valid[0, 4, place(11)].any()
    quick = 51 * 3 + 3
    assert not valid[0, 3:5, quick + 27 : quick + 30].any() and valid[0, 5, quick + 27 : quick + 30].all()
    assert not valid[0, 7, : 51 * 3].any() and not valid[0, 7:9, 51 * 3 : 51 * 3 + 3].any(), "nothing without a pelvis"


# -- hands, contacts -------------------------------------------------------------------------------------------------


def test_hands_are_told_alike_whichever_side() -> None:
    """The wrist twice metres, joints about it ten times; the left hand in the mirror."""
    given = batch(moving(20.0))
    right, _ = by_frame(told(hands.Encoder, "hand_right", given))
    left, _ = by_frame(told(hands.Encoder, "hand_left", given))
    assert right[0, 0, :3].tolist() == pytest.approx([0.2, 0.4, 1.0], abs=1e-5)
    assert right[0, 0, 3:6].tolist() == pytest.approx([0.0, 0.5, 0.0], abs=1e-5)
    mirror = torch.tensor([-1.0, 1, 1]).repeat(42)
    assert torch.allclose(left, right * mirror, atol=1e-6)


def test_a_frame_without_a_hand_has_neither_place_nor_speed() -> None:
    streams = moving(20.0)
    streams["hand_left"].valid[0, 4] = False
    found = told(hands.Encoder, "hand_left", batch(streams))
    values, valid = by_frame(found)
    assert not values[~valid].any()
    assert valid[0, :, :63].all(1).tolist() == [True] * 4 + [False] + [True] * 5
    assert valid[0, :, 63:].all(1).tolist() == [False, True, True, True, False, False, True, True, True, True]
    assert found.known.all()
    streams["hand_left"].valid[0, :5] = False
    assert told(hands.Encoder, "hand_left", batch(streams)).known.tolist() == [[False, True]]


def test_contacts_run_from_minus_one_to_one() -> None:
    values = torch.zeros(1, FRAMES, 21)
    values[0, 2, 4] = 1.0
    streams = {"contacts": stream(values), "body": moving(20.0)["body"]}
    found, _ = by_frame(told(body.Encoder, "contacts", batch(streams)))
    assert found[0, 2, 3:6].tolist() == [-1, 1, -1]


# -- IMU and sound ---------------------------------------------------------------------------------------------------


def test_imu_slots_hold_means_by_true_times() -> None:
    """200 Hz in slots of 5 ms: a tenth of m/s2, half of rad/s; two samples in a slot are averaged, gaps stay gaps."""
    values = torch.zeros(1, 110, 6)
    values[0, :100, 0], values[0, :100, 3] = torch.arange(100.0), 2.0
    times = torch.arange(110, dtype=torch.float64)[None] / 200
    valid = torch.arange(110)[None] < 100
    times[0, 7] = times[0, 6] + 0.001  # falls into the slot before its own
    valid[0, 60] = False
    streams = {"imu": StreamBatch(values, times, valid, torch.zeros(1, dtype=torch.int8), 110)}
    found = told(imu.Encoder, "imu", batch(streams))
    laid, filled = found.values[0].view(2, 50, 6).flatten(0, 1), found.valid[0].view(2, 50, 6).flatten(0, 1)
    ones = told(imu.Encoder, "imu", batch({"imu": replace(streams["imu"], values=torch.ones(1, 110, 6))}))
    assert ones.values[0].view(2, 50, 6)[0, 5].tolist() == pytest.approx([0.1, 0.1, 0.1, 0.5, 0.5, 0.5])
    assert laid[5, 0] == pytest.approx(0.5) and laid[55, 0] == pytest.approx(5.5) and laid[5, 3] == 1.0
    assert laid[6, 0] == pytest.approx(0.65) and not filled[7].any() and not laid[7].any()
    assert not filled[60].any() and filled[61].all()
    assert found.time[0].tolist() == pytest.approx([0.125, 0.375])


def shaken(
    rate: float, tones: torch.Tensor, jitter: float = 0.0, lost: Sequence[int] = (), phase: float = 0.0
) -> StreamBatch:
    """One motion [tones, 6 channels, (Hz, size, phase)] beside gravity for half a second, sampled at a rate, in 110 slots."""
    generator = torch.Generator().manual_seed(int(rate))
    n = math.ceil(FRAMES / 20 * rate - 1e-9)
    times = torch.arange(110, dtype=torch.float64) / rate + phase
    times[:n] += (torch.rand(n, generator=generator, dtype=torch.float64) - 0.5) * 2 * jitter
    times[0] = times[0].clamp(min=0)
    hertz, size, start = tones.unbind(-1)
    values = (size * torch.sin(2 * math.pi * hertz * times[:, None, None] + start)).sum(1)
    values[:, 2] += 9.81
    valid = (torch.arange(110) < n)[None].clone()
    valid[0, list(lost)] = False
    values = torch.where(valid[0, :, None], values, 0.0).float()[None]
    return StreamBatch(values, times[None], valid, torch.zeros(1, dtype=torch.int8), 110)


def tones(seed: int, fastest: float = 5.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    draw = torch.rand(4, 6, 3, generator=generator, dtype=torch.float64)
    return draw * torch.tensor([fastest, 4.0, 2 * math.pi])


@pytest.mark.parametrize(("rate", "jitter"), [(50.0, 0.0), (100.0, 0.0), (50.0, 0.001), (100.0, 0.0005)])
def test_one_motion_has_about_the_same_tokens_at_any_rate_of_the_imu(rate: float, jitter: float) -> None:
    """Whatever moves at up to 5 Hz, by true times: under 0.05 of the token's norm, and so for what masked tokens are asked."""
    options = config(("imu",), width=64)
    torch.manual_seed(0)
    encoder = imu.Encoder(options, ("imu",))
    encoder.reset_parameters()
    pure = torch.tensor([[[5.0, 4.0, k] for k in range(6)]], dtype=torch.float64)
    for motion in [tones(seed) for seed in range(20)] + [pure]:
        found = []
        for one in (shaken(200, motion), shaken(rate, motion, jitter)):
            span = Span(options, batch({"imu": one}), "window", ("imu",))
            told = encoder.features(span, "imu")
            assert told.valid.all()
            found.append((encoder(span, ("imu",))[0].x[0].detach(), told.values[0]))
        for fast, slow in zip(*found, strict=True):
            assert ((fast - slow).norm(dim=-1) / fast.norm(dim=-1)).max() < 0.05


def test_an_imu_of_200_hz_is_as_it_is() -> None:
    """To the bit, with jitter, holes and a clock that lags."""
    options = config(("imu",))
    encoder = imu.Encoder(options, ("imu",))
    holes = torch.rand(110, generator=torch.Generator().manual_seed(0)).argsort()[:12].tolist()
    for rate, jitter, lost in (
        (200, 0.0, ()), (200, 0.002, range(30, 37)), (199, 0.0, (60,)), (190, 0.0, ()), (215, 0.001, ()), (200, 0.002, holes),
    ):  # fmt: skip
        one = shaken(rate, tones(0), jitter, lost)
        span = Span(options, batch({"imu": one}), "window", ("imu",))
        laid, filled = encoder.laid(span, "imu")
        plain, count = span.gridded("imu", encoder.told(one.values), imu.STEP_S, 50)
        assert torch.equal(laid, plain) and torch.equal(filled, count > 0)


def test_gaps_of_a_slow_imu_stay_gaps() -> None:
    """At 50 Hz samples 3 to 5 are lost: nothing is known between the samples at 40 and at 120 ms; nor of a block that is too
    slow, or has lost all but two of its samples."""
    options = config(("imu",))
    encoder = imu.Encoder(options, ("imu",))

    def filled(one: StreamBatch) -> list[bool]:
        return encoder.laid(Span(options, batch({"imu": one}), "window", ("imu",)), "imu")[1][0, 0].tolist()

    assert filled(shaken(50, tones(0), lost=(3, 4, 5))) == [True] * 9 + [False] * 15 + [True] * 26
    assert filled(shaken(50, tones(0), lost=(10, 11, 12))) == [True] * 42 + [False] * 8, (
        "a period and a quarter at an end"
    )
    assert sum(filled(shaken(50, tones(0), lost=range(1, 12)))) == 2
    assert sum(filled(shaken(16, tones(0)))) == 4


@pytest.mark.parametrize("phase", [0.0, 0.002, 0.0039])
def test_between_samples_runs_the_polynomial_through_them(phase: float) -> None:
    """Samples at 0, 20, 40, ... 240 ms and a phase: a cubic between four of them, a square at the ends."""
    x = torch.arange(50, dtype=torch.float64) * 0.005 + phase
    filled = (torch.arange(50) % 4 == 0)[None]
    for power, exact in ((3, slice(4, 45)), (2, slice(0, 50))):
        wanted = (10 * x) ** power
        found, valid = coarse.between((wanted * filled[0])[None, :, None], x[None], filled.float(), 0.005)
        assert valid.all()
        assert torch.allclose(found[0, exact, 0], wanted[exact], atol=1e-9)


def test_sound_is_log_mel_power_of_its_chunk() -> None:
    """Silence is log(1e-6) on the scale; a tone is loudest in the bands around it; ten times the size, 20 dB more."""
    n = torch.arange(320)
    silent = audio.log_mel(torch.zeros(1, 1, 320))
    assert silent.unique().tolist() == pytest.approx([(math.log(1e-6) + 6) / 4], abs=1e-6)
    mel = lambda hz: 2595 * math.log10(1 + hz / 700)  # noqa: E731
    for hz in (400, 1000, 4000):
        tone = 3000 * torch.sin(2 * math.pi * hz * n / 16000)
        found = audio.log_mel(tone[None, None])[0, 0]
        band = mel(hz) / (mel(8000) / 41) - 1
        assert abs(int(found.argmax()) - band) < 1, hz
        louder = audio.log_mel(10 * tone[None, None])[0, 0]
        assert float(louder.max() - found.max()) == pytest.approx(math.log(100) / 4, abs=1e-3)
    # 3000 / 32768 under a Hann window of sum 160: amplitude 80 in the bin of 1000 Hz, of which a half is positive
    power = (3000 / 32768 * 80) ** 2
    tone = 3000 * torch.sin(2 * math.pi * 1000 * n / 16000)
    spectrum = (tone / 32768) @ audio._waves(torch.device("cpu"))
    assert float(spectrum[20] ** 2 + spectrum[161 + 20] ** 2) == pytest.approx(power, rel=1e-4)


def test_log_mel_is_that_of_its_definition() -> None:
    """Hann window, squared discrete Fourier transform, triangles on the mel scale: by numpy and loops."""
    rng = np.random.default_rng(0)
    wave = rng.integers(-9000, 9000, 320) / 32768
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(320) / 320)
    power = np.abs(np.fft.rfft(wave * window)) ** 2
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42) / 2595) - 1)
    wanted = []
    for k in range(40):
        bands = np.interp(np.arange(161) * 50.0, edges[k : k + 3], [0, 1, 0])
        wanted.append((np.log(power @ bands + 1e-6) + 6) / 4)
    found = audio.log_mel(torch.from_numpy(wave * 32768)[None, None])[0, 0]
    assert np.allclose(found, wanted, atol=1e-4)


# -- pictures, depth, rays -------------------------------------------------------------------------------------------

FISHEYE = [0.29, 0.25, 0.52, 0.47]
PINHOLE = [0.39, 0.6, 0.48, 0.55]


def cameras() -> Cameras:
    """Six views, the body turned and shifted against each; lenses with distortion."""
    K = torch.tensor([[FISHEYE] * 4 + [PINHOLE] * 2])
    D = torch.tensor([[[0.03, -0.01, 0.004, -0.001]] * 4 + [[0.0] * 4] * 2])
    turn, _ = torch.linalg.qr(torch.randn(6, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    turn = turn * torch.linalg.det(turn)[:, None, None]
    T = torch.cat([turn, torch.ones(6, 3, 1)], -1).float()[None]
    fisheye = torch.tensor([[True] * 4 + [False] * 2])
    return Cameras(K, D, T, fisheye, torch.ones(1, 6, dtype=torch.bool), torch.zeros(1, 1, 3), torch.zeros(1, 1).bool())


@pytest.mark.parametrize("view", ["fisheye_cam1", "stereo_left", "stereo_right"])
@pytest.mark.parametrize("grid", [1, 2, 3])
def test_rays_go_through_the_middle_of_each_patch(view: str, grid: int) -> None:
    """Against the lens of `episode.cameras` on a picture of 90 by 60 pixels, whose pixel centres are whole numbers."""
    given = replace(batch({"imu": stream(torch.zeros(1, 110, 6))}), cameras=cameras())
    found, outside = patch_rays(given, (view,), grid)
    k = VIEWS.index(view)
    width, height = 90, 60
    # shares of the picture's size, from its edge, to pixels: edges at -0.5 and 89.5
    fx, fy, cx, cy = (given.cameras.K[0, k].double() * torch.tensor([width, height, width, height])).tolist()
    T = np.eye(4)
    T[:3] = given.cameras.T_camera_body[0, k].double().numpy()
    lens = "equidistant" if k < 4 else "none"
    D = given.cameras.D[0, k].double().numpy() if k < 4 else np.zeros(0)
    camera = Camera(view, lens, np.array([fx, fy, cx - 0.5, cy - 0.5]), D, T, (width, height))
    middle = (np.arange(grid) + 0.5) / grid
    pixels = np.stack(np.meshgrid(middle * width - 0.5, middle * height - 0.5), -1).reshape(-1, 2)
    rays, seen = camera.unproject(pixels)
    wanted = rays @ T[:3, :3]  # to the body: by the inverse turn
    inside = ~outside[0, 0].numpy()
    assert inside.any() and (seen[inside]).all()
    assert np.allclose(found[0, 0, inside, :3], wanted[inside], atol=1e-4)
    assert found[0, 0, inside, 3].eq(1).all() and found[0, 0, inside, 4].eq(float(k < 4)).all()
    assert np.allclose(found[0, 0, inside, 5:], given.cameras.K[0, k, :2])


def test_patches_outside_of_a_lens_are_known_to_be() -> None:
    """At 0.29 of the width a focal length, a corner's patch of 8 by 8 lies 1.51 by 1.75 away from the middle."""
    given = replace(batch({"imu": stream(torch.zeros(1, 110, 6))}), cameras=cameras())
    found, outside = patch_rays(given, ("fisheye_cam0", "stereo_left"), 8)
    corner, centre = 0, 8 * 4 + 4
    assert outside[0, 0, corner] and not outside[0, 0, centre] and not outside[0, 1].any()
    assert not found[0, 0, corner].any()
    given.cameras.valid[:] = False
    found, outside = patch_rays(given, ("fisheye_cam0", "stereo_left"), 8)
    assert not found.any() and not outside.any(), "without a calibration nothing is known to be outside"


def test_pictures_are_cut_into_cells_row_by_row() -> None:
    values = torch.zeros(1, FRAMES, 16, 16, 3, dtype=torch.uint8)
    values[:, :, :8, 8:, 0] = 255  # red above on the right
    values[:, 5:, 8:, :8, 2] = 51  # in the second block, a little blue below on the left
    found = told(video.Encoder, "video_stereo_left", batch({"video_stereo_left": stream(values)}))
    colours = found.values[0] * video.SPREAD + video.MEAN
    assert torch.allclose(colours[:4], torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]), atol=1e-6)
    assert torch.allclose(colours[4:], torch.tensor([[0.0, 0, 0], [1, 0, 0], [0, 0, 0.2], [0, 0, 0]]), atol=1e-6)
    assert found.block.tolist() == [0] * 4 + [1] * 4
    assert found.time[0].tolist() == pytest.approx([0.1] * 4 + [0.35] * 4)
    assert video.scaled(torch.tensor([0, 255])).tolist() == pytest.approx([-1.8, 2.2])


def test_invalid_pictures_are_replaced_by_the_nearest_valid_one() -> None:
    """Five pictures a block, each of its own grey; of two as near the earlier one stands in."""
    grey = torch.arange(10.0, 20.0).view(1, 2, 5, 1, 1, 1).expand(1, 2, 5, 2, 2, 3)
    valid = torch.tensor([[[0, 1, 0, 1, 0], [0, 0, 0, 0, 0]]]).bool()
    found = video.replaced(grey, valid)[0, :, :, 0, 0, 0]
    assert found[0].tolist() == [11, 11, 11, 13, 13]
    assert video.replaced(grey, torch.ones_like(valid))[0, :, :, 0, 0, 0].flatten().tolist() == list(range(10, 20))


@pytest.mark.parametrize("stem", ["conv", "patch"])
def test_what_an_invalid_picture_holds_is_not_seen_and_that_it_lacks_is(stem: str) -> None:
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(0, 256, (1, FRAMES, 48, 48, 3), dtype=torch.uint8, generator=generator)
    valid = torch.ones(1, FRAMES, dtype=torch.bool)
    valid[0, 2] = False
    options = config((VIDEO,), stem=stem)
    torch.manual_seed(0)
    encoder = video.Encoder(options, (VIDEO,))
    encoder.reset_parameters()

    def seen(values: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        given = batch({VIDEO: stream(values, valid=valid)})
        (found,) = encoder(Span(options, given, "window", (VIDEO,)), (VIDEO,))
        assert found.known.all()
        return found.x[0]

    black, held = values.clone(), values.clone()
    black[0, 2] = 0
    held[0, 2] = values[0, 1]
    assert torch.equal(seen(values, valid), seen(black, valid))
    told, untold = seen(held, valid), seen(held, torch.ones_like(valid))
    assert torch.allclose(told[:4] - untold[:4], encoder.replaced[2].expand(4, -1), atol=1e-6)
    assert torch.allclose(told[4:], untold[4:], atol=1e-6), "the other block lacks nothing"


def test_colours_are_those_of_valid_pictures() -> None:
    """Of the first block the last two pictures alone are valid: greys of 0.2 and 0.6, in the mean 0.4."""
    values = torch.full((1, FRAMES, 16, 16, 3), 102, dtype=torch.uint8)
    values[:, :3], values[:, 3], values[:, 4] = 0, 51, 153
    valid = torch.ones(1, FRAMES, dtype=torch.bool)
    valid[0, :3] = False
    found = told(video.Encoder, VIDEO, batch({VIDEO: stream(values, valid=valid)}))
    assert torch.allclose(found.values * video.SPREAD + video.MEAN, torch.tensor(0.4), atol=1e-6)


def test_a_confidence_of_zero_is_a_number_and_a_depth_of_zero_is_none() -> None:
    confidence = torch.zeros(1, FRAMES, 8, 8, dtype=torch.uint8)
    confidence[:, :, :4] = 255
    valid = torch.ones(1, FRAMES, dtype=torch.bool)
    valid[0, 1] = False
    given = batch(
        {"depth": stream(torch.zeros(1, FRAMES, 16, 16)), "depth_confidence": stream(confidence, valid=valid)}
    )
    found = told(depth.Encoder, "depth_confidence", given)
    cells, there = (x[0].view(2, 5, 8, 8) for x in (found.values, found.valid))
    assert found.known.all() and there.flatten(2).all(2).tolist() == [[True, False, True, True, True], [True] * 5]
    assert cells[1, :, :4].unique().tolist() == [2.0] and cells[1, :, 4:].unique().tolist() == [-2.0]
    assert not told(depth.Encoder, "depth", given).known.any()


def test_depth_is_nearness_over_what_was_measured() -> None:
    """0.7 m is 1 / (0.7 + 0.3) - 1 = 0; 0.2 m is 1, twice that in contrast; 0 was not measured."""
    values = torch.full((1, FRAMES, 16, 16), 0.7)
    values[0, :, :8, :8] = 0.2
    values[0, :, 0, 0] = 0.0
    values[0, :, :8, 8:] = 0.45
    values[0, :, 8:, 8:] = 0.0
    streams = {
        "depth": stream(values),
        "depth_confidence": stream(torch.full((1, FRAMES, 8, 8), 51, dtype=torch.uint8)),
    }
    found = told(depth.Encoder, "depth", batch(streams))
    cells = found.values[0].view(2, 4, 5, 8, 8)
    valid = found.valid[0].view(2, 4, 5, 8, 8)
    assert cells[0, :3, 2, 1, 1].tolist() == pytest.approx([2.0, 2 / 3, 0.0], abs=1e-5), "row by row"
    assert not valid[:, 0, :, 0, 0].any() and valid[:, 0, :, 0, 1:].all()
    assert found.known[0].tolist() == [True, True, True, False] * 2
    found = told(depth.Encoder, "depth_confidence", batch(streams))
    assert found.values.unique().tolist() == pytest.approx([2 * (0.4 - 1)])


def test_depth_is_the_mean_of_measured_pixels() -> None:
    """Pictures of 32 pixels to 16 cells a side: of four pixels three have no depth."""
    values = torch.zeros(1, FRAMES, 32, 32)
    values[..., ::2, ::2] = 0.2
    found = told(depth.Encoder, "depth", batch({"depth": stream(values)}))
    assert found.valid.all() and found.values.unique().tolist() == pytest.approx([2.0])


@pytest.mark.parametrize("angle", [0.0, 0.7])
def test_the_map_is_told_from_where_the_wearer_stands_and_looks(angle: float) -> None:
    """A point 3 m ahead, 4 m to the left: by fifths of metres, (0.6, 0.8, 0) at 1. Beyond 5 m the direction alone grows
    no further; the distance is held at four times that."""
    c, s = math.cos(angle), math.sin(angle)
    here = torch.tensor([2.0, 1.0, 1.5])
    poses = torch.cat(
        [turned(torch.full((FRAMES,), angle)).double() @ LEVEL, here.double().expand(FRAMES, 3)[..., None]], -1
    )
    poses[1:5, :, 3] += 9.0  # the first frame of each block tells
    streams = {"pose": stream(poses[None]), "depth": stream(torch.ones(1, FRAMES, 16, 16))}
    names = tuple(streams)
    options = config(names, width=4)
    encoder = depth.Encoder(options, ("depth",))
    encoder.points = torch.nn.Identity()
    for scale, wanted in (
        (1.0, [0.6, 0.8, 0.0, 1.0]),
        (3.0, [0.6, 0.8, 0.0, 3.0]),
        (9.0, [0.6, 0.8, 0.0, 4.0]),
        (0.5, [0.3, 0.4, 0.0, 0.5]),
    ):
        given = batch(streams)
        ahead = torch.tensor([3 * c - 4 * s, 3 * s + 4 * c, 0.0]) * scale
        given.cameras.points = torch.stack([here + ahead, torch.full((3,), 99.0)])[None]
        given.cameras.points_valid = torch.tensor([[True, False]])
        (_, tokens) = encoder(Span(options, given, "window", names), ["depth"])
        assert tokens.x[0].tolist() == [pytest.approx(wanted, abs=1e-5)] * 2 and tokens.known.all()


# -- sizes measured in training --------------------------------------------------------------------------------------


def test_calibration_measures_mean_and_spread_of_what_is_valid() -> None:
    """Heights of 1.5 - 1 and 1.5 + 3: mean 1, spread 2. What is not valid does not count; what never moves is not blown up."""
    streams = moving(20.0, (0.0, 0, 0), turn=0.0)
    poses = streams["pose"].values
    poses[:, :, 2, 3] = torch.tensor([0.5, 4.5] * 5)
    options = config(("pose",))
    encoder = pose.Encoder(options, ("pose",))
    span = Span(options, batch({"pose": streams["pose"]}), "window", ("pose",))
    calibrate(encoder, [span, span])
    mean, spread = (encoder.get_buffer(f"pose_{name}").view(5, 19) for name in ("mean", "spread"))
    assert mean[:, 18].mean() == pytest.approx(1.0) and spread[0, 18] == pytest.approx(2.0)
    assert spread[:, :2].tolist() == [[pytest.approx(STILL)] * 2] * 5
    values, _ = by_frame(encoder.features(span, "pose"))
    assert values[0, :, 18].tolist() == pytest.approx([-1.0, 1.0] * 5, abs=1e-5)
    poses[0, 3, 2, 3] = 1e9
    poses[0, 3, :, :3] = 0
    streams["pose"].valid[0, 3] = False
    calibrate(encoder, [span])
    mean = encoder.get_buffer("pose_mean").view(5, 19)
    assert mean[3, 18] == pytest.approx(-1.0), "the other block's frame alone"
    span.batch.streams["pose"].valid[0, 3] = True
    values, _ = by_frame(encoder.features(span, "pose"))
    assert values.abs().max() <= FAR


# -- spans and known tokens --------------------------------------------------------------------------------------


def test_the_span_behind_counts_from_its_own_start() -> None:
    """Ten frames and ten behind them: those begin at 0.5 s, which is their 0."""
    values = torch.arange(20.0)[None, :, None, None].expand(1, 20, 21, 3)
    given = batch({"hand_right": stream(values, slots=10)})
    given.future = 10
    span = Span(config(("hand_right",)), given, "future", ("hand_right",))
    found = span.slots("hand_right")
    assert found.values[0, :, 0, 0].tolist() == list(range(10, 20))
    assert found.times[0].tolist() == pytest.approx([k / 20 for k in range(10)])
    assert span.start[0].tolist() == pytest.approx([0, 0.25])
    window = Span(config(("hand_right",)), given, "window", ("hand_right",)).slots("hand_right")
    assert window.values[0, :, 0, 0].tolist() == list(range(10))


def test_the_first_frame_of_a_window_goes_on_from_the_one_before() -> None:
    """Wrists at 2 m/s, windows of half a second: with the window before, the first frame has its speed."""
    x = 0.1 * torch.arange(20.0)[None, :, None, None].expand(1, 20, 21, 3)
    before, after = (batch({"hand_right": stream(part)}) for part in (x[:, :10], x[:, 10:]))
    options = config(("hand_right",))
    encoder = hands.Encoder(options, ("hand_right",))
    ago = torch.tensor([0.5], dtype=torch.float64)
    span = Span(options, after, "window", ("hand_right",), None, (before, ago))
    values, valid = by_frame(encoder.features(span, "hand_right"))
    assert valid.all() and values[0, :, 63].tolist() == pytest.approx([2.0] * 10, abs=1e-4)


def test_samples_a_hair_before_a_block_belong_to_it() -> None:
    values = torch.ones(1, 110, 6)
    times = torch.arange(110, dtype=torch.float64)[None] / 200
    times[0, 50] -= 5e-7
    valid = torch.arange(110)[None] < 100
    streams = {"imu": StreamBatch(values, times, valid, torch.zeros(1, dtype=torch.int8), 110)}
    found = told(imu.Encoder, "imu", batch(streams))
    assert found.valid.all() and found.values[0].view(2, 50, 6)[1, 0].tolist() == pytest.approx([0.1] * 3 + [0.5] * 3)


def test_patches_are_read_row_by_row() -> None:
    """Light in the patch above on the right changes the second of four tokens, and no other."""
    torch.manual_seed(0)
    stem = video.Patches(config(patch=8), 15)
    dark = torch.zeros(1, 15, 16, 16)
    lit = dark.clone()
    lit[:, :, 2:6, 10:14] = 255
    changed = (stem(dark) - stem(lit)).abs().amax(-1)[0]
    assert changed[1] > 1e-3 and changed[[0, 2, 3]].max() == 0
    three = torch.arange(9.0).view(1, 1, 3, 3)
    assert video.pooled(three, 2).flatten().tolist() == [2, 3, 5, 6]
    assert video.pooled(torch.arange(16.0).view(1, 1, 4, 4), 2).flatten().tolist() == [2.5, 4.5, 10.5, 12.5]


@pytest.mark.parametrize("name", list(STREAMS))
def test_tokens_are_known_where_data_is_there_and_not_taken_away(model: XperienceModel, name: str) -> None:
    """Of three samples the first has the stream, the second lost it to us, the third never had it."""
    given = random_batch.tensors(size=3, presence="all")
    given.cameras.valid[:] = False  # no lens says that a corner is dark
    gone = torch.zeros(3, len(STREAMS), dtype=torch.bool)
    gone[1, list(STREAMS).index(name)] = True
    given.streams[name].valid[2] = False
    tokens = model.encode(given, dropped=gone).tokens
    assert tokens.known[:, tokens.of(name)].all(1).tolist() == [True, False, False]
    assert tokens.known[:, tokens.of(name)].any(1).tolist() == [True, False, False]


# -- presence --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> XperienceModel:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return XperienceModel(random_batch.config(width=32, layers=1, heads=1, kv_heads=1), Tokenizer.learn([], 0))


def test_readouts_are_told_there_absent_and_dropped(model: XperienceModel) -> None:
    """A table of presence that says 1, 10 and 100 for one stream: each readout of a block begins with what is so."""
    here = random_batch.tensors(size=3, presence="all")
    gone = torch.zeros(3, len(STREAMS), dtype=torch.bool)
    number = list(STREAMS).index("imu")
    gone[1, number] = True
    one = here.streams["imu"]
    one.valid[2] = False
    one.presence[2] = Presence.ABSENT
    kept = model.presence.detach().clone(), model.readout.detach().clone()
    with torch.no_grad():
        model.presence.zero_()
        model.readout.zero_()
        model.presence[number] = torch.tensor([1.0, 10.0, 100.0])[:, None]
        span = model.encode(here, dropped=gone).span
        tokens = model.encode(here, dropped=gone).tokens
        told, time = model._readouts(span, tokens)
        assert told[..., 0].amax((1, 2)).tolist() == told[..., 0].amin((1, 2)).tolist() == [1.0, 100.0, 10.0]
        assert time[0].tolist() == pytest.approx([0.25, 0.5, 0.75, 1.0]), "a readout stands at the end of its block"
        model.presence.copy_(kept[0])
        model.readout.copy_(kept[1])


def test_states_of_presence_have_their_numbers() -> None:
    assert (Presence.PRESENT, Presence.ABSENT, Presence.DROPPED) == (0, 1, 2)


def test_the_map_is_told_where_depth_and_pose_are(model: XperienceModel) -> None:
    given = random_batch.tensors(size=4, presence="all")
    gone = torch.zeros(4, len(STREAMS), dtype=torch.bool)
    gone[1, list(STREAMS).index("depth")] = gone[2, list(STREAMS).index("pose")] = True
    given.cameras.points_valid[3] = False
    tokens = model.encode(given, dropped=gone).tokens
    assert tokens.known[:, tokens.of(MAP)].all(1).tolist() == [True, False, False, False]
    assert not tokens.known[:, tokens.of(MAP)].any(1)[1:].any()
