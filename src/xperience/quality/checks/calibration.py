"""Is the calibration a plausible rig?"""

from __future__ import annotations

import numpy as np

from xperience.episode import geometry
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Finding
from xperience.quality.registry import Check, Threshold

ORTHONORMAL = Threshold(1e-3, "", "largest entry of R R^T - 1; float32 rounding gives under 1e-6")
BASELINE = Threshold(0.02, "m", "the stereo pair is rectified from cam0 and cam1: its centres are theirs")
REACH = Threshold(0.6, "m", "no camera of a headset lies further from its IMU")
FOCAL_LOW = Threshold(0.15, "image widths", "shorter focal lengths see more than a sphere")
FOCAL_HIGH = Threshold(2.5, "image widths", "longer ones are telephoto lenses")
CENTRE = Threshold(0.2, "image sizes", "principal point's distance from the image centre; the sample's is within 0.03")
ANGLE = Threshold(0.8, "rad", "angle to which the lens images without folding back; fisheye lenses reach 1.4 to 1.9")
STRETCH = Threshold(0.35, "share", "radius at 1 rad against an undistorted lens; the sample's lenses are within 0.07")


def run(evidence: Evidence) -> list[Finding]:
    rig, end = evidence.episode.rig, evidence.episode.clock.duration_s
    if rig is None:
        return []
    found: list[Finding] = []

    def add(view: str, value: float, bound: Threshold, reason: str) -> None:
        found.append(Finding("calibration", "calibration", 0.0, end, value, bound.value, f"{view}: {reason}", "fail"))

    for view, camera in rig.cameras.items():
        numbers = (camera.K, camera.D, camera.T_camera_body)
        if not all(np.isfinite(array).all() for array in numbers):
            add(view, float("nan"), ORTHONORMAL, "calibration is not finite")
            continue
        rotation = camera.T_camera_body[:3, :3]
        error = float(np.abs(rotation @ rotation.T - np.eye(3)).max())
        if error > ORTHONORMAL.value or np.linalg.det(rotation) < 0:
            add(view, error, ORTHONORMAL, "mounting is not a rotation")
            continue
        reach = float(np.linalg.norm(geometry.invert(camera.T_camera_body)[:3, 3]))
        if reach > REACH.value:
            add(view, reach, REACH, f"lies {reach:.2f} m from the body origin")
        if camera.distortion != "none":
            stretch = abs(float(camera.D.sum()))  # r(1 rad) - 1
            if camera.max_angle < ANGLE.value or stretch > STRETCH.value:
                bound = ANGLE if camera.max_angle < ANGLE.value else STRETCH
                value = camera.max_angle if bound is ANGLE else stretch
                add(view, value, bound, "lens coefficients are implausible")
        if camera.size is None:
            continue
        fx, fy, cx, cy = camera.K
        width, height = camera.size
        for focal in (fx, fy):
            if not FOCAL_LOW.value * width < focal < FOCAL_HIGH.value * width:
                add(
                    view, float(focal / width), FOCAL_LOW, f"focal length of {focal:.0f} px in an image {width} px wide"
                )
                break
        if abs(fx / fy - 1) > 0.1:
            add(view, float(abs(fx / fy - 1)), Threshold(0.1, "", "pixels are square"), "fx and fy differ")
        off = max(abs(cx - width / 2) / width, abs(cy - height / 2) / height)
        if off > CENTRE.value:
            add(view, float(off), CENTRE, "principal point is far from the image centre")
    found += _chain(evidence)
    return found


def _chain(evidence: Evidence) -> list[Finding]:
    """The rectified pair shares its centres with cam0 and cam1, whose chain of steps must end there."""
    rig, end = evidence.episode.rig, evidence.episode.clock.duration_s
    assert rig is not None
    found = []
    for stereo, fisheye in (("stereo_left", "fisheye_cam0"), ("stereo_right", "fisheye_cam1")):
        if stereo in rig and fisheye in rig:
            centres = [geometry.invert(rig[view].T_camera_body)[:3, 3] for view in (stereo, fisheye)]
            apart = float(np.linalg.norm(centres[0] - centres[1]))
            if not apart <= BASELINE.value:
                reason = f"{stereo} and {fisheye} lie {apart:.3f} m apart: baseline or camera chain is wrong"
                found.append(Finding("calibration", "calibration", 0.0, end, apart, BASELINE.value, reason, "fail"))
    return found


CHECK = Check(
    name="calibration",
    reads=("calibration",),
    question="Is the calibration a plausible rig?",
    thresholds={
        "orthonormal": ORTHONORMAL, "baseline": BASELINE, "reach": REACH, "focal_low": FOCAL_LOW,
        "focal_high": FOCAL_HIGH, "centre": CENTRE, "angle": ANGLE, "stretch": STRETCH,
    },
    run=run,
)  # fmt: skip
