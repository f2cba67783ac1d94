"""What a run writes down while it trains: progress.jsonl (a line a step) and TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from xperience.prepare.batch import Batch
from xperience.storage import write_text

PROGRESS = "progress.jsonl"


class Records:
    """Written by the first rank only.

    A run that goes on from step s drops lines of step s and later: they are written again.

    Args:
        run: its folder, None to write nothing. step: that comes next.
    """

    def __init__(self, run: Path | None, step: int) -> None:
        self.run, self.board = run, None
        if run is None:
            return
        kept = [line for line in read_progress(run) if line["step"] < step]
        write_text(run / PROGRESS, "".join(json.dumps(line) + "\n" for line in kept))
        self._file = (run / PROGRESS).open("a", encoding="utf-8")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            return  # the lines say the same
        self.board = SummaryWriter(str(run / "tensorboard"), purge_step=step)

    def write(self, line: Mapping[str, Any]) -> None:
        """One step: "step" and nested figures."""
        if self.run is None:
            return
        self._file.write(json.dumps(_finite(line)) + "\n")
        self._file.flush()
        if self.board is not None:
            for name, value in _flat(line):
                self.board.add_scalar(name, value, line["step"])

    def close(self) -> None:
        if self.run is not None:
            self._file.close()
            if self.board is not None:
                self.board.close()


def read_progress(run: Path) -> list[dict[str, Any]]:
    """Lines of progress.jsonl; what a crash cut off or damaged is left away."""
    path = run / PROGRESS
    lines = []
    if path.is_file():
        for text in path.read_text("utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict) and type(line.get("step")) is int:
                lines.append(line)
    return lines


def _finite(value: Any) -> Any:
    """JSON has no NaN: text instead."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.17g}") if np.isfinite(value) else str(value)
    return value


def _flat(line: Mapping[str, Any], above: str = "") -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for key, value in line.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{above}{key}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and key not in ("step", "order"):
            found.append((above + key, float(value)))
    return found


def save_batch(path: Path, batch: Batch, facts: Mapping[str, Any]) -> None:
    """A batch as an .npz of plain arrays, to look at later; texts and facts as JSON inside."""
    from xperience.storage import replacing

    arrays: dict[str, np.ndarray] = {
        name: np.asarray(getattr(batch, name))
        for name in ("k", "mask_seed", "weight", "source", "episode", "start_frame")
    }
    for name, one in batch.streams.items():
        for part in ("values", "times", "valid", "presence"):
            arrays[f"{name}.{part}"] = np.asarray(getattr(one, part))
    words = {"episode_id": batch.episode_id, "action": batch.text.action, "objects": batch.text.objects}
    words |= {"interaction": batch.text.interaction, **facts}
    arrays["facts"] = np.frombuffer(json.dumps(words, default=str).encode(), np.uint8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def order_mark(batch: Batch) -> int:
    """One number for which samples a step held; marks of ranks add up, modulo 2^31, whatever the number of ranks."""
    fields = (batch.k, batch.source, batch.episode, batch.start_frame, batch.mask_seed)
    mixed = np.zeros(batch.size, np.uint64)
    with np.errstate(over="ignore"):
        for values in fields:
            mixed = (mixed ^ np.asarray(values).astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    return int((mixed & np.uint64(0x7FFFFFFF)).sum() & np.uint64(0x7FFFFFFF))
