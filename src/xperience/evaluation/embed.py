"""What a trained model makes of recordings, as arrays that numpy alone reads.

OUT.npy          [W, D'] float32, a row for each window: the readouts of its last block, flattened
OUT.tokens.npz   tokens, and where each window lies; see `embed`
OUT.json         what is what; written last
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np

from xperience.errors import CorruptError, FormatError, LimitError, MissingError, UsageError
from xperience.evaluation.inputs import Inputs
from xperience.evaluation.opening import fits, recipe_of, restored_of
from xperience.evaluation.viewer import Viewer, half, tokens_of
from xperience.prepare.batch import Batch
from xperience.prepare.recipe import Recipe
from xperience.prepare.shards.reader import Prepared
from xperience.prepare.streams import STREAMS
from xperience.pretrain.run import Restored
from xperience.progress import meter
from xperience.storage import digest, replacing, write_json


def embed(
    run: Path,
    episode: Path,
    out: Path,
    *,
    recording: str = "",
    stride: int = 5,
    device: str = "cpu",
    show: bool = True,
) -> dict[str, Any]:
    """Writes what a model makes of a recording, or of all recordings of a prepared folder; what stands in OUT.json.

    W windows, K tokens, D wide, S streams. The model reads sensors alone, no language. OUT.tokens.npz holds:
        tokens: [W, K, D] float16, readouts block by block, then the mean of each stream's tokens, 0 where it has none.
        names: [K] of tokens. streams: [S]. recordings: ids. recording: [W] place in `recordings`.
        start_frame: [W]. window_start_s, window_end_s: [W] seconds of its first and last frame, recording's clock.
        presence: [W, S] share of the window's samples of a stream that are there and valid.

    Args:
        run: of `xperience pretrain`, finished. episode: folder of a recording, which is prepared as the run's data was,
            or a folder of `xperience prepare`. out: OUT.npy. recording: id of the only one wanted.
        stride: frames from one window to the next.

    Raises:
        MissingError: no finished run, no recording, no such id. UsageError: data prepared in another way, several
            recordings, no stride, no such device, a folder in the way. LimitError: shorter than a window. FormatError,
            CorruptError: unreadable.
    """
    if stride < 1:
        raise UsageError("not a stride", field="--stride", found=stride, expected="a whole number from 1")
    if out.suffix != ".npy":
        raise UsageError("not a name for arrays", field="--out", found=out.name, expected="a name that ends in .npy")
    for path in (out, out.with_suffix(".tokens.npz"), out.with_suffix(".json")):
        if path.is_dir():
            raise UsageError("a folder stands where a file would be written", field="--out", file=path,
                             hint="choose another name")  # fmt: skip
    restored = restored_of(run, device)
    with _opened(episode, recipe_of(run), restored, show) as prepared:
        wanted = _wanted(prepared, recording)
        frames = restored.config.data.frames
        longest = max(int(prepared.frames[prepared.ids.index(id)]) for id in wanted)
        if longest < frames:
            raise LimitError(
                "shorter than one window", file=episode, found=f"{longest} frames", expected=f"at least {frames}"
            )
        viewer = Viewer(restored, prepared)
        starts = {id: viewer.windows(id, stride) for id in wanted}
        out.with_suffix(".json").unlink(missing_ok=True)
        shapes = _write(viewer, starts, out, show)
        found = {
            "run": run.name,
            "weights": digest((run / "weights.safetensors").read_bytes()),
            "size": restored.shape.name,
            "data": "recording" if prepared.folder != episode else episode.name,
            "recordings": [_about(viewer, id, len(starts[id])) for id in wanted],
            "window_frames": frames,
            "window_s": restored.shape.window_s,
            "stride_frames": stride,
            "inputs": {"streams": list(viewer.model.streams), "language": False},
            "files": {
                out.name: {"shape": shapes[0], "dtype": "float32", "axes": ["window", "width"], "unit": "none"},
                out.with_suffix(".tokens.npz").name: {
                    "tokens": {"shape": shapes[1], "dtype": "float16", "axes": ["window", "token", "width"]},
                    "window_start_s, window_end_s": "seconds on the recording's clock, of the first and last frame",
                    "start_frame": "frames from 0",
                    "presence": "share of samples that are there and valid, 0 to 1, [window, stream]",
                    "recording": "place in `recordings`",
                },
            },
        }
    write_json(out.with_suffix(".json"), found)
    return found


@contextmanager
def _opened(place: Path, recipe: Recipe, restored: Restored, show: bool) -> Iterator[Prepared]:
    """Prepared data of a place: as it is, or made of the recording there for as long as it is needed."""
    with ExitStack() as stack:
        if (place / "prepare.json").is_file():
            prepared = Prepared.open(place)
        else:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="xperience-embed-")))
            prepared = _prepared(place, recipe, restored, folder, show)
        stack.callback(prepared.close)
        fits(restored, prepared, recipe, "give the recording itself: it is prepared as the run's data was")
        yield prepared


def _prepared(place: Path, recipe: Recipe, restored: Restored, folder: Path, show: bool) -> Prepared:
    """One recording, prepared with the streams that the model reads."""
    from xperience.prepare.campaign import prepare
    from xperience.prepare.intake import items_of

    items = items_of(place.parent if place.is_file() else place)
    if len(items) != 1:
        raise UsageError(
            "several recordings", file=place, found=len(items), expected="one episode folder",
            hint="prepare them by the run's recipe and give that folder",
        )  # fmt: skip
    reading = recipe.model_copy(update={"streams": tuple(restored.shape.streams)})
    outcome = prepare(items, {"train": [items[0].id]}, reading, folder / "prepared", show=show)
    for why in (*outcome.set_aside.values(), *outcome.failed.values()):
        raise FormatError("the recording cannot be prepared", file=place, found=why.replace(str(folder), "").strip())
    return Prepared.open(folder / "prepared")


def _wanted(prepared: Prepared, recording: str) -> list[str]:
    """Ids of the recordings to embed, in order."""
    if recording and recording not in prepared.ids:
        raise MissingError(
            "no such recording", file=prepared.folder, field="--recording", found=recording,
            expected=f"one of {len(prepared.ids)}, such as {', '.join(sorted(prepared.ids)[:3])}",
        )  # fmt: skip
    if not prepared.ids:
        raise MissingError("no recordings in the prepared folder", file=prepared.folder)
    return [recording] if recording else sorted(prepared.ids)


def _about(viewer: Viewer, id: str, windows: int) -> dict[str, Any]:
    frames = int(viewer.prepared.frames[viewer.place[id]])
    there = {name for meta, _, _ in viewer.prepared.metas(viewer.place[id], 0, frames) for name in meta["present"]}
    absent = [name for name in viewer.model.streams if name not in there]
    return {"id": id, "frames": frames, "windows": windows, "absent": absent}


def _write(viewer: Viewer, starts: dict[str, np.ndarray], out: Path, show: bool) -> list[list[int]]:
    """Writes both files, one batch of windows in memory at a time; the shapes of OUT.npy and of the tokens."""
    streams, total = tuple(viewer.model.streams), sum(len(one) for one in starts.values())
    presence: list[np.ndarray] = []
    shapes: list[list[int]] = []
    names: list[str] = []
    with ExitStack() as stack:
        tokens_path = stack.enter_context(replacing(out.with_suffix(".tokens.npz")))
        rows = stack.enter_context(stack.enter_context(replacing(out)).open("wb"))
        archive = stack.enter_context(zipfile.ZipFile(tokens_path, "w"))
        with (
            archive.open(zipfile.ZipInfo("tokens.npy"), "w", force_zip64=True) as tokens,
            meter("windows through the model", total, show=show) as advance,
        ):
            for id, first in starts.items():
                for batch in viewer.parts(id, first):
                    for trouble in batch.problems:
                        raise CorruptError("windows cannot be read", file=viewer.prepared.folder, found=trouble)
                    state = viewer.state(batch, Inputs(streams, language=False))
                    x = state.readout[:, -1].flatten(1).float().cpu().numpy()
                    found = half(tokens_of(state, streams))
                    if not shapes:
                        shapes = [[total, *x.shape[1:]], [total, *found.shape[1:]]]
                        _header(rows, shapes[0], x.dtype)
                        _header(tokens, shapes[1], found.dtype)
                        T, R = state.readout.shape[1:3]
                        names = [f"readout_{t}_{r}" for t in range(T) for r in range(R)] + list(streams)
                    rows.write(x.tobytes())
                    tokens.write(found.tobytes())
                    presence.append(_shares(batch, streams))
                    advance(len(x))
        beside = _places(viewer, starts)
        beside |= {"names": np.array(names), "streams": np.array(streams), "presence": np.concatenate(presence)}
        for name, values in beside.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w") as file:
                np.lib.format.write_array(file, values, allow_pickle=False)
    return shapes


def _header(file: IO[bytes], shape: list[int], dtype: np.dtype[Any]) -> None:
    """That of a .npy file, whose rows follow."""
    descr = np.lib.format.dtype_to_descr(dtype)
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": tuple(shape)})


def _places(viewer: Viewer, starts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Where the windows lie."""
    last = viewer.restored.config.data.frames - 1
    begin, end = [], []
    for id, first in starts.items():
        place = viewer.place[id]
        times_s = viewer.prepared.clock(place, 0, int(viewer.prepared.frames[place]))
        begin.append(times_s[first])
        end.append(times_s[first + last])
    return {
        "recordings": np.array(list(starts)),
        "recording": np.repeat(np.arange(len(starts)), [len(one) for one in starts.values()]),
        "start_frame": np.concatenate(list(starts.values())),
        "window_start_s": np.concatenate(begin),
        "window_end_s": np.concatenate(end),
    }


def _shares(batch: Batch, streams: tuple[str, ...]) -> np.ndarray:
    """[B, S] share of the samples that each stream has in a window at its nominal rate."""
    found = []
    for name in streams:
        one = batch.streams[name]
        expected = one.slots if STREAMS[name].per_frame else batch.seconds * STREAMS[name].rate_hz
        valid = one.valid[:, : one.slots].sum(1).cpu().numpy()
        found.append(np.minimum(valid / expected, 1).astype(np.float32))
    return np.stack(found, 1)
