"""Results are whole or not there, at whatever moment the process stops, and on the disk before they have their name."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xperience import storage
from xperience.errors import SpaceError
from xperience.storage import replacing


class Stop(BaseException):
    """The process ends here: nothing that runs afterwards counts."""


def write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        (temporary / "inner").mkdir(parents=True)
        (temporary / "a").write_text(text)
        (temporary / "inner" / "b").write_text(text)


def content(path: Path) -> str | None:
    """What a folder says; None where there is none. Half a folder fails."""
    if not path.exists():
        return None
    texts = {(path / "a").read_text(), (path / "inner" / "b").read_text()}
    assert len(texts) == 1
    return texts.pop()


STOPPING = """
    import os, shutil, sys
    from pathlib import Path
    from xperience import storage

    path, step, exchange = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "exchange"
    calls = 0

    def counted(call):
        def stopping(*words, **more):
            global calls
            calls += 1
            if calls == step:
                os._exit(9)
            return call(*words, **more)
        return stopping

    for name in ("replace", "fsync", "rmdir", "unlink", "open"):
        setattr(os, name, counted(getattr(os, name)))
    storage._exchange = counted(storage._exchange) if exchange else lambda one, other: False
    with storage.replacing(path) as temporary:
        (temporary / "inner").mkdir(parents=True)
        (temporary / "a").write_text("new")
        (temporary / "inner" / "b").write_text("new")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the exchange is Linux's")
@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_a_process_that_ends_at_any_step_leaves_the_old_or_the_new(tmp_path: Path, way: str) -> None:
    states, step = [], 0
    while True:
        step += 1
        path = tmp_path / str(step) / "result"
        write(path, "old")
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(STOPPING), str(path), str(step), way])
        if way == "aside" and not path.exists():  # the moment between two renames: the next call puts it back
            storage._put_back(path)
        states.append(content(path))
        assert states[-1] in ("old", "new"), f"stopped at call {step}"
        write(path, "newer")
        assert content(path) == "newer" and not (path.parent / ".result.old").exists()
        if done.returncode == 0:
            break
        assert done.returncode == 9
    assert states == sorted(states, reverse=True) and states[0] == "old" and len(states) > 8


def test_everything_is_on_the_disk_before_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str]] = []
    fsync, replace, exchange = os.fsync, os.replace, storage._exchange

    def name(handle: int) -> str:
        return Path(f"/proc/self/fd/{handle}").readlink().name

    monkeypatch.setattr(os, "fsync", lambda handle: (said.append(("sync", name(handle))), fsync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (said.append(("name", Path(b).name)), replace(a, b))[1])
    monkeypatch.setattr(storage, "_exchange", lambda a, b: (said.append(("name", b.name)), exchange(a, b))[1])
    for _ in range(2):  # where there is nothing yet, and in the place of the old one
        said.clear()
        write(tmp_path / "result", "text")
        named = said.index(("name", "result"))
        assert {one for kind, one in said[:named] if kind == "sync"} >= {"a", "b", "inner"}
        assert said[named + 1 :] == [("sync", tmp_path.name)]
    said.clear()
    storage.write_text(tmp_path / "file", "text")
    assert said[1:] == [("name", "file"), ("sync", tmp_path.name)] and said[0][0] == "sync"


def test_an_error_leaves_the_old_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "result", "old")
    with pytest.raises(Stop), replacing(tmp_path / "result") as temporary:
        temporary.mkdir()
        raise Stop
    monkeypatch.setattr(storage, "_exchange", lambda one, other: False)
    replace, calls = os.replace, []

    def second_fails(one: Any, other: Any) -> None:
        calls.append(one)
        if len(calls) == 2:
            raise OSError(errno.EIO, "no answer")
        replace(one, other)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(SpaceError):
        write(tmp_path / "result", "new")
    assert content(tmp_path / "result") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["result"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE])
def test_what_the_outputs_side_lacks_is_said_as_that(tmp_path: Path, number: int) -> None:
    def full(path: Path) -> None:
        raise OSError(number, os.strerror(number))

    act: Callable[[Path], None] = full
    with pytest.raises(SpaceError), replacing(tmp_path / "x") as temporary:
        act(temporary)


def test_a_link_in_the_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "kept")
    (tmp_path / "result").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    storage.write_text(tmp_path / "result", "text")
    assert not (tmp_path / "result").is_symlink() and content(tmp_path / "elsewhere") == "kept"
    shutil.rmtree(tmp_path / "elsewhere")
