"""Planned scenarios in motion: whatever the activity, hands reach, things arrive, the headset moves like a head."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.simulate.motion import AnimatedWorld, animate
from xperience.simulate.motion.skeleton import SIDES
from xperience.simulate.rig import full_rig
from xperience.simulate.scenario import plan_scenario
from xperience.simulate.script import MoveKind
from xperience.simulate.world import Motion

DURATION = 40.0
SEEDS = range(6)


@cache
def world(seed: int) -> AnimatedWorld:
    return animate(plan_scenario(seed=seed, session_seed=seed, duration_s=DURATION))


@cache
def frames(seed: int) -> Motion:
    return world(seed).at(np.arange(0, DURATION, 0.01))


@pytest.mark.parametrize("seed", SEEDS)
def test_hands_reach_and_things_arrive(seed: int) -> None:
    w, m = world(seed), frames(seed)
    number = {thing.id: k for k, thing in enumerate(w.scenario.things)}
    for move in w.scenario.moves:
        if move.object_id is None or move.hand is None or move.end_s > DURATION - 0.02:
            continue
        thing = number[move.object_id]
        if move.kind is MoveKind.CARRY:
            assert move.target is not None
            assert np.linalg.norm(m.thing_poses[round(move.end_s * 100), thing, :3, 3] - move.target[:3, 3]) < 0.02
        if move.kind is MoveKind.REACH and w.scenario.things[thing].grip is not None:
            palm = w.palms(np.array([move.end_s]))[0, SIDES.index(move.hand)]
            at = m.thing_poses[round(move.end_s * 100), thing] @ w.scenario.things[thing].grip_for(move.hand)
            assert np.linalg.norm(palm[:3, 3] - at[:3, 3]) < 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_the_headset_moves_like_a_head(seed: int) -> None:
    T = frames(seed).T_world_body
    acceleration = np.linalg.norm(np.diff(T[:, :3, 3], 2, axis=0), axis=1) / 1e-4
    assert acceleration.max() < 20
    R = T[:, :3, :3]
    rate = geometry.matrix_to_rotvec(np.swapaxes(R[:-1], 1, 2) @ R[1:]) / 0.01
    assert np.degrees(np.linalg.norm(rate, axis=1)).max() < 200
    down = -T[:, 2, :3].mean(0)
    assert 0.75 < down[1] < 0.99 and 0.2 < down[2] < 0.6


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stereo_views_see_the_working_hand(seed: int) -> None:
    w, m, rig = world(seed), frames(seed), full_rig()
    seen = []
    for move in w.scenario.moves:
        if move.hand is None or move.kind not in (MoveKind.REACH, MoveKind.CARRY, MoveKind.USE):
            continue
        now = (m.times_s >= move.start_s) & (m.times_s < move.end_s)
        palm = m.hand_joints[now, SIDES.index(move.hand)].mean(1)
        inside = np.zeros(len(palm), bool)
        for view in ("stereo_left", "stereo_right"):
            T_camera_world = geometry.invert(rig.T_world_camera(view, m.T_world_body[now]))
            inside |= rig[view].project(geometry.apply(T_camera_world, palm[:, None])[:, 0])[1]
        seen.append(inside)
    assert np.concatenate(seen).mean() > 0.8


def test_hand_contact_is_neither_always_nor_never() -> None:
    touching = np.array([frames(seed).contacts[:, 19:].max(1).mean() for seed in SEEDS])
    assert (touching > 0.1).all() and (touching < 0.99).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_standing_feet_do_not_slide(seed: int) -> None:
    m = frames(seed)
    for ball in (10, 11):
        down = m.contacts[:, ball - 1] > 0
        edges = np.flatnonzero(np.diff(np.concatenate([[0], down.astype(int), [0]])))
        for start, end in edges.reshape(-1, 2):
            assert np.ptp(m.joints[start:end, ball], axis=0).max() < 0.01


def test_speed(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints what motion costs; the bounds are far below what any machine should need."""
    scenario = world(0).scenario
    start = time.perf_counter()
    w = animate(scenario)
    planned = time.perf_counter() - start
    times = np.arange(0, DURATION, 0.01)
    start = time.perf_counter()
    w.at(times)
    whole = len(times) / (time.perf_counter() - start)
    times = np.arange(0, DURATION, 0.0005)
    start = time.perf_counter()
    w.ego(times)
    ego = len(times) / (time.perf_counter() - start)
    with capsys.disabled():
        print(
            f"\nmotion: {planned / DURATION * 1e3:.1f} ms a second to plan, {whole:,.0f} states/s, {ego:,.0f} headset poses/s"
        )
    assert whole > 300 and ego > 5_000
