"""The official episode layout, as data: file names and the 65 datasets of annotation.hdf5.

Letters in shapes: N frames, M IMU samples, P map points, H and W the depth image.
"""

from __future__ import annotations

from dataclasses import dataclass

from xperience.episode.cameras import VIEWS

ANNOTATION = "annotation.hdf5"
SOURCE_ATTRIBUTE = "provenance_source"
"""Attribute of annotation.hdf5 that simulated and imported recordings carry; the official files have none."""

VISUALIZATION = "visualization.rrd"
"""Optional Rerun recording beside the data; listed, never read for training."""

NOMINAL_FPS = 20.0
NOMINAL_IMU_HZ = 200.0
DEFAULT_GROUND_HEIGHT = -1.75
"""Floor height in world metres that the official viewer assumes where none is stored."""

LONGEST = {"N": 300_000, "M": 3_000_000, "P": 10_000_000, "H": 2048, "W": 2048, "L": 64}
"""Most entries along the free lengths of the layout: four hours of frames and IMU. What reads a recording whole, as the
quality checks do, stays in bounded memory by them. Real recordings last five minutes."""

HAND_SIDES = ("left", "right")


def video_file(view: str) -> str:
    assert view in VIEWS, view
    return f"{view}.mp4"


@dataclass(frozen=True)
class Dataset:
    """One dataset of annotation.hdf5.

    Attributes:
        path: name inside the file.
        shapes: accepted shapes, letters for free lengths; the first is the one we write.
        dtype: numpy dtype that we write ("S" is fixed-width bytes, "str" a variable-length string).
        meaning: what it holds, with unit and frame.
    """

    path: str
    shapes: tuple[tuple[str | int, ...], ...]
    dtype: str
    meaning: str

    @property
    def group(self) -> str:
        return self.path.split("/")[0]


def _table() -> tuple[Dataset, ...]:
    rows: list[Dataset] = []

    def add(path: str, dtype: str, meaning: str, *shapes: tuple[str | int, ...]) -> None:
        if shapes == ((),):
            shapes = ((), (1,))
        rows.append(Dataset(path, shapes, dtype, meaning))

    for cam in ("cam0", "cam1", "cam2", "cam3"):
        add(f"calibration/{cam}/K", "f8", "fx fy cx cy, pixels", (4,))
        add(f"calibration/{cam}/D", "f8", "equidistant k1..k4", (4,))
        if cam == "cam0":
            add(f"calibration/{cam}/T_c_b", "f8", "body to camera, metres", (4, 4))
        else:
            add(f"calibration/{cam}/T_cn_cnm1", "f8", "previous camera to this one, metres", (4, 4))
        add(f"calibration/{cam}/camera_model", "S", "name of the camera model", ())
        add(f"calibration/{cam}/distortion_model", "S", "name of the lens model", ())
    add("calibration/cam01/K", "f8", "rectified stereo fx fy cx cy, pixels", (4,))
    add("calibration/cam01/T_c0_b", "f8", "body to rectified left camera, metres", (4, 4))
    add("calibration/cam01/baseline", "f8", "stereo baseline, metres", ())
    add("slam/quat_wxyz", "f8", "world to body rotation", ("N", 4))
    add("slam/trans_xyz", "f8", "world to body translation, metres", ("N", 3))
    add("slam/frame_names", "S", "device clock, nanoseconds as decimal text", ("N",), ("N", "L"))
    add("slam/point_cloud", "f4", "sparse map, world metres", ("P", 3))
    add("depth/depth", "f4", "metres along the axis of the left rectified camera, 0 = none", ("N", "H", "W"))
    add("depth/confidence", "u1", "0..255", ("N", "H", "W"))
    add("depth/scale", "f8", "size of the depth image over the stereo image", ())
    add("depth/depth_min", "f8", "metres", ())
    add("depth/depth_max", "f8", "metres", ())
    for side in HAND_SIDES:
        hand = f"hand_mocap/{side}_"
        add(hand + "joints_3d", "f4", "21 MANO joints, metres", ("N", 21, 3))
        add(hand + "translation", "f4", "MANO translation, metres", ("N", 3))
        add(
            hand + "mano_hand_pose", "f4", "rotation matrix, or axis-angle, of each finger joint",
            ("N", 15, 3, 3), ("N", 135), ("N", 15, 3), ("N", 45),
        )  # fmt: skip
        add(
            hand + "mano_hand_global_orient", "f4", "rotation matrix, or axis-angle, of the wrist",
            ("N", 3, 3), ("N", 1, 3, 3), ("N", 9), ("N", 3), ("N", 1, 3),
        )  # fmt: skip
        add(hand + "mano_hand_betas", "f4", "hand shape", ("N", 10), ("N", 1, 10), (10,))
    body = "full_body_mocap/"
    add(body + "keypoints", "f4", "52 SMPL-H joints, metres", ("N", 52, 3), (1, "N", 52, 3))
    add(body + "contacts", "f4", "contact of body joints 1..21", ("N", 21), (1, "N", 21))
    add(body + "Ts_world_root", "f4", "pelvis pose, qw qx qy qz tx ty tz", ("N", 7), (1, "N", 7))
    add(body + "Ts_world_cpf", "f4", "central pupil frame pose", ("N", 7), (1, "N", 7))
    add(body + "body_quats", "f4", "local rotations, wxyz", ("N", 21, 4), (1, "N", 21, 4))
    for side in HAND_SIDES:
        add(f"{body}{side}_hand_quats", "f4", "local rotations, wxyz", ("N", 15, 4), (1, "N", 15, 4))
    add(body + "betas", "f4", "body shape", ("N", 16), (1, "N", 16), (16,))
    add(body + "frame_nums", "i8", "source frame numbers", ("N",), (1, "N"))
    add("imu/device_timestamp_ns", "i8", "device clock, nanoseconds", ("M",), ("M", 1))
    add("imu/accel_xyz", "f8", "m/s2 with gravity, body frame", ("M", 3))
    add("imu/gyro_xyz", "f8", "rad/s, body frame", ("M", 3))
    add("imu/keyframe_indices", "i8", "IMU sample at each frame", ("N",), ("N", 1))
    add("video/device_timestamp", "i8", "device clock of each frame, nanoseconds", ("N",), ("N", 1))
    add("video/frame_number", "i8", "frame counter", ("N",), ("N", 1))
    add("video/length_sec", "f8", "seconds", ())
    for key in METADATA_KEYS:
        add(f"metadata/{key}", "f8", "scalar", ())
    add("caption", "str", "JSON of segments, actions, objects and interactions", ())
    return tuple(rows)


METADATA_KEYS = ("ground_height", "floor_z", "body_height", "fps", "num_frames", "imu_rate")
"""Six scalars; the names of the last three are not known from real files and are ours."""

DATASETS: tuple[Dataset, ...] = _table()
BY_PATH: dict[str, Dataset] = {dataset.path: dataset for dataset in DATASETS}
