"""What does the model hold to be alike? Test windows with their nearest training windows, and forecasts, as pictures."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from xperience import storage
from xperience.benchmark.metrics.retrieval import unit_rows
from xperience.benchmark.task import ALL
from xperience.episode.cameras import VIEWS
from xperience.evaluation.embedded import EmbeddedRecording
from xperience.evaluation.gathered import Gathered, gathered, view_of
from xperience.evaluation.sections import Bench
from xperience.evaluation.sections.forecasts import ahead, told

TITLE = "Nearest neighbours and forecasts"
ASKED, NEAREST, FORECASTS = 6, 4, 4
GOLDEN = 0.618

WRIST = 0
"""First of the 21 joints of a hand."""

PICTURES = ("stereo_left", *(view for view in VIEWS if view != "stereo_left"))
"""Views in the order in which they are looked for."""

COLOURS = {"hand_left": "#1f6fb4", "hand_right": "#c4512d"}


def measure(bench: Bench) -> dict[str, Any]:
    """Writes pictures/neighbours.png and pictures/forecasts.png; actions of windows and neighbours."""
    test, train = gathered(bench, "test"), gathered(bench, "train")
    asked = spread(len(test), ASKED)
    nearest = neighbours(features(bench, test)[asked], features(bench, train), train.episode)
    folder = bench.out / "pictures"
    _save(_draw_neighbours(bench, test, asked, train, nearest), folder / "neighbours.png")
    pictures = ["pictures/neighbours.png"]
    found = forecasts(bench, test)
    if found:
        _save(_draw_forecasts(found), folder / "forecasts.png")
        pictures.append("pictures/forecasts.png")
    rows = []
    for query, near in zip(asked, nearest, strict=True):
        rows.append([_named(test, query), _action(test, query), *(_action(train, k) for k in near)])
    text = (
        f"{len(asked)} test windows, evenly spread, and their {nearest.shape[1]} nearest training windows, each of another "
        "recording, by cosine of the mean readouts of the last block."
    )
    if found:
        text += (
            " Below, paths of the wrists over the next second as they came and as the model's head forecast them, from "
            "where they were last seen, which is what constant position says."
        )
    return {
        "text": text,
        "pictures": pictures,
        "table": {
            "columns": ["test window", "action", *(f"neighbour {k + 1}" for k in range(nearest.shape[1]))],
            "rows": rows,
        },
    }


def spread(count: int, wanted: int) -> np.ndarray:
    """One of each of `wanted` equal parts of 0 to count - 1, at another place in each: recordings are often equally long."""
    within = np.arange(1, wanted + 1) * GOLDEN % 1
    return np.unique(((np.arange(wanted) + within) * count / wanted).astype(int))


def features(bench: Bench, side: Gathered) -> np.ndarray:
    """[n, D] of length one: mean of the readouts of the last block. Readouts come first among the tokens."""
    model = bench.viewer.model
    readouts, streams = model.config.readouts, len(model.streams)

    def of(recording: EmbeddedRecording) -> np.ndarray:
        tokens = view_of(bench, recording, ALL).tokens
        end = tokens.shape[1] - streams
        found: np.ndarray = tokens[:, end - readouts : end].astype(np.float32).mean(1)
        return found

    return unit_rows(side.rows(of))


def neighbours(query: np.ndarray, candidates: np.ndarray, episode: np.ndarray) -> np.ndarray:
    """[Q, 4] indices of the nearest candidates, nearest first, one of each recording [n] since neighbouring windows share
    most of their frames; fewer columns where there are fewer recordings."""
    found = []
    for likeness in query @ candidates.T:
        order = np.argsort(-likeness, kind="stable")
        first = np.unique(episode[order], return_index=True)[1]
        found.append(order[np.sort(first)[:NEAREST]])
    return np.stack(found)


def _of(side: Gathered, k: int) -> tuple[EmbeddedRecording, int]:
    return side.recordings[side.episode[k]], int(side.window[k])


def _named(side: Gathered, k: int) -> str:
    recording, window = _of(side, k)
    return f"{recording.id}, frame {recording.windows.start_frame[window]}"


def _action(side: Gathered, k: int) -> str:
    recording, window = _of(side, k)
    return str(recording.windows.action_label[window])


def picture(bench: Bench, recording: EmbeddedRecording, window: int) -> np.ndarray | None:
    """[H, W, 3] uint8 nearest to the middle of a window, of the left stereo camera, else of the first view there is."""
    prepared, place = bench.viewer.prepared, bench.viewer.place[recording.id]
    start, frames = int(recording.windows.start_frame[window]), recording.windows.frames
    for view in PICTURES:
        if f"video_{view}" not in prepared.recipe["streams"]:
            continue
        piece = prepared.read(place, start, frames, [f"video_{view}"])[f"video_{view}"]
        there = np.flatnonzero(piece.valid)
        if len(there):
            times = prepared.clock(place, start, frames)
            middle = times[(frames - 1) // 2]
            found: np.ndarray = piece.values[there[np.abs(piece.times_s[there] - middle).argmin()]]
            return found
    return None


def _draw_neighbours(bench: Bench, test: Gathered, asked: np.ndarray, train: Gathered, nearest: np.ndarray) -> Any:
    from matplotlib.figure import Figure

    rows, columns = len(asked), 1 + nearest.shape[1]
    figure = Figure(figsize=(2.3 * columns, 2.35 * rows), dpi=100, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for row, axes in enumerate(grid):
        for side, k, cell in zip((test, *(train,) * len(nearest[row])), (asked[row], *nearest[row]), axes, strict=True):
            seen = picture(bench, *_of(side, int(k)))
            if seen is None:
                cell.text(0.5, 0.5, "no picture", ha="center", va="center", transform=cell.transAxes)
            else:
                cell.imshow(seen)
            cell.set_xticks([])
            cell.set_yticks([])
            cell.set_xlabel(_short(_action(side, int(k)) or "(no action)"), fontsize=8)
        for edge in axes[0].spines.values():
            edge.set(linewidth=2.5, color="#1f6fb4")
    grid[0, 0].set_title("test window", fontsize=9)
    for rank, cell in enumerate(grid[0, 1:]):
        cell.set_title(f"training neighbour {rank + 1}", fontsize=9)
    return figure


def _short(text: str, width: int = 30) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


@dataclass(frozen=True)
class WristPath:
    """Of one hand, metres in the left stereo camera: where it was last seen [3], what came and what was forecast [F, 3]."""

    last: np.ndarray
    came: np.ndarray
    guess: np.ndarray


def forecasts(bench: Bench, side: Gathered) -> list[tuple[str, dict[str, WristPath]]]:
    """Windows by name, evenly spread, with the paths of hands that stay tracked for the whole second; windows with two
    such hands are preferred."""
    paths: dict[tuple[int, str], tuple[np.ndarray, WristPath]] = {}
    tracked = np.zeros(len(side), int)
    for number, recording in enumerate(side.recordings):
        end = recording.windows.end_frame
        for stream, piece, guess in told(bench, recording):
            if stream not in COLOURS:
                continue
            came, _, known = ahead(piece, end)
            last, whole = piece.values[end, WRIST], np.asarray(known.all(1))
            tracked[side.episode == number] += whole
            path = WristPath(last, came[:, :, WRIST] + last[:, None], guess[:, :, WRIST] + last[:, None])
            paths[number, stream] = (whole, path)
    if not tracked.any():
        return []
    rows = np.flatnonzero(tracked == tracked.max())
    found = []
    for k in rows[spread(len(rows), FORECASTS)]:
        number, window = int(side.episode[k]), int(side.window[k])
        hands = {
            stream: WristPath(path.last[window], path.came[window], path.guess[window])
            for (n, stream), (whole, path) in paths.items()
            if n == number and whole[window]
        }
        found.append((_named(side, int(k)), hands))
    return found


def _draw_forecasts(found: list[tuple[str, dict[str, WristPath]]]) -> Any:
    """A panel a window: sideways and up in the camera's picture plane, equal scales; paths end in a mark."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 9), dpi=100, layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    drawn: dict[str, Any] = {}
    for axes, (name, hands) in zip(panels, found, strict=False):
        for stream, path in hands.items():
            colour, hand = COLOURS[stream], stream.removeprefix("hand_")
            for line, style, mark, label in ((path.came, "-", "o", "as it came"), (path.guess, "--", "s", "model")):
                x, y = np.concatenate([path.last[None], line])[:, :2].T
                (drawn[f"{hand}, {label}"],) = axes.plot(
                    x, -y, style, color=colour, marker=mark, markevery=[len(x) - 1], ms=6
                )
            (drawn[f"{hand}, constant position"],) = axes.plot(
                path.last[0], -path.last[1], "x", color=colour, ms=9, mew=2
            )
        axes.set_title(name, fontsize=8)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_xlabel("right of the left stereo camera (m)", fontsize=8)
        axes.set_ylabel("above it (m)", fontsize=8)
        axes.grid(alpha=0.3)
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=2, fontsize=9)
    return figure


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    held = BytesIO()
    figure.savefig(held, format="png")
    with storage.replacing(path) as temporary:
        temporary.write_bytes(held.getvalue())
