"""The world of one scenario in motion: plans everything once at knots, answers at any instants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xperience.simulate.motion import body, gait, gaze, noises, palms, posture, skeleton, solids, touch
from xperience.simulate.motion.curves import Tracks, knots
from xperience.simulate.motion.holding import Holding
from xperience.simulate.script import Scenario
from xperience.simulate.world import Motion, Sound

CHUNK, EGO_CHUNK = 2048, 16384
"""Instants computed at once by `at` and by `ego`: bounds their memory to some 100 MB."""
PLANS = 3
"""Plans made at most: a further one where a hand fell short of a thing or of its place."""


class AnimatedWorld:
    """Implements `world.World`.

    Axes: headset x right, y down, z forward; pupils (`T_world_cpf`) x left, y up, z forward, origin between the pupils;
    pelvis (`T_world_root`) and all joint rotations as in SMPL, x left, y up, z forward in the rest pose.

    Attributes:
        scenario: what was animated. bones: the person's rest skeleton. gait: the way and the steps.
        sounds: in time order.
    """

    scenario: Scenario
    sounds: tuple[Sound, ...]

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.bones = skeleton.build(scenario.person.height)
        times = knots(scenario.duration_s)
        self.gait = gait.plan(scenario, times, self.bones.joints[10, 2])
        self._boxes = solids.all_boxes(scenario.things)
        outcome = palms.Outcome()
        for _ in range(PLANS):
            hands = self._plan(times, outcome)
            grasps = [grasp for hand in hands for grasp in hand.grasps]
            self._holding = Holding(scenario, grasps, self.palms, outcome)
            if not self._holding.news:
                break
            outcome = outcome.with_news(self._holding.news)
        used = [use for hand in hands for use in hand.used]
        self.sounds = noises.sounds(
            scenario, self.gait.steps, grasps, used, lambda t: self.palms(t)[..., :3, 3], self._foot_places
        )

    def _plan(self, times: np.ndarray, outcome: palms.Outcome) -> list[palms.Hand]:
        """Tracks of the whole body, knowing which grasps will miss."""
        scenario, height = self.scenario, self.scenario.person.height
        resting = posture.resting_palms(self.gait, height)
        hands = palms.Planner(scenario, self.bones, times, self.gait, resting, self._boxes, outcome).run()
        trunk = posture.plan(self.bones, times, self.gait, hands, scenario.seed)
        head = gaze.plan(self.bones, scenario, times, self.gait, trunk, hands)
        self._ego = Tracks(times, {**trunk, "head": head})
        self._limbs = Tracks(times, limb_tracks(scenario.seed, times, self.gait, hands))
        return hands

    def ego(self, times_s: np.ndarray) -> np.ndarray:
        """T_world_body [T, 4, 4] at any instants [T]."""
        times = np.asarray(times_s, np.float64)
        out = np.empty((len(times), 4, 4))
        for k in range(0, len(times), EGO_CHUNK):
            part = slice(k, k + EGO_CHUNK)
            out[part] = body.headset(self.bones, body.trunk(self.bones, self._ego(times[part])))
        return out

    def at(self, times_s: np.ndarray) -> Motion:
        """State at any instants [T]."""
        times = np.asarray(times_s, np.float64)
        parts = [self._at(times[k : k + CHUNK]) for k in range(0, max(len(times), 1), CHUNK)]
        if len(parts) == 1:
            return parts[0]
        names = Motion.__dataclass_fields__
        return Motion(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def _at(self, times: np.ndarray) -> Motion:
        trunk, pose = self._body(times)
        things, states, held_by = self._holding.at(times, pose.palms)
        feet, tips = self._limbs(times)["feet"], pose.hand_joints[:, :, 4::4]
        return Motion(
            times_s=times,
            T_world_body=body.headset(self.bones, trunk),
            T_world_root=pose.T_world_root,
            T_world_cpf=body.pupils(self.bones, trunk),
            joints=pose.joints,
            body_rotations=pose.body_rotations,
            finger_rotations=pose.finger_rotations,
            hand_joints=pose.hand_joints,
            contacts=touch.contacts(self.bones, feet, tips, pose.palms, things, self._boxes, held_by),
            thing_poses=things,
            thing_states=states,
            held_by=held_by,
        )

    def _body(self, times: np.ndarray) -> tuple[body.Trunk, body.Pose]:
        ego = self._ego(times)
        trunk = body.trunk(self.bones, ego)
        return trunk, body.pose(self.bones, {**ego, **self._limbs(times)}, trunk)

    def palms(self, times_s: np.ndarray) -> np.ndarray:
        """T_world_palm [T, 2, 4, 4] of left and right hand; palm frame as in `things.Thing.grip`."""
        return self._body(np.asarray(times_s, np.float64))[1].palms

    def _foot_places(self, times: np.ndarray) -> np.ndarray:
        return self._body(times)[1].joints[:, 10:12]


def limb_tracks(seed: int, times: np.ndarray, walk: gait.Gait, hands: Sequence[palms.Hand]) -> dict[str, np.ndarray]:
    """Tracks of feet, palms and fingers; hands are never perfectly still (physiological tremor, about 1 mm)."""
    rng = np.random.default_rng([seed, 53])
    tremor = np.stack([posture.wander(rng, times, 3, 0.0010, 0.2, 3.0) for _ in hands], 1)
    return {
        "feet": walk.feet,
        "palm": np.stack([hand.position for hand in hands], 1) + tremor,
        "palm_quat": np.stack([hand.quat for hand in hands], 1),
        "fingers": np.stack([hand.shape for hand in hands], 1),
    }
