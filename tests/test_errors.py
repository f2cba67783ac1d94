"""What the machine lacks is never booked as a fault of the data; what a decoder says of damaged data is no lack."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from xperience.errors import CorruptError, MachineError, SpaceError, let_through


def raised(outer: BaseException, inner: BaseException | None = None) -> BaseException:
    try:
        raise outer from inner
    except BaseException as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        SpaceError("cannot write"),
        OSError(errno.EMFILE, "too many open files"),
        OSError(errno.ENOSPC, "no room"),
        OSError(errno.EIO, "no answer"),
        MemoryError(),
        raised(CorruptError("cannot be opened"), OSError(errno.EMFILE, "too many open files")),
        raised(CorruptError("x"), raised(OSError("y"), SpaceError("cannot write"))),
    ],
)
def test_what_the_machine_lacks_is_let_through(error: BaseException) -> None:
    with pytest.raises(MachineError):
        let_through(error)


@pytest.mark.parametrize(
    "error",
    [
        CorruptError("cannot be decoded"),
        OSError("Unable to open file"),
        OSError(errno.ENOENT, "no such file"),
        raised(CorruptError("dataset cannot be read"), MemoryError()),
        raised(CorruptError("cannot be decoded"), OSError(errno.EIO, "damaged")),
        raised(CorruptError("cannot be decoded"), OSError(errno.ENOMEM, "a size that cannot be")),
    ],
)
def test_what_a_reader_says_of_a_file_stays_the_files(error: BaseException) -> None:
    let_through(error)


def _full(*words: Any, **more: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _no_files(*words: Any, **more: Any) -> Any:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def test_a_check_on_a_full_disk_judges_nobody_and_remembers_nothing(
    episode_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xperience.quality import evidence, gate

    monkeypatch.setattr(evidence, "replacing", _full)
    with pytest.raises(MachineError):
        gate.examine(episode_path, cache=tmp_path / "cache")


@pytest.mark.parametrize("what", ["catalogue", "shard", "features"])
def test_too_many_open_files_set_no_recording_aside(
    what: str, episodes_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xperience.corpus.catalogue import build
    from xperience.episode import annotation
    from xperience.prepare.extraction import extract_all
    from xperience.prepare.intake import items_of
    from xperience.prepare.plan import Job
    from xperience.prepare.recipe import load_recipe
    from xperience.prepare.shard import make_shard

    items = items_of(episodes_path)
    monkeypatch.setattr(annotation, "_open", _no_files)
    with pytest.raises(MachineError, match="cannot do it now"):
        if what == "catalogue":
            build([str(episodes_path)], tmp_path / "out", show=False)
        elif what == "shard":
            make_shard(tmp_path, Job("train-0", "train", tuple(items[:1])), load_recipe("nano"))
        else:
            extract_all(episodes_path, tmp_path / "out", workers=1, show=False)
    assert not list(tmp_path.rglob("*.json"))
