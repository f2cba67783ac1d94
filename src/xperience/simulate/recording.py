"""Measures a world with all sensors and writes one episode, with its truth beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xperience import storage
from xperience.episode import geometry, layout
from xperience.episode.cameras import FISHEYE_VIEWS, VIEWS, Rig
from xperience.episode.writer import AnnotationWriter
from xperience.simulate import truth
from xperience.simulate.render.renderer import Renderer
from xperience.simulate.rig import DEPTH_SCALE, rig_at
from xperience.simulate.sensors import audio, depth, imu, mocap
from xperience.simulate.sensors.clocks import Clocks, make_clocks
from xperience.simulate.sensors.point_cloud import MapBuilder
from xperience.simulate.sensors.video import Mp4Writer, encode_audio
from xperience.simulate.world import Motion, World

GROUND = (-1.8, -1.6)
"""Range of the floor's height in a recording's world, whose origin lies near the first position of the headset."""

_CLOCK, _IMU, _DEPTH, _MAP, _SOUND = range(5)
"""Numbers of the independent random streams of a recording."""


@dataclass(frozen=True)
class Recorder:
    """How to record.

    Attributes:
        width: pixels of every view; None for real sizes.
        advance: called after each frame that is done.
    """

    width: int | None
    advance: Callable[[], None] = lambda: None

    def clocks(self, frames: int, seed: int) -> Clocks:
        """Sampling times of the recording with this seed."""
        return make_clocks(frames, np.random.default_rng([seed, _CLOCK]))

    def record(
        self,
        world: World,
        caption: str,
        clocks: Clocks,
        folder: Path,
        truth_folder: Path,
        facts: dict[str, Any],
        damage: Callable[[Path], list[dict[str, Any]]] = lambda folder: [],
    ) -> None:
        """Writes the episode's folder and the folder of its truth; each appears whole or not at all, the episode last.

        Args:
            caption: the official JSON, for these clocks.
            facts: what truth.json says beyond the world itself: episode, session, recipe.
            damage: puts faults into the finished recording and says which.
        """
        rig = rig_at(self.width)
        motion = world.at(clocks.frame_s)
        shift = world_shift(motion)
        with storage.replacing(folder) as episode, storage.replacing(truth_folder) as beside:
            episode.mkdir()
            beside.mkdir()
            masks = truth.MaskSpool(beside)
            with AnnotationWriter(episode / layout.ANNOTATION) as annotation:
                annotation.source("simulated")
                _write_calibration(annotation, rig)
                _write_motion(annotation, world, motion, clocks, rig, shift)
                self._write_pictures(annotation, episode, world, motion, clocks, rig, shift, masks)
                _write_scalars(annotation, clocks, shift)
                annotation.put("caption", caption)
            truth.write_arrays(beside / truth.ARRAYS, truth.arrays_of(world, motion, clocks.frame_ns, shift), masks)
            width = max(camera.size[0] for camera in rig.cameras.values() if camera.size)
            known = {**facts, **truth.facts_of(world, shift, width), "faults": damage(episode)}
            truth.write_facts(beside / truth.FACTS, known)

    def _write_pictures(
        self,
        annotation: AnnotationWriter,
        episode: Path,
        world: World,
        motion: Motion,
        clocks: Clocks,
        rig: Rig,
        shift: np.ndarray,
        masks: truth.MaskSpool,
    ) -> None:
        """Everything that needs rays, frame by frame: videos with their sound, depth, map points, masks."""
        scenario = world.scenario
        seed = scenario.seed
        renderer = Renderer(scenario, motion, rig, scenario.session_seed, seed)
        sound = encode_audio(_sound(world, motion, clocks))
        depth_rng = np.random.default_rng([seed, _DEPTH])
        points = MapBuilder(np.random.default_rng([seed, _MAP]))
        width, height = renderer.depth_size
        frames = len(clocks.frame_ns)
        depth_rows = annotation.stream("depth/depth", frames, (height, width))
        confidence_rows = annotation.stream("depth/confidence", frames, (height, width))
        with contextlib.ExitStack() as stack:
            writers = {}
            for view in VIEWS:
                size = rig[view].size
                assert size is not None
                writers[view] = stack.enter_context(Mp4Writer(episode / layout.video_file(view), size, sound))
            for k, time_s in enumerate(clocks.frame_s):
                frame = renderer.frame(k)
                for view in VIEWS:
                    writers[view].write(frame.images[view], float(time_s))
                depth_rows[k], confidence_rows[k] = depth.measure(frame.depth, depth_rng)
                points.add(frame.depth)
                masks.add(frame.labels)
                self.advance()
        annotation.put("slam/point_cloud", points.points() + shift)


def world_shift(motion: Motion) -> np.ndarray:
    """[3] to add to scenario positions: the recording's origin lies near the headset's first position."""
    first = motion.T_world_body[0, :3, 3]
    return np.array([-first[0], -first[1], np.clip(-first[2], *GROUND)])


def _sound(world: World, motion: Motion, clocks: Clocks) -> np.ndarray:
    scenario = world.scenario
    duration_s = float(clocks.frame_s[-1]) + 1 / layout.NOMINAL_FPS
    seed = int(np.random.default_rng([scenario.seed, _SOUND]).integers(2**62))
    return audio.render(world.sounds, motion.times_s, motion.T_world_body, duration_s, seed, scenario.session_seed)


def _write_calibration(annotation: AnnotationWriter, rig: Rig) -> None:
    previous = np.eye(4)
    for k, view in enumerate(FISHEYE_VIEWS):
        camera, group = rig[view], f"calibration/cam{k}"
        annotation.put(f"{group}/K", camera.K)
        annotation.put(f"{group}/D", camera.D)
        if k == 0:
            annotation.put(f"{group}/T_c_b", camera.T_camera_body)
        else:
            annotation.put(f"{group}/T_cn_cnm1", camera.T_camera_body @ geometry.invert(previous))
        annotation.put(f"{group}/camera_model", np.bytes_("pinhole"))  # as real files say; the lens is in the next line
        annotation.put(f"{group}/distortion_model", np.bytes_("equidistant"))
        previous = camera.T_camera_body
    left = rig["stereo_left"]
    annotation.put("calibration/cam01/K", left.K)
    annotation.put("calibration/cam01/T_c0_b", left.T_camera_body)
    annotation.put("calibration/cam01/baseline", rig.baseline)


def _write_motion(
    annotation: AnnotationWriter, world: World, motion: Motion, clocks: Clocks, rig: Rig, shift: np.ndarray
) -> None:
    """Pose, hands, body and IMU."""
    scenario = world.scenario
    T_body_world = geometry.invert(mocap.moved(motion.T_world_body, shift))
    annotation.put("slam/quat_wxyz", geometry.matrix_to_quat(T_body_world[:, :3, :3]))
    annotation.put("slam/trans_xyz", T_body_world[:, :3, 3])
    annotation.put("slam/frame_names", clocks.frame_ns.astype(str))
    T_camera_world = rig["stereo_left"].T_camera_body @ geometry.invert(motion.T_world_body)
    datasets = mocap.hands(motion, T_camera_world, scenario.person) | mocap.body(motion, shift, scenario.person)
    for path, values in datasets.items():
        annotation.put(path, values)
    rng = np.random.default_rng([scenario.seed, _IMU])
    accel, gyro = imu.measure(world.ego, clocks.imu_s, scenario.duration_s, rng)
    annotation.put("imu/device_timestamp_ns", clocks.imu_ns)
    annotation.put("imu/accel_xyz", accel)
    annotation.put("imu/gyro_xyz", gyro)
    annotation.put("imu/keyframe_indices", clocks.keyframes)
    annotation.put("video/device_timestamp", clocks.frame_ns)
    annotation.put("video/frame_number", np.arange(len(clocks.frame_ns)))


def _write_scalars(annotation: AnnotationWriter, clocks: Clocks, shift: np.ndarray) -> None:
    frames = len(clocks.frame_ns)
    annotation.put("video/length_sec", frames / layout.NOMINAL_FPS)
    annotation.put("depth/scale", DEPTH_SCALE)
    annotation.put("depth/depth_min", depth.DEPTH_MIN)
    annotation.put("depth/depth_max", depth.DEPTH_MAX)
    values = {
        "ground_height": shift[2],
        "floor_z": shift[2],
        "body_height": -shift[2],
        "fps": layout.NOMINAL_FPS,
        "num_frames": frames,
        "imu_rate": layout.NOMINAL_IMU_HZ,
    }
    for key in layout.METADATA_KEYS:
        annotation.put(f"metadata/{key}", values[key])
