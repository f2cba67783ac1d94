"""Episodes that hold parts of other episodes, for tests that must find them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from xperience.episode.cameras import VIEWS
from xperience.episode.modalities.video import Video


def copy(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target)
    return target


def datasets(file: h5py.File) -> Iterator[h5py.Dataset]:
    found: list[h5py.Dataset] = []
    file.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    yield from found


def cut(source: Path, target: Path, start: int, stop: int) -> Path:
    """Frames start:stop of an episode as a recording of its own, with all streams; its clock begins elsewhere."""
    copy(source, target)
    moved = 10**12
    with h5py.File(target / "annotation.hdf5", "r+") as file:
        frame_ns = file["video/device_timestamp"][()]
        imu_ns = file["imu/device_timestamp_ns"][()]
        low, high = np.searchsorted(imu_ns, [frame_ns[start], frame_ns[stop - 1]])
        for data in list(datasets(file)):
            if data.ndim == 0:
                continue
            name, values = data.name, None
            if len(data) == len(frame_ns):
                values = data[start:stop]
            elif len(data) == len(imu_ns):
                values = data[low:high]
            if values is None:
                continue
            if name == "/slam/frame_names":
                values = np.array([str(int(v) + moved).encode() for v in values])
            elif "timestamp" in name:
                values = values + moved
            elif name == "/imu/keyframe_indices":
                values = np.clip(values - low, 0, high - low - 1)
            del file[name]
            file[name] = values
    for view in VIEWS:
        encode(source, target, view, start=start, stop=stop)
    return target


def encode(
    source: Path, target: Path, view: str, *, start: int = 0, stop: int | None = None,
    size: tuple[int, int] | None = None, brighter: float = 0.0, crf: int = 30, name: str | None = None,
) -> None:  # fmt: skip
    """A view's frames start:stop encoded anew into another episode, scaled and brightened."""
    import av

    frames = Video(view, source / f"{view}.mp4").frames(start, stop, size)
    bright = np.clip(frames.astype(np.float32) * (1 - brighter / 4) + 255 * brighter, 0, 255).astype(np.uint8)
    path = target / f"{name or view}.mp4"
    path.unlink(missing_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20, options={"crf": str(crf), "preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = bright.shape[1], bright.shape[2], "yuv420p"
        for image in bright:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))


def rewrite(target: Path, values: dict[str, np.ndarray]) -> None:
    """Puts arrays in the place of datasets of an episode."""
    with h5py.File(target / "annotation.hdf5", "r+") as file:
        for name, array in values.items():
            if name in file:
                del file[name]
            file[name] = array
