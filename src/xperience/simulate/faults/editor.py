"""Changes a copy of an episode: datasets in place, videos and sound decoded, changed and coded again."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from xperience.episode.layout import video_file
from xperience.episode.modalities.container import open_mp4, sound_track, view_track
from xperience.errors import CorruptError, MissingError
from xperience.simulate.sensors.audio import RATE
from xperience.simulate.sensors.video import Mp4Writer, encode_audio
from xperience.storage import replacing


class Editor:
    """An episode folder that may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def annotation(self) -> Any:
        """annotation.hdf5, open for writing."""
        with h5py.File(self.folder / "annotation.hdf5", "r+") as file:
            yield file

    def change(self, path: str, how: Callable[[np.ndarray], np.ndarray]) -> None:
        """Replaces one dataset by what `how` makes of it; shape and type may differ.

        Raises:
            MissingError: the recording has no such dataset.
        """
        with self.annotation() as file:
            if path not in file:
                raise MissingError(
                    "the recording has nothing to damage there",
                    file=self.folder,
                    field=path,
                    hint="choose another fault",
                )
            old = file[path][()]
            new = np.asarray(how(np.array(old)))
            if new.shape == file[path].shape and new.dtype == file[path].dtype:
                file[path][...] = new
            else:
                del file[path]
                file.create_dataset(path, data=new)

    def path(self, view: str) -> Path:
        """The view's MP4.

        Raises:
            MissingError: the recording has no such view.
        """
        path = self.folder / video_file(view)
        if not path.is_file():
            raise MissingError("the recording lacks this view", file=path, field=view)
        return path

    def frames(self, view: str) -> tuple[np.ndarray, np.ndarray]:
        """All pictures [F, H, W, 3] uint8 and their times [F] seconds, as the container has them."""

        images, times = [], []
        with self._reading(view) as container:
            for frame in container.decode(_track(view_track(container), self.path(view))):
                images.append(frame.to_ndarray(format="rgb24"))
                times.append(float(frame.time))
        if not images:
            raise CorruptError("no frame can be decoded", file=self.path(view))
        return np.stack(images), np.array(times)

    @contextmanager
    def _reading(self, view: str) -> Any:
        import av

        with open_mp4(self.path(view), view) as container:
            try:
                yield container
            except av.FFmpegError as error:
                raise CorruptError("cannot be decoded", file=self.path(view), found=str(error)[:200]) from error

    def write_video(self, view: str, images: np.ndarray, times_s: np.ndarray, sound: bytes | None = None) -> None:
        """Codes pictures as the view's MP4, with its old sound or with `sound`."""
        path = self.path(view)
        sound = self.packets(view) if sound is None else sound
        size = (images.shape[2], images.shape[1])
        with replacing(path) as temporary, Mp4Writer(temporary, size, sound) as writer:
            for image, time in zip(images, times_s, strict=True):
                writer.write(np.ascontiguousarray(image), float(time))

    def packets(self, view: str) -> bytes:
        """The view's sound, as coded, in an MP4 of its own."""
        import av

        memory = io.BytesIO()
        with self._reading(view) as source, av.open(memory, "w", format="mp4") as target:
            stream = _track(sound_track(source), self.path(view))
            copy: Any = target.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.pts is not None:
                    packet.stream = copy
                    target.mux(packet)
        return memory.getvalue()

    def change_sound(self, how: Callable[[np.ndarray], np.ndarray]) -> None:
        """Replaces the sound [2, samples] float32 at RATE of all views by what `how` makes of it."""
        views = [path.stem for path in sorted(self.folder.glob("*.mp4"))]
        if not views:
            raise MissingError("the recording has no sound", file=self.folder)
        sound = encode_audio(np.clip(how(self._wave(views[0])), -1, 1).astype(np.float32))
        for view in views:
            self._exchange_sound(view, sound)

    def _wave(self, view: str) -> np.ndarray:
        import av

        chunks = []
        with self._reading(view) as container:
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
            for frame in container.decode(_track(sound_track(container), self.path(view))):
                chunks += [out.to_ndarray() for out in resampler.resample(frame)]
        return np.concatenate(chunks, axis=1)

    def _exchange_sound(self, view: str, sound: bytes) -> None:
        """Keeps the pictures as they are coded and puts another sound beside them."""
        import av

        path = self.path(view)
        with (
            replacing(path) as temporary,
            self._reading(view) as source,
            av.open(io.BytesIO(sound)) as other,
            av.open(str(temporary), "w", format="mp4", options={"fflags": "+bitexact"}) as target,
        ):
            inputs = [(source, _track(view_track(source), path)), (other, other.streams.audio[0])]
            copies: list[Any] = [
                target.add_stream_from_template(stream) for _, stream in inputs
            ]  # all before any packet
            for (container, stream), copy in zip(inputs, copies, strict=True):
                for packet in container.demux(stream):
                    if packet.pts is not None:
                        packet.stream = copy
                        target.mux(packet)


def _track(track: Any | None, path: Path) -> Any:
    if track is None:
        raise MissingError("the file has no such stream", file=path)
    return track
