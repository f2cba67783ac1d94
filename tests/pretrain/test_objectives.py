"""Each objective on a batch that a person can compute: value, mask, rule of presence; and that no answer leaks in."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import small_steps as small
import torch
from torch import nn

from xperience.model.language import Tokenizer
from xperience.model.model import XperienceModel
from xperience.prepare.streams import STREAMS
from xperience.pretrain.config import Masking
from xperience.pretrain.learner import Learner
from xperience.pretrain.objectives import alignment, build, losses
from xperience.pretrain.objectives.action import SMOOTHING, Action
from xperience.pretrain.objectives.alignment import Alignment, overlap
from xperience.pretrain.objectives.contact import Contact
from xperience.pretrain.objectives.ego_motion import EgoMotion
from xperience.pretrain.objectives.future import Future
from xperience.pretrain.objectives.hand_motion import HandMotion
from xperience.pretrain.objectives.language import documents
from xperience.pretrain.objectives.masked import Masked
from xperience.pretrain.objectives.pairs import Pairs
from xperience.pretrain.objectives.policy import Policy
from xperience.pretrain.step import Step, Term, Texts, captions

sys.path.append(str(Path(__file__).resolve().parents[1] / "model"))
import random_batch

LOG2 = math.log(2)
VIDEO = "video_stereo_left"


def value(term: Term) -> tuple[float, float]:
    """Sum and count."""
    return float(term.total.detach()), float(term.count)


def near(total: float, count: float) -> tuple[object, float]:
    return pytest.approx(total, abs=1e-5), count


# -- what all share --------------------------------------------------------------------------------------------------


def test_a_term_sums_what_is_known() -> None:
    found = losses.term(torch.tensor([1.0, 10.0, 100.0]), torch.tensor([True, False, True]))
    assert value(found) == (101.0, 2.0)


def test_pooling_sets_the_last_block_beside_the_mean() -> None:
    state = small.state([[[[1.0, 2.0]], [[3.0, 6.0]]]])
    assert losses.pooled(state).tolist() == [[3.0, 6.0, 2.0, 4.0]]


def test_classes_count_only_where_known() -> None:
    logits = torch.tensor([[0.0, math.log(3)], [5.0, 0.0]])
    found = losses.matched(logits, torch.tensor([1, 7]), torch.tensor([True, False]))
    assert value(found) == near(-math.log(0.75), 1)
    smooth = losses.matched(logits, torch.tensor([1, 0]), torch.tensor([True, False]), 0.1)
    assert value(smooth) == near(-0.95 * math.log(0.75) - 0.05 * math.log(0.25), 1)


def contrast(a: object, b: object, known: object, same: object, scale: float = 0.0) -> tuple[float, float]:
    step = small.step(small.batch(1), small.Model())
    rows = [torch.tensor(side, dtype=torch.float32) for side in (a, b)]
    found = losses.contrast(step, *rows, torch.tensor(scale), torch.tensor(known), torch.tensor(same))
    return value(found)


def test_contrast_is_infonce_both_ways_by_cosine() -> None:
    """One of two, cosines 1 and 0: log(1 + 1/e) each way, whatever the lengths."""
    none = [[False, False], [False, False]]
    wanted = 2 * math.log(1 + math.exp(-1))
    assert contrast([[2, 0], [0, 9]], [[5, 0], [0, 1]], [True, True], none) == near(wanted, 2)
    # cosines of a to b: [[1, .6], [0, .8]]; the two ways differ
    a_to_b = math.log(1 + math.exp(0.6 - 1)) + math.log(1 + math.exp(0 - 0.8))
    b_to_a = math.log(1 + math.exp(0 - 1)) + math.log(1 + math.exp(0.6 - 0.8))
    assert contrast([[1, 0], [0, 1]], [[1, 0], [0.6, 0.8]], [True, True], none) == near((a_to_b + b_to_a) / 2, 2)
    # the scale is the logarithm of what the cosines are multiplied with
    assert contrast([[1, 0], [0, 1]], [[1, 0], [0, 1]], [True, True], none, math.log(3)) == near(
        2 * math.log(1 + math.exp(-3)), 2
    )
    # and held at 100: cosines 0 and 1 the wrong way about
    assert contrast([[1, 0], [0, 1]], [[0, 1], [1, 0]], [True, True], none, 9.0) == near(200, 2)


def test_contrast_leaves_out_what_is_no_negative_and_what_is_unknown() -> None:
    both = [[True, True], [True, True]]
    assert contrast([[1, 0], [0, 1]], [[1, 0], [0, 1]], [True, True], both) == near(0, 2)
    none = [[False, False], [False, False]]
    assert contrast([[1, 0], [1, 0]], [[1, 0], [1, 0]], [True, False], none) == near(0, 1)


# -- masked ----------------------------------------------------------------------------------------------------------


def masked_imu(hidden: list[list[bool]], known: list[list[bool]], valid: list[list[list[bool]]]) -> tuple[float, float]:
    """Two tokens of two numbers: said 0.5 and 2, 1 and 1; wanted 0 and 0, 1 and 3."""
    objective = Masked(small.config(), {"imu": 2})
    objective.heads["imu"] = nn.Identity()
    place = {"imu": slice(1, 3)}
    student = small.state(torch.zeros(1, 2, 1, 2), [[[9, 9], [0.5, 2], [1, 1]]], places=place)
    teacher = small.state(torch.zeros(1, 2, 1, 2), torch.zeros(1, 3, 2), [[True, *known[0]]], place)
    wanted, there = torch.tensor([[[0.0, 0.0], [1.0, 3.0]]]), torch.tensor(valid)
    model = small.Model(student, targets={"imu": (wanted.masked_fill(~there, math.nan), there)})
    step = small.step(small.batch(), model, small.Teacher(teacher), {"imu": hidden})
    return value(objective(step)["imu"])


def test_masked_asks_hidden_tokens_that_are_known() -> None:
    """Smooth L1: 0.5 gives 1/8, 2 gives 1.5; the mean over a token's numbers, the sum over tokens."""
    yes = [[True, True]]
    every = [[[True, True], [True, True]]]
    assert masked_imu([[True, False]], yes, every) == near((0.125 + 1.5) / 2, 1)
    assert masked_imu([[False, True]], yes, every) == near((0 + 1.5) / 2, 1)
    assert masked_imu([[True, True]], yes, every) == near(0.8125 + 0.75, 2)
    assert masked_imu([[True, True]], [[True, False]], every) == near(0.8125, 1)
    assert masked_imu([[False, False]], yes, every) == near(0, 0)


def test_masked_asks_the_valid_numbers_of_a_token() -> None:
    yes = [[True, True]]
    assert masked_imu([[True, True]], yes, [[[True, False], [True, True]]]) == near(0.125 + 0.75, 2)
    assert masked_imu([[True, True]], yes, [[[False, False], [True, True]]]) == near(0.75, 1)


@pytest.mark.parametrize("stream", [VIDEO, "audio", "depth"])
def test_masked_pictures_and_sound_are_the_teacher_s_normalised_tokens(stream: str) -> None:
    """The teacher's 1, 1, 3, 3 is -1, -1, 1, 1; the student's 1, -1, 1, 3 lies 2, 0, 0, 2 away: 1.5, 0, 0, 1.5."""
    objective = Masked(small.config(4), {stream: 0 if stream != "depth" else 3})
    objective.heads[stream] = nn.Identity()
    place = {stream: slice(0, 2)}
    student = small.state(torch.zeros(1, 2, 1, 4), [[[1, -1, 1, 3], [7, 7, 7, 7]]], places=place)
    for size, shift in ((1, 0), (10, 5)):  # neither the size of the teacher's tokens nor their mean matters
        tokens = torch.tensor([[[1.0, 1, 3, 3], [2, 2, 2, 9]]]) * size + shift
        teacher = small.state(torch.zeros(1, 2, 1, 4), tokens, places=place)
        step = small.step(small.batch(), small.Model(student), small.Teacher(teacher), {stream: [[True, False]]})
        assert value(objective(step)[stream]) == near(0.75, 1)


def test_masked_has_a_term_for_what_can_be_told() -> None:
    config = small.config()
    model = XperienceModel(small.config(64, text_width=32, heads=2), Tokenizer.learn([], 0))
    channels = model.channels
    assert set(Masked(config, channels).heads) == set(STREAMS)
    assert all(channels[name] > 0 for name in ("pose", "hand_left", "hand_right", "body", "contacts", "imu"))


# -- future ----------------------------------------------------------------------------------------------------------


def future(seen: list[bool], seen_now: list[bool], frames: int = 10) -> tuple[float, float]:
    """Two blocks of the teacher, normalised 1, 1, -1, -1 and -1, 1, -1, 1; said 1, 1, -1, -1 and 0, 1, -1, 3."""
    objective = Future(small.config(4))
    objective.predict = small.Fixed([[1, 1, -1, -1, 0, 1, -1, 3]])
    later = small.state([[[[3, 3, 1, 1]], [[0, 20, 0, 20]]]], known=[seen])
    student = small.state(torch.zeros(1, 2, 1, 4), known=[seen_now])
    step = small.step(small.batch(frames=frames), small.Model(student), small.Teacher(student, later))
    return value(objective(step)["latent"])


def test_future_is_the_teacher_s_normalised_readouts_block_by_block() -> None:
    """Second block: 1 and 2 away, 0.5 and 1.5; the mean over two blocks of four numbers."""
    assert future([True, True], [True, True]) == near((0.5 + 1.5) / 8, 1)


def test_future_is_asked_where_both_spans_have_something() -> None:
    assert future([False, True], [True, False]) == near(0.25, 1)
    assert future([False, False], [True, True]) == near(0, 0)
    assert future([True, True], [False, False]) == near(0, 0)
    assert future([True, True], [True, True], frames=11) == (0, 0), "the span behind is shorter than the window"


# -- alignment and pairs ---------------------------------------------------------------------------------------------


def test_blocks_that_overlap_in_time_are_no_negatives() -> None:
    """Blocks of five frames: those of samples 0 and 1 begin at 0, 5 and 3, 8 of one recording; of another recording, of
    another source, and far on in the first one lie the others."""
    batch = small.batch(5, start=[0, 3, 0, 0, 13], episode=[7, 7, 8, 7, 7], source=[0, 0, 0, 1, 0])
    found = overlap(small.step(batch, small.Model()), 2)
    wanted = torch.zeros(10, 10, dtype=torch.bool)
    starts = [(7, 0), (7, 5), (7, 3), (7, 8), (8, 0), (8, 5), (9, 0), (9, 5), (7, 13), (7, 18)]
    for a, (one, at) in enumerate(starts):
        for b, (other, where) in enumerate(starts):
            wanted[a, b] = one == other and abs(at - where) < 5
    assert torch.equal(found, wanted)
    assert not found[0, 1], "blocks that touch do not overlap"


class Scaled(nn.Module):
    """A network that gives its input back, cut to some columns."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., : self.columns]


def infonce(a: torch.Tensor, b: torch.Tensor, known: list[bool], excluded: torch.Tensor) -> float:
    """The sum over known rows, by loops and unit rows."""
    total = 0.0
    for asks, answers in ((a, b), (b, a)):
        for i in range(len(a)):
            if not known[i]:
                continue
            cosine = torch.nn.functional.cosine_similarity(asks[i : i + 1], answers, dim=1)
            others = [j for j in range(len(a)) if j == i or (known[j] and not excluded[i, j])]
            total += 0.5 * (math.log(sum(math.exp(float(cosine[j])) for j in others)) - float(cosine[i]))
    return total


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_alignment_matches_motion_with_sight(number: int) -> None:
    """Three samples of two blocks: two of one recording that overlap by two frames, and one of another."""
    torch.manual_seed(0)
    objective = Alignment(small.config())
    objective.motion, objective.sight = Scaled(2), Scaled(2)
    with torch.no_grad():
        objective.scales.copy_(torch.tensor([0.0, 1.0]))
    motion, sight = torch.randn(3, 2, 1, 2), torch.randn(3, 2, 1, 2)
    for nothing in ([], [1]):  # in the second turn the second sample has no motion
        known = torch.ones(3, 2, dtype=torch.bool)
        known[nothing] = False
        sound = set(alignment.SOUND)
        sides = {
            frozenset(set(alignment.MOTION) | (sound if number % 2 == 0 else set())): small.state(motion, known=known),
            frozenset(set(alignment.SIGHT) | (sound if number % 2 else set())): small.state(sight),
        }
        model = small.Model(small.state(torch.zeros(3, 2, 1, 2)), sides, {"a": [1.0, 0, 0, 0]})
        batch = small.batch(3, start=[0, 3, 0], episode=[4, 4, 5])
        step = small.step(batch, model, number=number)
        found = objective(step)
        rows = known.any(1).repeat_interleave(2).tolist()
        start = torch.tensor([0, 5, 3, 8, 0, 5])
        recording = torch.tensor([4, 4, 4, 4, 5, 5])
        foreign = recording[:, None] != recording[None]
        close = ((start[:, None] - start[None]).abs() < 5) & ~foreign
        a, b = motion.flatten(0, 1)[:, 0], sight.flatten(0, 1)[:, 0]
        assert value(found["motion_sight"]) == near(infonce(a, b, rows, close), sum(rows))
        assert value(found["same_recording"]) == near(infonce(a, b, rows, close | foreign), sum(rows))
        assert all("language" not in asked or asked["language"] is None for asked in model.fused if asked["streams"])


def test_sides_of_the_alignment_share_no_stream() -> None:
    assert set(alignment.MOTION) == {"pose", "hand_left", "hand_right", "body", "contacts", "imu"}
    assert set(alignment.SIGHT) == {n for n in STREAMS if n.startswith("video_")} | {"depth", "depth_confidence"}


def test_words_find_the_window_that_did_not_read_them() -> None:
    """Four windows: two say the same, one says nothing, one was told. Two ask; the same words are no negatives."""
    objective = Alignment(small.config())
    objective.motion, objective.sight, objective.window = Scaled(2), Scaled(2), nn.Identity()
    objective.words = nn.Identity()
    with torch.no_grad():
        objective.scales.copy_(torch.tensor([1.0, 0.0]))
    readout = torch.tensor([[[[1.0, 0.0]]], [[[1.0, 1.0]]], [[[0.0, 1.0]]], [[[0.0, 2.0]]]])
    words = {"cup": [1.0, 0, 1, 0], "pan": [0.0, 1, 0, 1]}
    empty = small.state(torch.zeros(4, 1, 1, 2), known=torch.zeros(4, 1, dtype=torch.bool))
    sides = {frozenset((*alignment.MOTION, "audio")): empty, frozenset(alignment.SIGHT): empty}
    batch = small.batch(4, interaction=["cup", "pan", "", "cup"])
    model = small.Model(small.state(readout), sides, words)
    found = objective(small.step(batch, model, dropped_language=[True, True, True, False]))["words"]
    # unit windows (1, 0), (1, 1) / sqrt 2 against unit words (1, 0), (0, 1), each doubled: cosines 1, 0; 0.7071 twice
    half = math.sqrt(0.5)
    by_word = math.log(1 + math.exp(half - 1)) + math.log(1 + math.exp(0 - half))
    by_window = math.log(1 + math.exp(0 - 1)) + math.log(2)
    assert value(found) == near((by_word + by_window) / 2, 2)
    batch = small.batch(4, interaction=["cup", "cup", "", "cup"])
    found = objective(small.step(batch, model, dropped_language=[True, True, True, False]))["words"]
    assert value(found) == near(0, 2), "both are right"


def test_pairs_match_the_imu_with_the_body_by_blocks_and_by_windows() -> None:
    torch.manual_seed(1)
    objective = Pairs(small.config())
    for side in ("imu", "body"):
        objective.block[side], objective.window[side] = nn.Identity(), nn.Identity()
    with torch.no_grad():
        objective.scales.zero_()
    imu, body = torch.randn(3, 2, 1, 2), torch.randn(3, 2, 1, 2)
    there = torch.tensor([[True, True], [True, False], [False, False]])
    sides = {
        frozenset({"imu"}): small.state(imu),
        frozenset({"body"}): small.state(body, known=there),
    }
    batch = small.batch(3, start=[0, 3, 30], episode=[4, 4, 4])
    found = objective(small.step(batch, small.Model(None, sides)))
    start = torch.tensor([0, 5, 3, 8, 30, 35])
    close = (start[:, None] - start[None]).abs() < 5
    rows = there.flatten().tolist()
    wanted = infonce(imu.flatten(0, 1)[:, 0], body.flatten(0, 1)[:, 0], rows, close)
    assert value(found["blocks"]) == near(wanted, 3)
    whole = [torch.cat([x[:, -1, 0], x[:, :, 0].mean(1)], 1) for x in (imu, body)]
    close = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert value(found["windows"]) == near(infonce(*whole, there.any(1).tolist(), close), 2)


# -- motion ahead ----------------------------------------------------------------------------------------------------


def looking(direction: tuple[float, float], place: torch.Tensor) -> torch.Tensor:
    """T_world_body [N, 3, 4] at places [N, 3] that look along a horizontal direction: x right, y down, z forward."""
    forward = torch.tensor([*direction, 0.0])
    down = torch.tensor([0.0, 0.0, -1.0])
    right = torch.linalg.cross(down, forward)
    turn = torch.stack([right, down, forward], 1).expand(len(place), 3, 3)
    return torch.cat([turn, place[:, :, None]], 2).double()


def test_states_are_told_in_the_heading_frame_of_the_first_pose() -> None:
    """Looking along world y: a step along world y is ahead (x), along world -x to the left (y), up stays up."""
    place = torch.tensor([5.0, 5, 1.5]).repeat(20, 1)
    place[1], place[2], place[3] = torch.tensor([5.0, 6, 1.5]), torch.tensor([4.0, 5, 1.5]), torch.tensor([5.0, 5, 2.5])
    pose = looking((0.0, 1.0), place)
    pose[4, :, :3] = looking((-1.0, 0.0), place[:1])[0, :, :3]
    body = torch.zeros(20, 52, 3)
    body[:, 0] = torch.tensor([5.0, 4.0, 1.0])
    streams = {"pose": small.stream(pose[None]), "body": small.stream(body[None])}
    states, known = EgoMotion.states(small.batch(streams=streams))
    assert states[0, 1, :3].tolist() == pytest.approx([1, 0, 0], abs=1e-6)
    assert states[0, 2, :3].tolist() == pytest.approx([0, 1, 0], abs=1e-6)
    assert states[0, 3, :3].tolist() == pytest.approx([0, 0, 1], abs=1e-6)
    assert states[0, 0, 3:9].tolist() == pytest.approx([0, 0, -1, 1, 0, 0], abs=1e-6), "down, then forward"
    assert states[0, 4, 3:9].tolist() == pytest.approx([0, 0, -1, 0, 1, 0], abs=1e-6), "turned to the left"
    assert states[0, 0, 9:].tolist() == pytest.approx([-1, 0, -0.5], abs=1e-6), "a step behind and below the eyes"
    assert known.all()


def ego(pose_valid: torch.Tensor, body_valid: torch.Tensor) -> dict[str, tuple[float, float]]:
    """At rest in the window; behind it the headset is 0.3 and 0.4 m off, turned by a quarter to the left, the pelvis 2 m."""
    objective = small.zeroed(EgoMotion(small.config()))
    place = torch.zeros(20, 3)
    place[10:] = torch.tensor([0.3, 0.4, 0.0])
    pose = looking((1.0, 0.0), place)
    pose[10:, :, :3] = looking((0.0, 1.0), place[:1])[0, :, :3]
    body = torch.zeros(20, 52, 3)
    body[10:, 0, 2] = 2.0
    streams = {"pose": small.stream(pose[None], pose_valid), "body": small.stream(body[None], body_valid)}
    step = small.step(small.batch(streams=streams), small.Model(small.state(torch.zeros(1, 2, 1, 2))))
    return {name: value(term) for name, term in objective(step).items()}


def test_ego_motion_is_the_distance_from_the_last_frame() -> None:
    """Five times metres: 0.5 m, a forward axis moved by the root of two, 2 m; ten frames each."""
    yes = torch.ones(1, 20, dtype=torch.bool)
    wanted = {"headset": near(25, 10), "turn": near(10 * 5 * math.sqrt(2), 10), "pelvis": near(100, 10)}
    assert ego(yes, yes) == wanted


def test_ego_motion_asks_tracked_frames_from_a_tracked_one() -> None:
    yes, holes, no_end = (torch.ones(1, 20, dtype=torch.bool) for _ in range(3))
    holes[0, 12:15] = False
    no_end[0, 9] = False
    found = ego(yes, holes)
    assert [found[name][1] for name in ("headset", "turn", "pelvis")] == [10, 10, 7]
    found = ego(holes, yes)
    assert [found[name][1] for name in ("headset", "turn", "pelvis")] == [7, 7, 10]
    found = ego(no_end, yes)
    assert [found[name][1] for name in ("headset", "turn", "pelvis")] == [0, 0, 10]
    found = ego(yes, no_end)
    assert [found[name][1] for name in ("headset", "turn", "pelvis")] == [10, 10, 0]


def hands(left: torch.Tensor, right: torch.Tensor, shift: float = 0.3, times: float = 1.0) -> small.Batch:
    """Hands at rest in the window; behind it the left is `shift` metres along x further on each frame, the right so many
    times that along y."""
    streams = {}
    for k, (side, valid) in enumerate((("hand_left", left), ("hand_right", right))):
        values = torch.zeros(1, 20, 21, 3)
        values[:, 10:, :, k] = shift * (times if k else 1.0) * torch.arange(1, 11)[None, :, None]
        streams[side] = small.stream(values, valid)
    return small.batch(streams=streams)


YES = torch.ones(1, 20, dtype=torch.bool)


def test_hand_motion_is_the_mean_joint_distance_times_ten() -> None:
    """A predictor of no motion: 0.3 (1 + ... + 10) = 16.5 m the left hand, twice that the right one, times 10."""
    objective = small.zeroed(HandMotion(small.config()))
    model = small.Model(small.state(torch.zeros(1, 2, 1, 2)))

    def asked(left: torch.Tensor, right: torch.Tensor) -> tuple[float, float]:
        return value(objective(small.step(hands(left, right, times=2.0), model))["mpjpe"])

    assert asked(YES, YES) == near(165 + 330, 20)
    some = YES.clone()
    some[0, 10:13] = False  # the first three of the future: 0.3, 0.6, 0.9
    assert asked(some, YES) == near(165 + 330 - 18, 17)
    lost = YES.clone()
    lost[0, 9] = False
    assert asked(lost, YES) == near(330, 10)
    assert asked(~YES, ~YES) == near(0, 0)


def test_hand_motion_distances_are_of_joints() -> None:
    """One of 21 joints off by 3 and 4 dm: 0.5 m / 21, times 10."""
    objective = small.zeroed(HandMotion(small.config()))
    batch = hands(YES, ~YES, shift=0.0)
    batch.streams["hand_left"].values[0, 10:, 5, :2] = torch.tensor([0.3, 0.4])
    model = small.Model(small.state(torch.zeros(1, 2, 1, 2)))
    assert value(objective(small.step(batch, model))["mpjpe"]) == near(10 * 5 / 21, 10)


def test_a_chunk_is_of_steps_between_frames() -> None:
    """A step of 2 cm along one axis is a unit: smooth L1 of 1 is a half, a third of it over xyz."""
    objective = small.zeroed(Policy(small.config()))
    model = small.Model(small.state(torch.zeros(1, 2, 1, 2)))
    assert value(objective(small.step(hands(YES, YES, 0.02), model))["chunk"]) == near(20 * 0.5 / 3, 20)
    hole = YES.clone()
    hole[0, 12] = False  # two steps hang on each frame
    assert value(objective(small.step(hands(hole, YES, 0.02), model))["chunk"]) == near(18 * 0.5 / 3, 18)
    lost = YES.clone()
    lost[0, 9] = False
    assert value(objective(small.step(hands(YES, lost, 0.02), model))["chunk"]) == near(19 * 0.5 / 3, 19)


def test_a_chunk_holds_wrist_and_fingertips() -> None:
    objective = small.zeroed(Policy(small.config()))
    model = small.Model(small.state(torch.zeros(1, 2, 1, 2)))
    batch = hands(YES, ~YES, 0.0)
    batch.streams["hand_left"].values[0, 10:, 1, 0] = 1.0  # a joint between
    assert value(objective(small.step(batch, model))["chunk"]) == near(0, 10)
    batch.streams["hand_left"].values[0, 10:, 20, 0] = 0.02  # the little finger's tip, once: 0.5 of 6 points times xyz
    assert value(objective(small.step(batch, model))["chunk"]) == near(0.5 / 18, 10)
    said = torch.zeros(1, 10, 2, 6, 3)
    said[:, 0, 0, 5, 0] = 1.0
    objective.chunk = small.Fixed(said.flatten(1))
    assert value(objective(small.step(batch, model))["chunk"]) == near(0, 10), "the network says units of 2 cm"


# -- words -----------------------------------------------------------------------------------------------------------

ACTIONS = {"pour": [1.0, 0, 0, 0], "cut": [0.0, 1, 0, 0], "tea": [-1.0, 0, 0, 0], "bread": [0.0, 1, 0, 0]}


def action(**text: object) -> dict[str, tuple[float, float]]:
    """Two windows that look like "pour", in their last block and in the mean; scale 1, so logits are 1 and 0."""
    objective = Action(small.config())
    assert objective.transition[-1].out_features == 1
    for kind in ("action", "subtask", "next_action"):
        objective.heads[kind], objective.listen[kind] = nn.Identity(), nn.Identity()
    objective.transition = small.Fixed([[2.0], [2.0]])
    with torch.no_grad():
        objective.scales.zero_()
    readout = torch.tensor([[[[0.0, 0.0]], [[1.0, 0.0]]], [[[0.0, 0.0]], [[1.0, 0.0]]]])
    words = ACTIONS | {"hold": [0.0, 3, 0, 0]}
    model = small.Model(small.state(readout), words=words)
    labels = {"action": ("pour", "cut"), "subtask": ("tea", "bread"), "object": ()}
    return {
        name: value(term) for name, term in objective(small.step(small.batch(2, **text), model, labels=labels)).items()
    }


def chosen(right: float, wrong: float) -> float:
    """Cross-entropy with smoothing of a choice among two."""
    total = math.log(math.exp(right) + math.exp(wrong))
    return (1 - SMOOTHING / 2) * (total - right) + SMOOTHING / 2 * (total - wrong)


def test_actions_choose_among_embedded_labels() -> None:
    # the pooled feature is (1, 0) of the last block beside (0.5, 0) of the mean: cosine 1 / sqrt 1.25 with "pour"
    near_pour = 1 / math.sqrt(1.25)
    found = action(action=["pour", "cut"], subtask=["bread", "never heard"], next_action=["", "cut"])
    assert found["action"] == near(chosen(near_pour, 0) + chosen(0, near_pour), 2)
    assert found["subtask"] == near(chosen(0, -near_pour), 1), "labels that training never had ask nothing"
    assert found["next_action"] == near(chosen(0, near_pour), 1)
    assert SMOOTHING == 0.05


def test_what_is_said_chooses_by_its_words_alone() -> None:
    found = action(action=["cut", "cut"], subtask=["tea", ""], interaction=["hold", ""])
    assert found["told_action"] == near(chosen(1, 0), 1), "where nothing is said nothing is asked"
    assert found["told_subtask"] == near(chosen(0, 1), 1)


def test_transitions_are_asked_where_language_is_known() -> None:
    yes, no = math.log(1 + math.exp(-2)), math.log(1 + math.exp(2))
    assert action(transition=np.array([True, False]))["transition"] == near(yes + no, 2)
    assert action(transition=np.array([True, True]), known=np.array([True, False]))["transition"] == near(yes, 1)


def test_captions_are_objects_and_interaction_never_labels() -> None:
    text = small.batch(
        4, objects=[("cup", "pan"), (), ("cup",), ("cup",)], interaction=["holds it", "holds it", "", "holds it"],
        known=np.array([True, True, True, False]), action=["SECRET"] * 4, subtask=["SECRET"] * 4, next_action=["SECRET"] * 4,
        future_objects=[("SECRET",)] * 4,
    ).text  # fmt: skip
    assert captions(text) == ["cup pan .  holds it", "holds it", "cup", ""]


def contact(
    dropped: tuple[str, ...] = ("contacts",),
    blind: tuple[bool, ...] = (True, True),
    valid: object = None,
    **text: object,
) -> dict[str, tuple[float, float]]:
    """Two windows; joint 3 touches in one frame of the second block of the first. Every network says 0."""
    objective = small.zeroed(Contact(small.config()))
    values = torch.zeros(2, 10, 21)
    values[0, 7, 3], values[0, 6, 4] = 0.6, 0.5
    batch = small.batch(2, {"contacts": small.stream(values, valid)}, **text)
    model = small.Model(small.state(torch.zeros(2, 2, 1, 2)), words={"cup": [1.0, 0, 0, 0], "pan": [0.0, 1, 0, 0]})
    labels = {"object": ("cup", "pan"), "action": (), "subtask": ()}
    objective.joints = small.Fixed(((torch.arange(21.0) == 3) * math.log(3)).expand(2, 2, 21))
    step = small.step(batch, model, dropped=dropped, dropped_language=blind, labels=labels)
    return {name: value(term) for name, term in objective(step).items()}


def test_contact_is_asked_of_joints_by_blocks_where_it_was_not_shown() -> None:
    """Joint 3 is said to touch with 3 : 1 everywhere: log 4/3 in the block where it does, log 4 elsewhere."""
    touching, not_touching = (20 * LOG2 + math.log(4 / 3)) / 21, (20 * LOG2 + math.log(4)) / 21
    assert contact()["joints"] == near(touching + 3 * not_touching, 4)
    assert contact(dropped=())["joints"] == near(0, 0), "what was shown is not asked"
    valid = torch.ones(2, 10, dtype=torch.bool)
    valid[0, 7] = False
    assert contact(valid=valid)["joints"] == near(4 * not_touching, 4), "an invalid frame touches nothing"
    valid[1, :5] = False
    assert contact(valid=valid)["joints"] == near(3 * not_touching, 3), "a block without a valid frame is not asked"


def test_objects_are_asked_where_language_was_not_shown() -> None:
    """Logits 0: log 2 a name, three times that where it is there; the mean over names, times ten."""
    found = contact(objects=[("cup",), ()], future_objects=[("cup", "pan"), ("never heard",)])
    assert found["objects"] == near(10 * LOG2 * ((3 + 1) / 2 + 1), 2)
    assert found["future_objects"] == near(10 * LOG2 * (3 + 1), 2)
    assert contact(blind=(False, True))["objects"] == near(10 * LOG2, 1)
    assert contact(known=np.array([True, False]))["objects"] == near(10 * LOG2, 1)


def test_tools_are_asked_where_the_text_says_and_was_not_shown() -> None:
    """One logit log 3 for both windows: log 4/3 where a tool is in use, log 4 where it is not."""
    yes, no, nothing = "The right hand holds the drill and is tightening screws.", "Right hand grasps the drill.", "It."
    objective = small.zeroed(Contact(small.config()))
    objective.tool = small.Fixed(torch.full((2, 1), math.log(3)))

    def asked(interaction: list[str], action: list[str], **changes: object) -> tuple[float, float]:
        text = {"interaction": interaction, "action": action} | changes
        batch = small.batch(2, {"contacts": small.stream(torch.zeros(2, 10, 21))}, **text)
        model = small.Model(small.state(torch.zeros(2, 2, 1, 2)), words={"cup": [1.0, 0, 0, 0]})
        labels = {"object": ("cup",), "action": (), "subtask": ()}
        blind = torch.tensor([True, True])
        return value(objective(small.step(batch, model, dropped_language=blind, labels=labels))["tool_use"])

    assert asked([yes, no], ["", ""]) == near(math.log(4 / 3) + math.log(4), 2)
    assert asked([nothing, no], ["", ""]) == near(math.log(4), 1), "where the text does not say, nothing is asked"
    assert asked([nothing, ""], ["Cut carrot", "Pick up knife"]) == near(math.log(4 / 3) + math.log(4), 2)
    assert asked([yes, no], ["", ""], known=np.array([False, True])) == near(math.log(4), 1)


@pytest.mark.parametrize(("scale", "times"), [(0.0, 1.0), (math.log(3), 3.0), (9.0, 100.0)])
def test_scores_are_cosines_times_a_scale_held_at_a_hundred(scale: float, times: float) -> None:
    """Windows (3, 4) and (0, 2) against names (5, 0) and (0, 1): cosines 0.6 and 0.8, 0 and 1."""
    feature, names = torch.tensor([[3.0, 4, 0, 0], [0, 2, 0, 0]]), torch.tensor([[5.0, 0, 0, 0], [0, 1, 0, 0]])
    cosines = torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    action, touch = Action(small.config()), Contact(small.config())
    with torch.no_grad():
        action.scales.copy_(torch.tensor([scale, 7.0, 7.0]))
        touch.scale.fill_(scale)
        touch.bias.fill_(-2.0)
    action.heads["action"] = action.listen["action"] = touch.sets["objects"] = nn.Identity()
    assert torch.allclose(action.score("action", feature, names), cosines * times, atol=1e-4)
    assert torch.allclose(action.told("action", feature, names), cosines * times, atol=1e-4)
    assert torch.allclose(touch.score("objects", feature, names), cosines * times - 2, atol=1e-4)


def test_scales_begin_at_fifteen_and_names_at_one_in_twenty() -> None:
    """e to 2.7 is 14.9; a bias of -3 is a chance of 0.047."""
    config = small.config()
    for objective in (Action(config), Alignment(config), Pairs(config)):
        objective.reset_parameters()
        assert torch.allclose(objective.scales.exp(), torch.tensor(14.88), atol=0.01)
    touch = Contact(config)
    assert float(touch.scale.detach().exp()) == pytest.approx(14.88, abs=0.01)
    assert float(torch.sigmoid(touch.bias.detach())) == pytest.approx(0.047, abs=0.001)


def test_documents_tell_of_their_window() -> None:
    values = torch.zeros(4, 20, 21)
    values[0, 9, 19] = 1.0  # the left wrist, in the last frame
    values[1, 10, 20] = 1.0  # behind the window
    values[1, 3, 18] = 1.0  # an elbow
    values[2, 3, 20] = 1.0  # in a frame that is not valid
    valid = torch.ones(4, 20, dtype=torch.bool)
    valid[2, 3] = valid[3] = False
    batch = small.batch(
        4, {"contacts": small.stream(values, valid)}, action=["pour"] * 4, subtask=["tea"] * 4, next_action=["stir"] * 4,
        objects=[("pan", "cup"), (), (), ()], transition=np.array([True, False, False, False]),
        action_span=[(-0.3, 0.123), (0.2, 9.0), None, None], known=np.array([True, True, True, True]),
    )  # fmt: skip
    found = documents(batch)
    assert [d["contact"] for d in found] == [True, False, False, None]
    assert [d["evidence_window"] for d in found] == [[0.0, 0.12], [0.2, 0.5], [0.0, 0.5], [0.0, 0.5]]
    assert found[0] == {
        "action": "pour", "subtask": "tea", "objects": ["cup", "pan"], "contact": True, "transition": True,
        "next_action": "stir", "evidence_window": [0.0, 0.12],
    }  # fmt: skip
    batch.text.known[0] = False
    assert documents(batch)[0] == {}


# -- nothing leaks ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def learner() -> Learner:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = random_batch.config(width=32, layers=1, heads=1, kv_heads=1, text_width=32)
    model = XperienceModel(config, Tokenizer.learn(random_batch.WORDS, 300))
    names = (
        "masked",
        "alignment",
        "pairs",
        "future",
        "ego_motion",
        "hand_motion",
        "action",
        "language",
        "contact",
        "policy",
    )
    heads = build(names, config, model.channels)
    state = model(random_batch.tensors(presence="all"))
    times = {s: state.tokens.time[0, state.tokens.of(s)].numpy() for s in STREAMS}
    texts = Texts({"action": ("pour water", "cut bread"), "subtask": ("pour", "cut"), "object": random_batch.WORDS})
    return Learner(model, heads, texts, Masking(hide=0.5, drop=0.2), times)


def a_step(learner: Learner, **changes: object) -> Step:
    return learner.step(replace(random_batch.batch(presence="all"), **changes), 0, 0, torch.device("cpu"))  # type: ignore[arg-type]


def test_the_student_sees_neither_hidden_nor_dropped_nor_what_comes_behind(learner: Learner) -> None:
    """Whatever stands there instead, its view is the same; what it may see changes it."""
    with torch.no_grad():
        first = a_step(learner)
        noise = random_batch.batch(presence="all", seed=1)
        changed = {}
        for number, (name, one) in enumerate(first.batch.streams.items()):
            values = one.values.clone()
            other = torch.from_numpy(noise.streams[name].values)
            gone = first.dropped[:, number]
            values[gone] = other[gone]
            values[:, one.slots :] = other[:, one.slots :]
            changed[name] = replace(one, values=values.numpy(), times=one.times.numpy(), valid=one.valid.numpy(),
                                    presence=one.presence.numpy())  # fmt: skip
        assert first.dropped.any() and not first.dropped.all()
        text = random_batch.batch(presence="all").text
        secret = ["SECRET"] * 4
        for field in ("action", "subtask", "next_action", "main_task"):
            setattr(text, field, secret)
        blind = first.dropped_language.tolist()
        assert any(blind) and not all(blind)
        text.interaction = ["SECRET" if b else said for b, said in zip(blind, text.interaction, strict=True)]
        text.objects = [("SECRET",) if b else names for b, names in zip(blind, text.objects, strict=True)]
        text.future_objects = [("SECRET",)] * 4
        second = a_step(learner, streams=changed, text=text)
        assert torch.allclose(first.masked.readout, second.masked.readout, atol=1e-5), "texts are padded together"
        assert torch.allclose(first.masked.x, second.masked.x, atol=1e-5)
        third = a_step(learner, streams=random_batch.batch(presence="all", seed=1).streams)
        assert not torch.allclose(first.masked.readout, third.masked.readout)


def test_hidden_tokens_of_pictures_do_not_reach_the_student(learner: Learner) -> None:
    with torch.no_grad():
        first, second = a_step(learner), a_step(learner)
        hidden = first.hidden[VIDEO].unflatten(1, (4, -1)).all(2)
        assert hidden.any()
        one = second.batch.streams[VIDEO]
        one.values[:, : one.slots][hidden] = 255 - one.values[:, : one.slots][hidden]
        assert torch.equal(first.masked.x, second.masked.x)
        assert not torch.equal(first.target.x, second.target.x), "the teacher sees everything"


def test_sides_are_blind_to_each_other(learner: Learner) -> None:
    noise = random_batch.batch(presence="all", seed=1).streams
    plain = random_batch.batch(presence="all").streams
    with torch.no_grad():
        for side, streams, others in (
            ("imu", ("imu",), ("body",)),
            ("motion", alignment.MOTION, (*alignment.SIGHT, "audio")),
            ("sight", alignment.SIGHT, (*alignment.MOTION, "audio")),
        ):
            mixed = {name: noise[name] if name in others else one for name, one in plain.items()}
            first, second = a_step(learner), a_step(learner, streams=mixed)
            a, b = first.seen(side, streams), second.seen(side, streams)
            assert torch.equal(a.readout, b.readout), side
            mixed = {name: one if name in others else noise[name] for name, one in plain.items()}
            assert not torch.allclose(a.readout, a_step(learner, streams=mixed).seen(side, streams).readout), side


def test_the_teacher_sees_no_lamp_and_has_no_gradient(learner: Learner) -> None:
    model = small.Model(small.state(torch.zeros(1, 2, 1, 2)))
    values = torch.full((1, 10, 2, 2, 3), 100, dtype=torch.uint8)
    batch = small.batch(streams={VIDEO: small.stream(values)})
    step = small.step(batch, model, dropped=("imu",), hidden={VIDEO: [[True, False]]}, dropped_language=[False])
    step.light = {VIDEO: torch.tensor([[[0.5, 1.0, 2.0], [0.1, 0.0, 0.0]]])}
    assert step.masked is model.masked
    (given, dropped), asked = model.encoded[0], model.fused[0]
    assert given.streams[VIDEO].values[0, 0, 0, 0].tolist() == pytest.approx([75.5, 100, 200])
    assert torch.equal(dropped, step.dropped) and asked["hidden"] is step.hidden
    assert asked["language"][1].tolist() == [True], "language that was not dropped is read"
    assert step.batch.streams[VIDEO].values is values
    real = a_step(learner)
    assert not real.target.x.requires_grad and not real.target_future.readout.requires_grad
    assert real.masked.x.requires_grad
    assert not any(p.requires_grad for p in learner.teacher.parameters())


def test_every_objective_hangs_on_all_its_parameters(learner: Learner) -> None:
    """Whatever is present, and so on every rank."""
    batch = random_batch.batch(presence="none")
    step = learner.step(batch, 0, 0, torch.device("cpu"))
    for name, terms in learner(step).items():
        learner.zero_grad()
        objective = learner.objectives[name]
        sum(term.total for term in terms.values()).backward(retain_graph=True)
        assert all(p.grad is not None and not p.grad.any() for p in objective.parameters()), name
        assert all(float(term.count) == 0 or name == "action" for term in terms.values()), name
