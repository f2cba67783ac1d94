"""What scenarios promise: physically plausible scripts, reproducible from their seeds, at every length."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from xperience.episode import geometry
from xperience.errors import UsageError
from xperience.simulate.activities import activities
from xperience.simulate.objects import kinds, material
from xperience.simulate.objects.looks import Look
from xperience.simulate.places import places
from xperience.simulate.places.room import Room
from xperience.simulate.procedure import sample_order
from xperience.simulate.scenario import HeldOut, candidates, draw_person, plan_scenario
from xperience.simulate.script import PATTERNS, Move, MoveKind, Scenario
from xperience.simulate.surfaces import REACH, shoulder
from xperience.simulate.things import Thing

SEEDS = range(60)


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    """Sixty scenarios of a minute, three a session."""
    return [plan_scenario(seed, 100 + seed // 3, 60.0) for seed in SEEDS]


def test_the_simulator_is_rich(scenarios: list[Scenario]) -> None:
    assert len(kinds()) >= 40
    assert len(activities()) >= 12
    assert len(places()) >= 8
    canonical = Counter((a.verb, a.noun) for s in scenarios for a in s.actions)
    assert len(canonical) >= 60
    counts = np.array(sorted(canonical.values(), reverse=True))
    assert counts[: len(counts) // 10].sum() > 0.25 * counts.sum(), "a long tail: few labels are common"
    assert (counts == 1).sum() > 0.2 * len(counts), "a long tail: many labels are rare"
    assert {s.place for s in scenarios} == set(places()) or len({s.place for s in scenarios}) >= 8
    assert len({s.person.handedness for s in scenarios}) == 2
    heights = [s.person.height for s in scenarios]
    assert min(heights) >= 1.5 and max(heights) <= 1.95 and np.ptp(heights) > 0.15


def test_kinds_are_drawn_gripped_and_heard() -> None:
    known = {"wood", "metal", "glass", "ceramic", "plastic", "cloth", "paper"}
    for name, kind in kinds().items():
        form = kind.build(Look(np.random.default_rng(1)))
        assert material(name) in known and len(set(kind.names)) == len(kind.names)
        assert len(form.parts) == len(kind.states)
        for parts, (low, high) in zip(form.parts, form.boxes, strict=True):
            assert sum(len(p.mesh.faces) for p in parts) < 700, name
            assert not parts or -0.01 < low[2] < 0.01, (name, "rests on z = 0")
            assert (high - low).max() < 0.6, name
        if form.grip is not None:
            np.testing.assert_allclose(form.grip[:3, :3] @ form.grip[:3, :3].T, np.eye(3), atol=1e-9)
            assert np.linalg.det(form.grip[:3, :3]) > 0
            palm = form.grip[:3, 3]
            assert (palm > form.box[0] - 0.08).all() and (palm < form.box[1] + 0.08).all(), (
                name,
                "is held at its surface",
            )
        if form.working is not None:
            np.testing.assert_allclose(form.working @ form.working.T, np.eye(3), atol=1e-9)
            assert np.linalg.det(form.working) > 0
    for scenario in (plan_scenario(0, 0, 1.0, place=place) for place in places()):
        assert {material(t.kind) for t in scenario.things} <= known


def test_every_activity_happens_at_each_of_its_places() -> None:
    for name, activity in activities().items():
        for place in activity.places:
            assert activity.stations <= places()[place].roles, (name, place)
            scenario = plan_scenario(5, 77, 60.0, activity=name, place=place)
            assert (scenario.activity, scenario.place) == (name, place)
            assert scenario.main_task in activity.tasks, "there was room for its objects"


def test_the_same_seeds_give_the_same_scenario() -> None:
    one, two = plan_scenario(4, 9, 20.0), plan_scenario(4, 9, 20.0)
    assert [str(m) for m in one.moves] == [str(m) for m in two.moves]
    assert one.actions == two.actions and one.changes == two.changes
    for a, b in zip(one.things, two.things, strict=True):
        assert (a.id, a.kind, a.name, a.states) == (b.id, b.kind, b.name, b.states)
        np.testing.assert_array_equal(a.pose, b.pose)
        assert [p.color for p in a.parts[0]] == [p.color for p in b.parts[0]]


def test_episodes_of_a_session_share_room_and_person() -> None:
    one, two = plan_scenario(1, 33, 10.0), plan_scenario(2, 33, 10.0)
    assert one.place == two.place and one.person.height == two.person.height
    np.testing.assert_array_equal(one.light.direction, two.light.direction)
    room = [[(t.kind, t.pose.tobytes(), t.parts[0][0].color) for t in s.things if not t.movable] for s in (one, two)]
    shared = min(len(part) for part in room) - 5
    assert room[0][:shared] == room[1][:shared]
    other = plan_scenario(1, 34, 10.0)
    assert other.person.height != one.person.height


@pytest.mark.parametrize("duration", [0.5, 2.0, 5.0, 30.0, 300.0])
def test_any_duration_is_filled(duration: float) -> None:
    for seed in range(6):
        scenario = plan_scenario(seed, seed, duration)
        assert scenario.duration_s == duration
        assert scenario.actions and scenario.moves
        assert all(0 <= a.start_s < a.end_s <= duration for a in scenario.actions)
        assert all(m.start_s < duration for m in scenario.moves)
        ends = [0.0, *(a.end_s for a in scenario.actions)]
        starts = [*(a.start_s for a in scenario.actions), duration]
        gaps = np.array(starts) - np.array(ends)
        assert gaps.min() > -1e-9, "actions do not overlap"
        assert gaps.max() < 3.0, "nothing is left empty"
        assert gaps.sum() < 0.25 * duration + 1.0


def test_actions_are_as_long_as_real_ones(scenarios: list[Scenario]) -> None:
    lengths = np.array([a.end_s - a.start_s for s in scenarios for a in s.actions[:-1]])
    assert 2.5 < lengths.mean() < 5.0
    assert np.percentile(lengths, 2) >= 1.4
    assert np.percentile(lengths, 98) < 9.0


def test_steps_keep_their_preconditions() -> None:
    for activity in activities().values():
        for seed in range(25):
            rng = np.random.default_rng(seed)
            counts = {role: int(rng.integers(w.count[0], w.count[1] + 1)) for role, w in activity.needs.items()}
            order = sample_order(activity, counts, rng)
            mandatory = [s for s in activity.unrolled(counts) if not s.optional]
            assert all(any(s == o for o in order) for s in mandatory), "only optional steps are dropped"
            for k, step in enumerate(order):
                later = {fact for other in order[k:] for fact in other.gives}
                before = {fact for other in order[:k] for fact in other.gives}
                assert step.needs <= before - later or (not step.needs & later and step.needs <= before), (
                    activity.name,
                    step,
                )


def test_orders_differ() -> None:
    coffee = activities()["pour-over coffee"]
    orders = {tuple(s.texts for s in sample_order(coffee, {}, np.random.default_rng(k))) for k in range(20)}
    assert len(orders) > 5


def test_no_hand_does_two_things_at_once(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        for hand in ("left", "right"):
            moves = sorted((m for m in scenario.moves if m.hand == hand), key=lambda m: m.start_s)
            assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(moves))
        walks = [m for m in scenario.moves if m.kind is MoveKind.WALK]
        assert all(a.end_s <= b.start_s + 1e-9 for a, b in pairwise(walks))
        for walk in walks:  # nobody reaches or works while walking
            busy = [
                m for m in scenario.moves if m.hand and m.start_s < walk.end_s - 1e-9 and m.end_s > walk.start_s + 1e-9
            ]
            assert all(m.kind is MoveKind.REST for m in busy)
        assert all(m.pattern in PATTERNS for m in scenario.moves if m.kind is MoveKind.USE)


def test_hands_hold_what_they_carry(scenarios: list[Scenario]) -> None:
    for scenario in scenarios:
        things = {t.id: t for t in scenario.things}
        held: dict[str, int] = {}
        for move in scenario.moves:
            if move.hand is None:
                continue
            if move.kind is MoveKind.REACH and move.object_id is not None:
                assert move.hand not in held and move.object_id not in held.values()
                assert things[move.object_id].movable
                held[move.hand] = move.object_id
            elif move.kind in (MoveKind.CARRY, MoveKind.RELEASE):
                assert held.get(move.hand) == move.object_id
                if move.kind is MoveKind.RELEASE:
                    del held[move.hand]
            elif move.kind is MoveKind.USE:
                assert held.get(move.hand) == move.object_id
            else:
                assert move.hand not in held


def replay(scenario: Scenario) -> list[tuple[Move, np.ndarray, np.ndarray | None]]:
    """Each move of a hand with the feet [4, 4] and the palm [4, 4] at its end (None where it has no target)."""
    things = {t.id: t for t in scenario.things}
    pose = {t.id: t.pose for t in scenario.things}
    feet, out = scenario.start, []
    held: dict[str, int] = {}
    for move in scenario.moves:
        palm = None
        if move.kind is MoveKind.WALK:
            assert move.target is not None
            for thing_id in held.values():
                pose[thing_id] = move.target @ geometry.invert(feet) @ pose[thing_id]
            feet = move.target
        elif move.kind is MoveKind.REACH and move.object_id is not None:
            held[move.hand or ""] = move.object_id
            palm = pose[move.object_id] @ things[move.object_id].grip_for(move.hand or "")
        elif move.kind is MoveKind.RELEASE:
            del held[move.hand or ""]
        elif move.object_id is not None and move.target is not None:
            pose[move.object_id] = move.target
            palm = move.target @ things[move.object_id].grip_for(move.hand or "")
        elif move.kind in (MoveKind.REACH, MoveKind.USE):
            palm = move.target
        out.append((move, feet, palm))
    return out


def test_targets_are_within_reach(scenarios: list[Scenario]) -> None:
    far = total = 0
    for scenario in scenarios:
        for move, feet, palm in replay(scenario):
            if palm is None:
                continue
            assert move.hand is not None
            local = geometry.apply(geometry.invert(feet), palm[None, :3, 3])[0]
            distance = np.linalg.norm(local - shoulder(scenario.person.height, move.hand))
            total += 1
            far += distance > REACH + 1e-6
            assert distance < REACH + 0.1, (move, distance)
            assert local[1] > 0.05, "in front of the body"
    assert far <= 0.01 * total


def solid(thing: Thing, state: int, pose: np.ndarray) -> np.ndarray:
    """World corners of all triangles [F, 3, 3] of a thing in a state."""
    meshes = [p.mesh for p in thing.parts[state]]
    corners = [mesh.vertices[mesh.faces] for mesh in meshes]
    return geometry.apply(pose, np.concatenate(corners).reshape(-1, 3)).reshape(-1, 3, 3)


def inside(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Whether points [P, 3] lie within closed surfaces: faces left less faces entered along a nearly level ray."""
    ray = np.array([0.83, 0.55, 0.0613])
    a, e1, e2 = triangles[:, 0], triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    h = np.cross(ray, e2)
    det = (e1 * h).sum(1)
    safe = np.where(np.abs(det) < 1e-14, np.inf, det)
    s = points[:, None] - a
    u = (s * h).sum(-1) / safe
    q = np.cross(s, e1)
    v = (q @ ray) / safe
    t = (q * e2).sum(-1) / safe
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0) & np.isfinite(safe)
    return (hit * -np.sign(det)).sum(1) > 0.5


def test_things_are_put_on_surfaces_without_touching_others() -> None:
    for seed in range(25):
        scenario = plan_scenario(seed, 300 + seed, 60.0)
        things = {t.id: t for t in scenario.things}
        pose = {t.id: t.pose for t in scenario.things}
        state = dict.fromkeys(things, 0)
        changes = list(scenario.changes)
        for move in scenario.moves:
            while changes and changes[0].time_s <= move.start_s:
                change = changes.pop(0)
                state[change.thing_id] = change.state
            if move.kind is MoveKind.CARRY:
                assert move.object_id is not None and move.target is not None
                pose[move.object_id] = move.target
            if move.kind is MoveKind.WALK:
                continue
            if move.kind is MoveKind.RELEASE:
                assert move.object_id is not None
                _assert_stands_free(scenario, things, pose, state, move.object_id)


def _assert_stands_free(
    scenario: Scenario, things: dict[int, Thing], pose: dict[int, np.ndarray], state: dict[int, int], put: int
) -> None:
    if not things[put].parts[state[put]]:
        return
    mine = solid(things[put], state[put], pose[put])
    low, high = mine.min((0, 1)), mine.max((0, 1))
    # 4 mm within its own surface: corners drawn towards its middle.
    corners = np.unique(mine.reshape(-1, 3), axis=0)
    inward = (low + high) / 2 - corners
    corners = corners + inward * np.minimum(1, 0.004 / np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), 1e-9))
    floor = pose[put][2, 3]
    assert low[2] > floor - 0.006, "stands on its surface"
    for other in scenario.things:
        if other.id == put or not other.parts[state[other.id]] or other.kind in ("wall", "floor", "ceiling"):
            continue
        theirs = solid(other, state[other.id], pose[other.id])
        if (np.minimum(high, theirs.max((0, 1))) - np.maximum(low, theirs.min((0, 1))) < 0.004).any():
            continue
        assert not inside(corners, theirs).any(), (things[put].kind, "in", other.kind)


def test_held_out_kinds_places_and_activities_are_kept_apart() -> None:
    apart = {
        "objects": frozenset({"kettle", "knife", "book"}),
        "places": frozenset({"garage", "bathroom"}),
        "activities": frozenset({"wrapping a gift"}),
    }
    train, test = HeldOut(**apart), HeldOut(**apart, use=True)
    for seed in range(25):
        scenario = plan_scenario(seed, 500 + seed, 40.0, held_out=train)
        assert scenario.place not in apart["places"] and scenario.activity not in apart["activities"]
        assert not {t.kind for t in scenario.things} & apart["objects"]
        other = plan_scenario(seed, 500 + seed, 40.0, held_out=test)
        handled = {t.kind for t in other.things}
        assert other.place in apart["places"] or other.activity in apart["activities"] or handled & apart["objects"]


def test_wrong_names_are_refused() -> None:
    with pytest.raises(UsageError, match="places"):
        plan_scenario(0, 0, 10.0, place="moon")
    with pytest.raises(UsageError, match="activities"):
        plan_scenario(0, 0, 10.0, activity="levitating")
    with pytest.raises(UsageError, match="objects"):
        plan_scenario(0, 0, 10.0, held_out=HeldOut(objects=frozenset({"unicorn"})))
    with pytest.raises(UsageError, match="No activity fits"):
        plan_scenario(0, 0, 10.0, activity="scanning at a checkout", place="kitchen")
    with pytest.raises(UsageError, match="too short"):
        plan_scenario(0, 0, 0.0)
    assert len(candidates(HeldOut())) > 60


def test_things_change_as_they_are_used(scenarios: list[Scenario]) -> None:
    assert sum(len(s.changes) for s in scenarios) > 2 * len(scenarios)
    for scenario in scenarios:
        things = {t.id: t for t in scenario.things}
        assert [c.time_s for c in scenario.changes] == sorted(c.time_s for c in scenario.changes)
        assert all(0 <= c.state < len(things[c.thing_id].states) for c in scenario.changes)
        assert all(len(t.parts) == len(t.states) for t in scenario.things)


def test_planning_is_quick() -> None:
    plan_scenario(0, 0, 30.0)
    took = []
    for seed in range(20):
        start = time.process_time()
        plan_scenario(seed, 800 + seed, 30.0)
        took.append(time.process_time() - start)
    assert np.median(took) < 0.05


def test_rooms_leave_the_way_free() -> None:
    """Furniture does not stand in furniture, and the straight ways between stations are free for a person 0.4 m wide."""
    for name, place in places().items():
        for session in range(4):
            scenario = plan_scenario(0, 60 + session, 2.0, place=name)
            person = draw_person(np.random.default_rng(session))
            room = Room(Look(np.random.default_rng(session)), 4.3, 3.8, person.height, bool(session % 2))
            place.furnish(room)
            assert place.roles <= set(room.stations)
            boxes = []
            for fixture in room.fixtures:
                if fixture.kind in ("floor", "wall", "ceiling", "rug", "picture", "clock", "window", "mirror", "stock"):
                    continue
                corners = np.concatenate([geometry.apply(fixture.pose, p.mesh.vertices) for p in fixture.parts])
                boxes.append((fixture.kind, corners.min(0), corners.max(0)))
                assert (np.abs(corners[:, :2]) < (room.width / 2 + 0.06, room.depth / 2 + 0.06)).all(), (
                    name,
                    fixture.kind,
                )
            for k, (kind, low, high) in enumerate(boxes):
                for other, low2, high2 in boxes[:k]:
                    overlap = np.minimum(high, high2) - np.maximum(low, low2)
                    soft = "floor plant" in (kind, other)  # leaves give way
                    assert soft or (overlap < 0.06).any(), (name, kind, other, overlap)
            feet = [room.stations[role].pose[:2, 3] for role in sorted(place.roles)]
            for a in feet:
                for b in feet:
                    way = a + np.linspace(0, 1, 30)[:, None] * (b - a)
                    for kind, low, high in boxes:
                        if low[2] < 1.2 * person.height and kind not in ("wall shelf", "floor plant"):
                            gap = np.maximum(np.maximum(low[:2] - way, way - high[:2]), 0)
                            assert np.linalg.norm(gap, axis=1).min() > 0.2, (name, kind)
            assert len(scenario.things) < 200
