"""The 20 Kinect joints among the 52, and a body of which some joints are absent."""

from __future__ import annotations

import numpy as np

from xperience.episode.presence import tracked
from xperience.episode.skeletons import SMPLH_JOINTS
from xperience.sources import kinect


def test_all_twenty_come_back() -> None:
    joints = np.random.default_rng(0).normal(0, 1, (7, 20, 3))
    keypoints = kinect.to_smplh(joints)
    assert keypoints.shape == (7, 52, 3)
    assert len(set(kinect.SMPLH_INDEX.tolist())) == 20
    np.testing.assert_allclose(kinect.from_smplh(keypoints), joints, atol=1e-6)
    assert tracked(keypoints).sum() == 7 * 20
    assert np.isnan(keypoints[~tracked(keypoints)]).all()


def test_names_and_sides() -> None:
    place = dict(zip(kinect.KINECT_JOINTS, kinect.SMPLH_INDEX.tolist(), strict=True))
    for name in ("left_wrist", "right_knee", "head", "left_foot", "right_shoulder"):
        assert SMPLH_JOINTS[place[name]] == name
    assert SMPLH_JOINTS[place["hip_center"]] == "pelvis"
    assert SMPLH_JOINTS[place["left_hand"]].startswith("left_middle")


def test_world_is_right_handed_with_z_up() -> None:
    left, up, away = np.eye(3)
    body = np.zeros((1, 20, 3))
    body[0, :3] = left, up, away
    world = kinect.to_smplh(body)[0, kinect.SMPLH_INDEX[:3]]
    np.testing.assert_array_equal(world[1], [0, 0, 1])
    np.testing.assert_array_equal(np.cross(world[2], world[0]), world[1])  # away x left = up
