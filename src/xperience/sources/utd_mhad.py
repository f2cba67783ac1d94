"""UTD-MHAD: 27 actions, a Kinect in front of the person and one IMU on the wrist or the thigh.

One trial becomes one episode, one subject one session. Neither sensor's file holds timestamps; see `clocks` for how
they come onto one clock, and docs/sources.md for the measurements behind it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience.episode import layout
from xperience.episode.writer import AnnotationWriter
from xperience.errors import FormatError, LimitError, MissingError
from xperience.sources import kinect, lag
from xperience.sources.matfile import read_array
from xperience.sources.nearest import nearest
from xperience.sources.source import Conversion, Found, Recording, SetAside, inside

ACTIONS: tuple[str, ...] = (
    "Right arm swipe to the left", "Right arm swipe to the right", "Right hand wave", "Two hand front clap",
    "Right arm throw", "Cross arms in the chest", "Basketball shoot", "Right hand draw x",
    "Right hand draw circle clockwise", "Right hand draw circle counter clockwise", "Draw triangle",
    "Bowling with right hand", "Front boxing", "Baseball swing from right", "Tennis right hand forehand swing",
    "Arm curl with two arms", "Tennis serve", "Two hand push", "Right hand knock on door",
    "Right hand catch an object", "Right hand pick up and throw", "Jogging in place", "Walking in place",
    "Sit to stand", "Stand to sit", "Forward lunge with left foot forward", "Squat with two arms stretched out",
)  # fmt: skip
"""Names of actions 1 to 27."""

LAST_WRIST_ACTION = 21
"""Actions 1 to 21 wear the IMU on the right wrist, 22 to 27 on the right thigh."""

GRAVITY = 9.80665
"""m/s2 in one g (standard gravity, by definition)."""

IMU_HZ = 50.0
"""Stated sampling rate. It holds: integrating the gyroscope at it turns gravity by the angle that the accelerometer
sees, to within 6 %, in the actions that tilt the sensor most (docs/sources.md)."""

TYPICAL_FRAME_HZ = 19.1
"""Median rate of the skeleton frames over 646 trials, for trials without an IMU to measure it by."""

LATENCY_S = 0.03
"""By how much the skeleton trails the IMU, median over 580 trials (0.01 to 0.04 by subject, 0.03 on wrist and thigh)."""

LATENCY_SCATTER_S = 0.05
"""Standard deviation of that lag from trial to trial (robust, from the median absolute deviation)."""

ORIGIN_NS = 1_000_000_000
"""Where each recording's clock starts. Arbitrary: the files say nothing of the time of day."""

MAX_LENGTH = 100_000
ROLES = {"inertial": "d_iner", "skeleton": "d_skel", "depth": "d_depth"}
_FILE = re.compile(r"a(\d{1,3})_s(\d{1,3})_t(\d{1,3})_(inertial|skeleton|depth)\.mat", re.IGNORECASE)
_TRIAL = re.compile(r"a(\d+)_t(\d+)")


@dataclass(frozen=True)
class Trial:
    """What the files of one trial hold; None for a file that is not there.

    Attributes:
        inertial: [M, 6] acceleration in g, angular velocity in deg/s.
        skeleton: [N, 20, 3] metres, Kinect axes.
        depth: [N, H, W] millimetres, 0 = none.
    """

    action: int
    inertial: np.ndarray | None
    skeleton: np.ndarray | None
    depth: np.ndarray | None


class UtdMhad:
    """Source of UTD-MHAD trials."""

    name = "utd-mhad"
    title = "UTD Multimodal Human Action Dataset (UTD-MHAD)"
    licence = "public for research; no licence file is distributed with it: cite the paper"
    citation = (
        "C. Chen, R. Jafari, N. Kehtarnavaz, UTD-MHAD: A multimodal dataset for human action recognition utilizing "
        "a depth camera and a wearable inertial sensor, ICIP 2015"
    )
    version = 1

    def describe(self) -> str:
        return (
            "UTD-MHAD: a folder with a<action>_s<subject>_t<trial>_{inertial,skeleton,depth}.mat anywhere in it. One "
            "episode a trial (utd_mhad_s<k>/a<i>_t<j>): IMU of the right wrist (actions 1-21) or thigh (22-27), 20 "
            "Kinect joints among the 52 of the body, depth where there is a file for it, the action as its label. No "
            "video, sound, pose, hands, contacts or calibration."
        )

    def find(self, src: Path) -> Found:
        if not src.is_dir():
            raise MissingError("no such folder", file=src, hint="give the folder that holds Inertial/ and Skeleton/")
        trials: dict[tuple[int, int, int], dict[str, Path]] = {}
        set_aside: list[SetAside] = []
        for path in sorted(src.rglob("*.mat")):
            name = _FILE.fullmatch(path.name)
            if name is None:
                continue
            action, subject, trial = (int(part) for part in name.groups()[:3])
            files = trials.setdefault((subject, action, trial), {})
            role = name.group(4).lower()
            if not inside(src, path):
                set_aside.append(SetAside(str(path.relative_to(src)), "a link that leads out of the source folder"))
            elif not 1 <= action <= len(ACTIONS):
                set_aside.append(SetAside(str(path.relative_to(src)), f"action {action} is not one of the 27"))
            elif role in files:
                other = files[role].relative_to(src)
                set_aside.append(SetAside(str(path.relative_to(src)), f"a second file for what {other} holds"))
            else:
                files[role] = path
        recordings = tuple(
            Recording(f"utd_mhad_s{subject}", f"a{action:02d}_t{trial}", files)
            for (subject, action, trial), files in sorted(trials.items())
            if files
        )
        if not recordings:
            raise MissingError(
                "no UTD-MHAD files here",
                file=src,
                expected="files such as a1_s1_t1_inertial.mat, a1_s1_t1_skeleton.mat",
                hint="give the folder that holds Inertial/ and Skeleton/",
            )
        return Found(recordings, tuple(set_aside))

    def convert(self, recording: Recording, folder: Path, *, show: bool = False) -> Conversion:
        trial = read_trial(recording)
        frames_s, imu_s, clock = clocks(trial)
        frames_ns = ORIGIN_NS + np.round(frames_s * 1e9).astype(np.int64)
        with AnnotationWriter(folder / layout.ANNOTATION) as writer:
            length_s = len(frames_s) / clock["frame_hz"]
            writer.put("video/device_timestamp", frames_ns)
            writer.put("video/frame_number", np.arange(len(frames_s)))
            writer.put("video/length_sec", length_s)
            writer.put("caption", caption(ACTIONS[trial.action - 1], frames_ns))
            if trial.inertial is not None:
                writer.put("imu/device_timestamp_ns", ORIGIN_NS + np.round(imu_s * 1e9).astype(np.int64))
                writer.put("imu/accel_xyz", trial.inertial[:, :3] * GRAVITY)
                writer.put("imu/gyro_xyz", np.deg2rad(trial.inertial[:, 3:]))
                writer.put("imu/keyframe_indices", nearest(imu_s, frames_s))
            if trial.skeleton is not None:
                keypoints = kinect.to_smplh(trial.skeleton)
                writer.put("full_body_mocap/keypoints", keypoints)
                if np.isfinite(floor := floor_height(keypoints)):
                    writer.put("metadata/ground_height", floor)
            if trial.depth is not None:
                depth = writer.stream("depth/depth", len(trial.depth), trial.depth.shape[1:])
                for k, image in enumerate(trial.depth):
                    depth[k] = image * np.float32(1e-3)
                writer.put("depth/scale", 1.0)
                writer.put("depth/depth_min", kinect.DEPTH_RANGE_M[0])
                writer.put("depth/depth_max", kinect.DEPTH_RANGE_M[1])
        return _conversion(trial, clock)


SOURCE = UtdMhad()


def read_trial(recording: Recording) -> Trial:
    """Reads and checks the files of one trial.

    Raises:
        CorruptError, FormatError, LimitError: a file cannot be used.
    """
    match = _TRIAL.fullmatch(recording.episode)
    assert match is not None, recording.episode
    files = recording.files
    inertial = skeleton = depth = None
    if "inertial" in files:
        inertial = read_array(files["inertial"], ROLES["inertial"], (None, 6), "g, deg/s").astype(np.float64)
    if "skeleton" in files:
        joints = read_array(files["skeleton"], ROLES["skeleton"], (20, 3, None), "metres")
        skeleton = np.moveaxis(joints, 2, 0).astype(np.float64)
    if "depth" in files:
        images = read_array(files["depth"], ROLES["depth"], (240, 320, None), "millimetres")
        depth = np.moveaxis(images, 2, 0)
    for role, array in (("inertial", inertial), ("skeleton", skeleton), ("depth", depth)):
        if array is not None and len(array) > MAX_LENGTH:
            raise LimitError(
                "trial is absurdly long", file=files[role], found=f"T = {len(array)}", expected=f"at most {MAX_LENGTH}"
            )
    if skeleton is not None and depth is not None and len(skeleton) != len(depth):
        raise FormatError(
            "depth and skeleton come from one sensor but differ in length",
            file=files["depth"],
            field=ROLES["depth"],
            found=f"{len(depth)} depth images",
            expected=f"{len(skeleton)}, as in {files['skeleton'].name}",
        )
    return Trial(int(match.group(1)), inertial, skeleton, depth)


def clocks(trial: Trial) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Times of the frames [N] and of the IMU samples [M] in seconds from one origin, and how they were found.

    The stated rates, 30 Hz and 50 Hz, cannot both hold: the IMU's files last about 1.57 times as long as the
    skeleton's. The IMU's rate agrees with gravity; and the limb's turning in the skeleton agrees with the gyroscope
    where both streams cover the same interval (docs/sources.md). So the IMU keeps its 50 Hz, and the frames are
    spread evenly over the IMU's span, less the skeleton's latency. That makes about 19 frames a second: the recorder
    dropped a third of the sensor's.

    The lag that is then left in each trial is measured and recorded, and not applied: a clock fitted to the very
    signals that it joins would flatter any task that compares them.
    """
    skeleton_frames = trial.skeleton if trial.skeleton is not None else trial.depth
    samples = 0 if trial.inertial is None else len(trial.inertial)
    imu_s = np.arange(samples) / IMU_HZ
    if skeleton_frames is None:
        note = "no camera: every IMU sample is a frame"
        return imu_s, imu_s, {"frame_hz": IMU_HZ, "imu_hz": IMU_HZ, "relation": "same clock", "how": note}
    count = len(skeleton_frames)
    if not samples:
        note = f"no IMU to measure by: frames at the dataset's median rate, {TYPICAL_FRAME_HZ} Hz"
        clock = {"frame_hz": TYPICAL_FRAME_HZ, "frame_hz_stated": kinect.STATED_HZ, "relation": "assumed", "how": note}
        return np.arange(count) / TYPICAL_FRAME_HZ, imu_s, clock
    frame_hz = count * IMU_HZ / samples
    frames_s = np.arange(count) / frame_hz - LATENCY_S
    clock = {
        "frame_hz": frame_hz,
        "frame_hz_stated": kinect.STATED_HZ,
        "imu_hz": IMU_HZ,
        "latency_s": LATENCY_S,
        "scatter_s": LATENCY_SCATTER_S,
        "relation": "both streams span the same interval; frame k at k / frame_hz - latency_s after the first sample",
        "how": "law measured over the whole dataset, docs/sources.md; the lag left in this trial is measured, not applied",
    }
    if trial.skeleton is not None and trial.inertial is not None:
        clock["residual_lag"] = residual_lag(trial.action, trial.skeleton, trial.inertial, frames_s, imu_s).record()
    return frames_s, imu_s, clock


def residual_lag(
    action: int, skeleton: np.ndarray, inertial: np.ndarray, frames_s: np.ndarray, imu_s: np.ndarray
) -> lag.Lag:
    """Offset of the skeleton's stamps (b) against the IMU's (a), from the limb that wears the IMU.

    Args:
        skeleton: [N, 20, 3] in any axes; inertial: [M, 6] in any units. Only shapes in time matter.
    """
    if min(len(frames_s), len(imu_s)) < lag.LEAST_SAMPLES or not np.isfinite(skeleton).all():
        return lag.Lag.undetermined()
    parent, child = ("right_elbow", "right_wrist") if action <= LAST_WRIST_ACTION else ("right_hip", "right_knee")
    joint = kinect.KINECT_JOINTS.index
    turning = lag.bone_turning(skeleton[:, joint(parent)], skeleton[:, joint(child)], frames_s)
    return lag.measure(imu_s, lag.gyro_turning(inertial[:, 3:]), frames_s, turning)


def floor_height(keypoints: np.ndarray) -> float:
    """Height of the lower foot joint, median over the frames, world metres; NaN where no foot is tracked."""
    feet = [kinect.SMPLH_INDEX[kinect.KINECT_JOINTS.index(f"{side}_foot")] for side in ("left", "right")]
    lower = np.fmin(*keypoints[:, feet, 2].T)
    seen = lower[np.isfinite(lower)]
    return float(np.median(seen)) if len(seen) else np.nan


def caption(action: str, frames_ns: np.ndarray) -> str:
    """The caption JSON: one segment and one action over all frames; UTD-MHAD has no sub-tasks, objects or summary."""
    first, last = str(frames_ns[0]), str(frames_ns[-1])
    segment = {
        "segment_id": 0,
        "start_frame": first,
        "end_frame": last,
        "Sub Task": "N/A",
        "Current Action": [{"label": action, "description": "", "start_frame": first, "end_frame": last}],
        "objects": {},
        "interaction": {},
    }
    return json.dumps({"config": {"Main Task": "N/A"}, "segments": [segment], "global_summary": ""})


def _conversion(trial: Trial, clock: dict[str, Any]) -> Conversion:
    place = "right wrist" if trial.action <= LAST_WRIST_ACTION else "right thigh"
    streams = {"caption": f"action {trial.action} of 27, over the whole trial"}
    absent = dict.fromkeys(
        ("audio", "pose", "point_cloud", "hands", "contacts", "calibration"), "not recorded by UTD-MHAD"
    )
    absent["video"] = "UTD-MHAD has one colour video a trial from outside the person; none of the six views is such"
    conversions = ["one label over all frames, from the file name"]
    details: dict[str, Any] = {"action": trial.action}
    if trial.inertial is not None:
        streams["imu"] = f"worn on the {place}, {IMU_HZ:g} Hz; axes are the sensor's own, not a headset's"
        conversions += [f"acceleration g to m/s2 (x {GRAVITY})", "angular velocity deg/s to rad/s"]
        details["imu_at"] = place
    else:
        absent["imu"] = "no inertial file for this trial"
    if trial.skeleton is not None:
        streams["body"] = "20 Kinect joints, at their SMPL-H places; the other 32 are NaN"
        conversions += [
            "Kinect axes (left, up, away) to world axes (away, left, up); the sensor is taken as level",
            "ground_height is the median height of the lower foot joint",
        ]
        names = zip(kinect.KINECT_JOINTS, kinect.SMPLH_INDEX.tolist(), strict=True)
        details["body_joints"] = dict(names)
    else:
        absent["body"] = "no skeleton file for this trial"
    if trial.depth is not None:
        streams["depth"] = "Kinect depth of the person, background removed by the dataset's authors"
        conversions.append(
            "depth mm to m; depth_min and depth_max are the sensor's specified range; scale 1: no stereo"
        )
    else:
        absent["depth"] = "no depth file for this trial"
    return Conversion(streams, absent, tuple(conversions), clock, details=details)
