"""The world of one scenario in motion: plans everything once at knots, answers at any instants."""

from __future__ import annotations

import numpy as np

from xperience.simulate.motion import body, gait, gaze, palms, posture, skeleton
from xperience.simulate.motion.curves import Tracks, knots
from xperience.simulate.motion.holding import Holding
from xperience.simulate.script import Scenario
from xperience.simulate.world import Motion, Sound

CHUNK = 2048
"""Instants computed at once: bounds the memory of `at`."""


class AnimatedWorld:
    """Implements `world.World`."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.bones = skeleton.build(scenario.person.height)
        times = knots(scenario.duration_s)
        height = scenario.person.height
        self.gait = gait.plan(scenario, times, 0.058 * height, self.bones.joints[10, 2])
        rest, rest_quat = posture.resting_palms(self.gait, height)
        hands = palms.Planner(scenario, times, self.gait, rest, rest_quat).run()
        trunk = posture.plan(self.bones, times, self.gait, hands, scenario.seed)
        head = gaze.plan(self.bones, scenario, times, self.gait, trunk, hands)
        self._ego = Tracks(times, {**trunk, "head": head})
        self._limbs = Tracks(
            times,
            {
                "feet": self.gait.feet,
                "palm": np.stack([h.position for h in hands], 1),
                "palm_quat": np.stack([h.quat for h in hands], 1),
                "fingers": np.stack([h.shape for h in hands], 1),
            },
        )
        self._holding = Holding(scenario, [g for h in hands for g in h.grasps], self._palms)
        self.sounds: tuple[Sound, ...] = ()

    def ego(self, times_s: np.ndarray) -> np.ndarray:
        """T_world_body [T, 4, 4]."""
        return body.headset(self.bones, body.trunk(self.bones, self._ego(np.asarray(times_s, np.float64))))

    def at(self, times_s: np.ndarray) -> Motion:
        """State at instants [T]."""
        times_s = np.asarray(times_s, np.float64)
        chunks = [self._at(times_s[k : k + CHUNK]) for k in range(0, max(len(times_s), 1), CHUNK)]
        fields = Motion.__dataclass_fields__
        return Motion(**{name: np.concatenate([getattr(c, name) for c in chunks]) for name in fields})

    def _at(self, times: np.ndarray) -> Motion:
        trunk, pose = self._body(times)
        things, states, held_by = self._holding.at(times, pose.palms)
        return Motion(
            times_s=times,
            T_world_body=body.headset(self.bones, trunk),
            T_world_root=pose.T_world_root,
            T_world_cpf=body.pupils(self.bones, trunk),
            joints=pose.joints,
            body_rotations=pose.body_rotations,
            finger_rotations=pose.finger_rotations,
            hand_joints=pose.hand_joints,
            contacts=np.zeros((len(times), 21)),
            thing_poses=things,
            thing_states=states,
            held_by=held_by,
        )

    def _body(self, times: np.ndarray) -> tuple[body.Trunk, body.Pose]:
        ego = self._ego(times)
        trunk = body.trunk(self.bones, ego)
        return trunk, body.pose(self.bones, {**ego, **self._limbs(times)}, trunk)

    def _palms(self, times: np.ndarray) -> np.ndarray:
        """T_world_palm [T, 2, 4, 4]."""
        return self._body(times)[1].palms
