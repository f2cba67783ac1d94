"""Project Aria recordings: RGB, two SLAM cameras, seven microphones and an IMU out of one VRS file.

The file is read by `aria_vrs` in a process of its own, because its reader is native code. Needs the extra `aria`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from xperience import extras
from xperience.errors import CorruptError, MissingError
from xperience.sources import isolated
from xperience.sources.source import Conversion, Found, Recording, inside

MAGIC = b"VisionRe"
"""First eight bytes of every VRS file."""

TRAJECTORY = Path("mps/slam/closed_loop_trajectory.csv")
"""Where Aria's machine perception service leaves the pose, beside the recording."""

BASE_TIMEOUT_S, LEAST_BYTES_A_SECOND = 600.0, 500_000
"""A conversion may take ten minutes and the time to read the file at half a megabyte a second; it runs at 5 to 10."""


class Aria:
    """Source of Project Aria VRS files."""

    name = "aria"
    title = "Project Aria recording"
    licence = "that of the dataset the recording belongs to; Aria's own sample data are Apache-2.0"
    citation = (
        "J. Engel et al., Project Aria: A New Tool for Egocentric Multi-Modal AI Research, arXiv:2308.13561, 2023"
    )
    version = 1

    def describe(self) -> str:
        return (
            "Project Aria: a .vrs file, or a folder of them. One episode a file (<folder>/<file>): SLAM cameras left "
            "and right as fisheye_cam0 and 1, RGB as fisheye_cam2, upright, on the RGB camera's frames; the "
            "microphones mixed to one channel; the right IMU at its own rate; calibration fitted; pose where "
            "mps/slam/closed_loop_trajectory.csv lies beside the file. No stereo, depth, hands, body, contacts or "
            "caption. Needs the extra aria"
        )

    def find(self, src: Path) -> Found:
        files = sorted(src.glob("*.vrs")) if src.is_dir() else [src] if src.is_file() else []
        files = [path for path in files if not src.is_dir() or inside(src, path)]
        if not files:
            raise MissingError("no VRS recording here", file=src, hint="give a .vrs file or the folder that holds it")
        recordings = []
        for path in files:
            folder = path.resolve().parent
            inputs = {"vrs": path}
            trajectory = folder / TRAJECTORY
            if len(files) == 1 and trajectory.is_file() and inside(folder, trajectory):
                inputs["trajectory"] = trajectory
            recordings.append(Recording(_name(folder.name), _name(path.stem), inputs))
        return Found(tuple(recordings))

    def convert(self, recording: Recording, folder: Path, *, show: bool = False) -> Conversion:
        path = recording.files["vrs"]
        with path.open("rb") as file:
            start = file.read(len(MAGIC))
        if start != MAGIC:
            raise CorruptError(
                "not a VRS file", file=path, found=repr(start), expected=f"a file beginning with {MAGIC!r}"
            )
        extras.require("aria", "reading a Project Aria recording")
        arguments: dict[str, Any] = {role: str(file) for role, file in recording.files.items()}
        result = isolated.call(
            "xperience.sources.aria_vrs",
            {**arguments, "folder": str(folder)},
            answer=folder / ".answer.json",
            file=path,
            timeout_s=BASE_TIMEOUT_S + path.stat().st_size / LEAST_BYTES_A_SECOND,
            show=show,
        )
        return Conversion(
            streams=result["streams"],
            absent=result["absent"],
            conversions=tuple(result["conversions"]),
            clock=result["clock"],
            left_out=result["left_out"],
            details=result["details"],
        )


SOURCE = Aria()


def _name(text: str) -> str:
    """A folder name that needs no quoting."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._-") or "recording"
