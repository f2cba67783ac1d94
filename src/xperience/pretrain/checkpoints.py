"""Checkpoints that are whole or do not count.

RUN/checkpoints/step_000000500/ holds what `torch.distributed.checkpoint` writes (one file a rank, so that any number
of ranks can read it) and `manifest.json`: identity, counters, and size and checksum of every file. It is written under a
temporary name in the background and renamed when whole. What does not agree with its manifest is passed over for the
one before.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from xperience.errors import CorruptError, MissingError, SpaceError, UsageError
from xperience.pretrain.distributed import Runtime
from xperience.storage import sync_folder, sync_tree, take_place, write_json

MANIFEST = "manifest.json"
ALONE = "torch.distributed is disabled"
"""How torch begins its remark that one process saves or loads for itself, which is what we ask for."""
FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """One whole checkpoint: its folder and what its manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def step(self) -> int:
        return int(self.manifest["step"])


def folder(run: Path) -> Path:
    return run / "checkpoints"


def read(path: Path) -> Checkpoint:
    """Checks every file of a checkpoint against its manifest.

    Raises:
        MissingError: no manifest. CorruptError: it cannot be read, or a file is missing, cut short or changed.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text("utf-8"))
        if manifest["format"] != FORMAT or type(manifest["step"]) is not int or manifest["step"] < 0:
            raise ValueError(f"format {manifest['format']}, step {manifest['step']}")
        listed = {str(name): (int(entry["bytes"]), str(entry["blake2b"])) for name, entry in manifest["files"].items()}
    except FileNotFoundError as error:
        raise MissingError("no checkpoint, or half of one", file=path, expected=MANIFEST) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptError("the manifest cannot be read", file=path / MANIFEST, found=str(error)) from error
    for name, (size, checksum) in listed.items():
        file = path / name
        if Path(name).name != name or not file.is_file():
            raise CorruptError("a file of the checkpoint is missing", file=file)
        if file.stat().st_size != size:
            raise CorruptError("cut short", file=file, found=file.stat().st_size, expected=size)
        if _checksum(file) != checksum:
            raise CorruptError("checksum differs", file=file, expected=checksum)
    return Checkpoint(path, manifest)


def inventory(run: Path) -> list[dict[str, Any]]:
    """Every checkpoint folder of a run, oldest first: name, step, bytes, and "whole" or what is wrong with it."""
    rows = []
    for path in _folders(run):
        size = sum(file.stat().st_size for file in path.iterdir() if file.is_file())
        try:
            found = read(path)
            rows.append({"name": path.name, "step": found.step, "bytes": size, "state": "whole"})
        except (CorruptError, MissingError) as error:
            rows.append({"name": path.name, "step": None, "bytes": size, "state": error.what})
    return rows


def latest(run: Path, check: Callable[[Checkpoint], object] | None = None) -> tuple[Checkpoint | None, list[str]]:
    """The newest whole checkpoint, None where there is none; and what was passed over, with reasons.

    Args:
        check: raises CorruptError where a checkpoint cannot be gone on from.
    """
    passed: list[str] = []
    for path in reversed(_folders(run)):
        try:
            found = read(path)
            if check is not None:
                check(found)
            return found, passed
        except (CorruptError, MissingError) as error:
            passed.append(f"{path.name}: {error.what}")
    return None, passed


def _folders(run: Path) -> list[Path]:
    root = folder(run)
    return sorted(p for p in root.iterdir() if p.is_dir() and p.name.startswith("step_")) if root.is_dir() else []


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


class Saver:
    """Writes checkpoints in the background, one at a time.

    Args:
        run: folder of the run. keep: how many stay. identity: goes into every manifest.
    """

    def __init__(self, run: Path, runtime: Runtime, keep: int, identity: dict[str, Any]) -> None:
        self.run, self.runtime, self.keep, self.identity = run, runtime, keep, identity
        self._under_way: threading.Thread | None = None
        self._failure: list[BaseException] = []
        if runtime.first:
            folder(run).mkdir(parents=True, exist_ok=True)
            for rest in folder(run).glob(".step_*.tmp"):
                shutil.rmtree(rest, ignore_errors=True)
        runtime.wait()

    def save(self, learner: nn.Module, optimiser: Any, step: int, facts: dict[str, Any]) -> None:
        """Begins to write; returns when the state is copied. Waits for the one before.

        Args:
            facts: small plain values for the manifest, such as counters; not to be changed afterwards.
        """
        import torch.distributed.checkpoint as dcp

        self.wait()
        target = folder(self.run) / f"step_{step:09d}"
        temporary = target.with_name(f".{target.name}.tmp")
        if self.runtime.first and temporary.exists():
            shutil.rmtree(temporary)
        self.runtime.wait()
        state = _state(learner, optimiser)
        if self.runtime.world > 1:
            future = dcp.async_save(state, checkpoint_id=temporary, process_group=self.runtime.saving)
        else:
            future = dcp.async_save(state, checkpoint_id=temporary, no_dist=True)
        assert isinstance(future, Future)
        manifest = {"format": FORMAT, "step": step, **self.identity, **facts, "world": self.runtime.world}
        self._under_way = threading.Thread(target=self._finish, args=(future, temporary, target, manifest))
        self._under_way.start()

    def wait(self) -> None:
        """Until the checkpoint under way is whole.

        Raises: what writing it raised.
        """
        if self._under_way is not None:
            self._under_way.join()
            self._under_way = None
        self.runtime.wait()  # the first rank renames: the others see it from here on
        if self._failure:
            raise self._failure.pop()

    def _finish(self, future: Future[Any], temporary: Path, target: Path, manifest: dict[str, Any]) -> None:
        try:
            future.result()
            if not self.runtime.first:
                return
            # the first rank's part ends last: it writes the index when all others have reported
            files = sorted(file for file in temporary.iterdir() if file.is_file())
            listed = {file.name: {"bytes": file.stat().st_size, "blake2b": _checksum(file)} for file in files}
            write_json(temporary / MANIFEST, manifest | {"files": listed})
            sync_tree(temporary)
            take_place(temporary, target)
            sync_folder(target.parent)
            for old in _folders(self.run)[: -self.keep]:
                shutil.rmtree(old, ignore_errors=True)
        except RuntimeError as error:  # torch says nothing better of a disk that is full
            self._failure.append(SpaceError("the checkpoint cannot be written", file=target, found=str(error)[:300]))
        except BaseException as error:
            self._failure.append(error)


def _state(learner: nn.Module, optimiser: Any) -> dict[str, Any]:
    from torch.distributed.checkpoint.state_dict import get_model_state_dict, get_optimizer_state_dict

    warnings.filterwarnings("ignore", message=ALONE)
    state: dict[str, Any] = {"learner": get_model_state_dict(learner)}
    if optimiser is not None:
        state["optimiser"] = get_optimizer_state_dict(learner, optimiser)
    return state


def restore(checkpoint: Checkpoint, learner: nn.Module, optimiser: Any, runtime: Runtime | None) -> None:
    """Puts a checkpoint into a learner (and optimiser, unless None), on as many ranks as there are now.

    Raises:
        UsageError: the checkpoint is of another model.
    """
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.state_dict import (
        StateDictOptions,
        set_model_state_dict,
        set_optimizer_state_dict,
    )

    expected = {f"learner.{name}": list(value.shape) for name, value in learner.state_dict().items()}
    there = _there(checkpoint)
    _compare(checkpoint, there, expected)
    state = _state(learner, optimiser)
    moments = state["optimiser"]["state"] if optimiser is not None else {}
    idle = {name for name in moments if f"optimiser.state.{name}.step" not in there}  # had no gradient until then
    for name in idle:
        del moments[name]
    if runtime is None or runtime.world == 1:
        dcp.load(state, checkpoint_id=checkpoint.path, no_dist=True)
    else:
        dcp.load(state, checkpoint_id=checkpoint.path, process_group=runtime.control)
    set_model_state_dict(learner, state["learner"])
    if optimiser is not None:
        set_optimizer_state_dict(learner, optimiser, state["optimiser"], options=StateDictOptions(strict=not idle))
        for name, parameter in learner.named_parameters():
            if name in idle:
                optimiser.state.pop(parameter, None)


def _there(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a checkpoint holds, by name."""
    from torch.distributed.checkpoint import FileSystemReader

    found: dict[str, Any] = FileSystemReader(checkpoint.path).read_metadata().state_dict_metadata
    return found


def _compare(checkpoint: Checkpoint, there: dict[str, Any], expected: dict[str, list[int]]) -> None:
    """That names and shapes are those of the learner."""
    from torch.distributed.checkpoint.metadata import TensorStorageMetadata

    hint = "start a new run with another --out, or use the config that this run was begun with"
    for name, shape in expected.items():
        entry = there.get(name)
        if entry is None:
            raise UsageError(
                "the checkpoint is of another model", file=checkpoint.path, field=name, found="nothing", hint=hint
            )
        if isinstance(entry, TensorStorageMetadata) and list(entry.size) != shape:
            raise UsageError(
                "the checkpoint is of another model",
                file=checkpoint.path,
                field=name,
                found=list(entry.size),
                expected=shape,
                hint=hint,
            )
