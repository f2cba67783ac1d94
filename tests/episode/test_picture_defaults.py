"""What the library would do unasked to a picture: turn, crop, stretch, convert. Each is decided once (docs/episode.md)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from mp4s import cropped_by_clap
from xperience.episode.modalities.video import Video, orientation
from xperience.prepare.blocks.video import rgb_planes
from xperience.prepare.segments.video import picture

Encode = Callable[..., Path]
COLOUR = (200, 60, 30)


def flat(path: Path, height: int = 48, width: int = 64, change: Callable[[Any], None] = lambda stream: None) -> Path:
    """Four pictures of one colour, the left half dark."""
    import av

    image = np.full((height, width, 3), COLOUR, np.uint8)
    image[:, : width // 2] = 40
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=20, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        change(stream)
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    return path


def colour(image: np.ndarray) -> list[int]:
    found: list[int] = image[image.shape[0] // 2, image.shape[1] * 3 // 4].tolist()
    return found


def test_only_what_the_codec_itself_crops_is_cropped(tmp_path: Path) -> None:
    """H.264 codes whole blocks of 16 and says how many pixels count; a container's clean aperture is for players."""
    odd = Video("v", flat(tmp_path / "odd.mp4", 50, 90))
    assert odd.size == (90, 50) and odd.frames(0, 1).shape == (1, 50, 90, 3)
    plain = flat(tmp_path / "plain.mp4")
    clap = Video("v", cropped_by_clap(plain, tmp_path / "clap.mp4", 32, 24))
    assert clap.size == (64, 48)
    np.testing.assert_array_equal(clap.frames(), Video("v", plain).frames())


def test_pixels_stay_as_they_are_coded_where_they_are_not_square(tmp_path: Path) -> None:
    def wide(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = 2

    video = Video("v", flat(tmp_path / "v.mp4", change=wide))
    assert video.size == (64, 48) and video.frames(0, 1).shape == (1, 48, 64, 3)
    assert colour(video.frames(0, 1)[0]) == pytest.approx(COLOUR, abs=4)


@pytest.mark.parametrize(
    ("params", "expected"),
    [("", (198, 59, 29)), ("colormatrix=bt709", (210, 71, 26)), ("fullrange=on", (189, 67, 40))],
)
def test_colours_follow_the_file_s_marks_in_every_reader(
    tmp_path: Path, params: str, expected: tuple[int, int, int]
) -> None:
    """The same stored bytes, marked otherwise: BT.601 of limited range where nothing is said."""

    def marked(stream: Any) -> None:
        stream.options = {"crf": "4", "x264-params": params} if params else {"crf": "4"}

    video = Video("v", flat(tmp_path / "v.mp4", change=marked))
    assert colour(video.frames(0, 1)[0]) == pytest.approx(expected, abs=2)
    _, frame = next(iter(video.decode()))
    planes = np.stack(rgb_planes(VideoReformatter(), frame), -1)
    assert colour(planes) == pytest.approx(expected, abs=2)
    small = picture(frame, (32, 24), orientation(frame))
    assert colour(small) == pytest.approx(expected, abs=3)


@pytest.mark.parametrize(("angle", "turns"), [(45.1, 1), (44, 0), (-60, -1), (170, 2)])
def test_angles_between_go_to_the_nearest_right_one(encode: Encode, tmp_path: Path, angle: float, turns: int) -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 48, 64, 3), np.uint8)
    plain = Video("v", encode(tmp_path / "plain.mp4", images)).frames()
    turned = Video("v", encode(tmp_path / "turned.mp4", images, rotation=angle)).frames()
    np.testing.assert_array_equal(turned, np.rot90(plain, turns, axes=(1, 2)))


def test_threads_change_nothing(encode: Encode, tmp_path: Path) -> None:
    import av

    images = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), np.uint8)
    path = encode(tmp_path / "v.mp4", images, b_frames=2)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        container.streams.video[0].thread_count = 4
        free = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    np.testing.assert_array_equal(Video("v", path).frames(), free)
