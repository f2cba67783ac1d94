"""An offset between views is a finding where the pose says the same; what pictures cannot tell is none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from xperience.quality.checks import sync
from xperience.quality.finding import Offset


def offset(a: str, b: str, ms: float | None, std_ms: float = 5.0) -> Offset:
    if ms is None:
        return Offset.undetermined(a, b, "too little motion")
    return Offset(a, b, ms / 1e3, std_ms / 1e3, None, "measured")


def found(*offsets: Offset) -> list[tuple[str, str]]:
    evidence: Any = SimpleNamespace(episode=SimpleNamespace(clock=SimpleNamespace(duration_s=8.0)), sync=list(offsets))
    return [(one.modality, one.reason) for one in sync.run(evidence)]


VIEWS = ("fisheye_cam0", "fisheye_cam1")


@pytest.mark.parametrize(
    ("by_pose", "said"), [((0.0, 0.0), 0), ((0.0, -120.0), 2), ((0.0, None), 0), ((None, None), 0)]
)
def test_views_are_said_to_part_only_where_the_pose_agrees(by_pose: tuple[float | None, ...], said: int) -> None:
    """The views alone say -121 ms; the pose against the same views 0, the same, or nothing."""
    pairs = [offset("pose", view, ms) for view, ms in zip(VIEWS, by_pose, strict=True)]
    assert len(found(*pairs, offset(*VIEWS, -121.0))) == said


def test_without_pose_the_views_speak_for_themselves() -> None:
    assert len(found(offset(*VIEWS, -121.0))) == 1


def test_what_is_not_borne_out_blames_nobody() -> None:
    """fisheye_cam1 is late by pose and by a third view; that the third seems apart from the first is chance."""
    pairs = [
        offset("pose", "fisheye_cam0", 0.0),
        offset("pose", "fisheye_cam1", 120.0),
        offset("pose", "fisheye_cam2", 0.0),
    ]
    said = found(*pairs, offset("fisheye_cam0", "fisheye_cam1", 120.0), offset("fisheye_cam0", "fisheye_cam2", 90.0))
    assert {modality for modality, _ in said} == {"fisheye_cam1"}
