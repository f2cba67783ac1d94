"""Are all streams of the layout there and readable?"""

from __future__ import annotations

from xperience.episode import Presence
from xperience.errors import CorruptError, LimitError
from xperience.quality.evidence import Evidence
from xperience.quality.finding import Effect, Finding
from xperience.quality.registry import Check


def run(evidence: Evidence) -> list[Finding]:
    episode = evidence.episode
    end = episode.clock.duration_s
    found = [
        Finding("files", name, 0.0, end, None, None, f"{name} is not in the recording")
        for name, state in episode.presence.items()
        if state is Presence.ABSENT and name not in evidence.errors and name not in episode.unreadable
    ]
    said = set()
    for name, error in episode.unreadable.items():
        said.add((error.field, error.what))
        reason = f"cannot be read: {error.field}: {error.what}" + (f" (found {error.found})" if error.found else "")
        # What is of another shape can be left alone; what is damaged, or made to do harm, speaks against the whole file.
        effect: Effect = "fail" if isinstance(error, CorruptError | LimitError) else "limit"
        found.append(Finding("files", name, 0.0, end, None, None, reason, effect))
    for problem in episode.problems:  # met while the streams were opened: wrong shapes, lengths, types
        if (problem.field, problem.what) in said or problem.field.endswith(".mp4"):
            continue  # how much of a video may be missing is the business of its own check
        if problem.field.startswith("caption") and episode.caption is not None:
            continue  # real captions have odd times: how many are too many is the caption check's business
        reason = f"{problem.field}: {problem.what}" + (f" (found {problem.found})" if problem.found else "")
        found.append(Finding("files", modality_of(problem.field), 0.0, end, None, None, reason))
    return found


def modality_of(field: str) -> str:
    """Modality that a dataset or file name belongs to."""
    if field.endswith(".mp4"):
        return field.removesuffix(".mp4")
    exact = {"slam/frame_names": "clock", "slam/point_cloud": "point_cloud", "full_body_mocap/contacts": "contacts"}
    if field in exact:
        return exact[field]
    if field.startswith("hand_mocap/"):
        return "hand_right" if "/right" in field else "hand_left"
    groups = {"slam": "pose", "depth": "depth", "full_body_mocap": "body", "imu": "imu", "calibration": "calibration"}
    groups |= {"caption": "caption", "captions": "caption", "video": "clock"}
    return groups.get(field.split("/")[0], "files")


CHECK = Check(
    name="files",
    reads=("files",),
    question="Are all streams of the layout there, with the shapes of the layout?",
    thresholds={},
    run=run,
)
