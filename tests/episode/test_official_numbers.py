"""The numbers that the official reader gives, worked out here a second time, one frame after the other.

Its conventions: slam stores world to body; the left rectified camera is T_c0_b of cam01; a fisheye camera's T_c_b or
chain of T_cn_cnm1 takes body coordinates to the camera; map points beyond the 95th percentile of distance to the
median point are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from handmade import datasets
from scipy.spatial.transform import Rotation

from xperience.episode import Episode
from xperience.episode.modalities.point_cloud import without_far

Recording = Callable[..., Path]


def T_world_body(values: dict[str, np.ndarray], frame: int) -> np.ndarray:
    w, x, y, z = values["slam/quat_wxyz"][frame]
    T_body_world = np.eye(4)
    T_body_world[:3, :3] = Rotation.from_quat([x, y, z, w]).as_matrix()
    T_body_world[:3, 3] = values["slam/trans_xyz"][frame]
    return np.linalg.inv(T_body_world)


def test_left_camera_poses(recording: Recording) -> None:
    values = datasets()
    with Episode.open(recording()) as episode:
        poses = episode.T_world_camera("stereo_left")
        for frame in range(40):
            T_camera_world = values["calibration/cam01/T_c0_b"] @ np.linalg.inv(T_world_body(values, frame))
            R_w2c, t_w2c = T_camera_world[:3, :3], T_camera_world[:3, 3]
            np.testing.assert_allclose(poses[frame, :3, :3], R_w2c.T, atol=1e-12)
            np.testing.assert_allclose(poses[frame, :3, 3], -R_w2c.T @ t_w2c, atol=1e-12)
            np.testing.assert_array_equal(poses[frame, 3], [0, 0, 0, 1])


def test_right_camera_stands_a_baseline_to_the_right(recording: Recording) -> None:
    with Episode.open(recording()) as episode:
        left, right = episode.T_world_camera("stereo_left"), episode.T_world_camera("stereo_right")
        np.testing.assert_allclose(right[:, :3, :3], left[:, :3, :3], atol=1e-12)
        np.testing.assert_allclose(right[:, :3, 3], left[:, :3, 3] + 0.12 * left[:, :3, 0], atol=1e-12)


def test_fisheye_chain(recording: Recording) -> None:
    values = datasets()
    with Episode.open(recording()) as episode:
        for frame in (0, 17, 39):
            T_world_camera = T_world_body(values, frame) @ np.linalg.inv(values["calibration/cam0/T_c_b"])
            for k in range(4):
                if k:
                    T_world_camera = T_world_camera @ np.linalg.inv(values[f"calibration/cam{k}/T_cn_cnm1"])
                found = episode.T_world_camera(f"fisheye_cam{k}", frame, frame + 1)[0]
                np.testing.assert_allclose(found, T_world_camera, atol=1e-10)


def test_imu(recording: Recording) -> None:
    values = datasets()
    with Episode.open(recording()) as episode:
        np.testing.assert_array_equal(episode.imu.times_ns, values["imu/device_timestamp_ns"])
        np.testing.assert_array_equal(episode.imu.accel, values["imu/accel_xyz"])
        np.testing.assert_array_equal(episode.imu.gyro, values["imu/gyro_xyz"])
        origin = int(values["slam/frame_names"][0])
        seconds = [(int(t) - origin) / 1e9 for t in values["imu/device_timestamp_ns"]]
        np.testing.assert_allclose(episode.imu.times_s, seconds, atol=1e-9)


def test_far_map_points_are_dropped(recording: Recording) -> None:
    values = np.asarray(datasets()["slam/point_cloud"], np.float32)
    center = np.array([sorted(values[:, axis])[99:101] for axis in range(3)]).mean(axis=1)
    distance = [float(np.sqrt(((point - center) ** 2).sum())) for point in values]
    # 95th percentile of 200 values, linear: 0.95 x 199 = 189.05, between the 190th and the 191st smallest.
    ranked = sorted(distance)
    limit = ranked[189] + 0.05 * (ranked[190] - ranked[189])
    kept = [point for point, d in zip(values, distance, strict=True) if d <= limit]
    with Episode.open(recording()) as episode:
        assert episode.point_cloud is not None
        np.testing.assert_array_equal(without_far(episode.point_cloud), kept)
    assert len(kept) == 190
    assert len(without_far(np.zeros((0, 3)))) == 0


def test_real_calibration(real: Path) -> None:
    """Published facts: baseline 0.1453 m, K = 200 200 256 256; the rectified centres are those of cam0 and cam1."""
    with Episode.open(real / "xperience_sample_partial") as episode:
        rig = episode.rig
        assert rig is not None and len(rig.cameras) == 6
        assert rig.baseline is not None and round(rig.baseline, 4) == 0.1453
        np.testing.assert_allclose(rig["stereo_left"].K, [200, 200, 256, 256])
        centre = {view: rig.T_world_camera(view, np.eye(4))[:3, 3] for view in rig.cameras}
        np.testing.assert_allclose(centre["stereo_left"], centre["fisheye_cam0"], atol=1e-6)
        np.testing.assert_allclose(centre["stereo_right"], centre["fisheye_cam1"], atol=1e-4)
        assert all(rig[f"fisheye_cam{k}"].distortion == "equidistant" for k in range(4))
