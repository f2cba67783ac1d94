"""Tables on disk, several workers, damage, interruption, folders of recordings."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_recordings import annotation, assert_equal, episode, mp4, plain
from typer.testing import CliRunner

from alive import all_end
from xperience.cli import app, load
from xperience.errors import CorruptError, FormatError, LimitError, MissingError, UsageError
from xperience.prepare import extraction, pool
from xperience.prepare.extraction import SET_ASIDE, extract, extract_all
from xperience.prepare.features import RUN, load_features

VIDEO = "video_stereo_left"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whole small recording. Copy it before changing it."""
    return episode(tmp_path_factory.mktemp("whole") / "session" / "ep1", 40)


def run(*arguments: object) -> str:
    load(app)
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_table_round_trip(whole: Path, tmp_path: Path) -> None:
    table = extract(whole)
    table.save(tmp_path)
    back = load_features(tmp_path)
    np.testing.assert_array_equal(back.x, table.x)
    np.testing.assert_array_equal(back.presence, table.presence)
    assert (back.blocks, back.present, back.reasons) == (table.blocks, table.present, table.reasons)
    assert (
        back.windows.action_label.tolist() == table.windows.action_label.tolist() == ["pour"] * 2 + [""] + ["sip"] * 2
    )
    manifest = json.loads((tmp_path / "feature_manifest.json").read_text())
    assert [row["name"] for row in manifest] == list(table.blocks)
    assert [manifest[0]["start"], manifest[-1]["end"]] == [0, 8546]
    assert all(a["end"] == b["start"] for a, b in pairwise(manifest))
    info = json.loads((tmp_path / RUN).read_text())
    assert (info["num_windows"], info["dim"], info["fps"]) == (5, 8546, 20.0)
    assert info["episode"] == "session__ep1"


@pytest.mark.parametrize("threads", [False, True], ids=["forked", "spawned"])
def test_workers_give_the_same_bytes(whole: Path, threads: bool) -> None:
    alone, stop = extract(whole), threading.Event()
    if threads:  # a process with threads must not be forked
        threading.Thread(target=stop.wait, daemon=True).start()
    together = extract(whole, workers=3)
    stop.set()
    assert alone.x.tobytes() == together.x.tobytes()
    assert alone.presence.tobytes() == together.presence.tobytes()
    assert alone.manifest() == together.manifest()


@pytest.mark.parametrize("options", [{"workers": 0}, {"frames": 0}, {"stride": 0}])
def test_options_that_are_none(whole: Path, options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        extract(whole, **options)


def test_other_windows(whole: Path) -> None:
    table = extract(whole, frames=10, stride=7)
    assert len(table) == 5
    assert_equal(table, plain(whole, 10, 7))


def test_no_recording(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        extract(tmp_path / "none")
    (tmp_path / "annotation.hdf5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(CorruptError):
        extract(tmp_path)


@pytest.mark.parametrize("limit, most", [("MAX_FRAMES", 39), ("MAX_WINDOWS", 4)])
def test_recordings_without_end_are_refused(
    whole: Path, limit: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extraction, limit, most)
    with pytest.raises(LimitError, match="too long"):
        extract(whole)
    monkeypatch.setattr(extraction, limit, most + 1)
    assert len(extract(whole)) == 5


def test_video_cut_short_keeps_what_is_there(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "s" / "ep1")
    path = folder / "stereo_left.mp4"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    table, full = extract(folder), extract(whole)
    assert table.present[VIDEO] and table.reasons[VIDEO]
    share = table.share(VIDEO)
    assert 0 < share.mean() < 1 and (np.diff(share) <= 0).all()
    np.testing.assert_array_equal(table.block(VIDEO)[share == 1], full.block(VIDEO)[share == 1])
    assert any(problem.field == "stereo_left.mp4" for problem in table.problems)
    others = [name for name in table.blocks if name != VIDEO]
    assert all((table.block(name) == full.block(name)).all() for name in others)


def test_video_goes_on_after_damage(tmp_path: Path) -> None:
    folder = tmp_path / "s" / "ep1"
    folder.mkdir(parents=True)
    annotation(folder / "annotation.hdf5", 60)
    path = folder / "stereo_left.mp4"
    mp4(path, 60, sound_s=0)
    full = extract(folder)
    _spoil_frame(path, 22)
    table = extract(folder)
    assert table.present[VIDEO] and any(p.field == path.name for p in table.problems)
    damaged = (table.windows.start_frame < 30) & (table.windows.end_frame >= 22)
    share = table.share(VIDEO)
    assert (share[~damaged] == 1).all() and (share[damaged] < 1).all()
    np.testing.assert_array_equal(table.block(VIDEO)[~damaged], full.block(VIDEO)[~damaged])


def _spoil_frame(path: Path, number: int) -> None:
    import av

    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][number]
        at, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[at : at + size] = bytes(255 - byte for byte in data[at : at + size])
    path.write_bytes(data)


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_video_that_cannot_be_opened_is_absent(whole: Path, tmp_path: Path, content: bytes) -> None:
    folder = shutil.copytree(whole, tmp_path / "s" / "ep1")
    (folder / "stereo_left.mp4").write_bytes(content)
    table = extract(folder)
    assert not table.present[VIDEO] and table.reasons[VIDEO]
    assert any(problem.field == "stereo_left.mp4" for problem in table.problems)
    assert sum(table.present.values()) == 17


def test_missing_views_are_absent(whole: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(whole, tmp_path / "s" / "ep1")
    (folder / "fisheye_cam0.mp4").unlink()
    table, full = extract(folder), extract(whole)
    assert [name for name, there in table.present.items() if not there] == ["video_fisheye_cam0"]
    assert table.present["audio_fisheye_cam0_aac"], "the other views carry the same sound"
    assert len(full.x[0]) == len(table.x[0])


def test_command_does_finished_work_once(whole: Path, tmp_path: Path) -> None:
    folder, out = shutil.copytree(whole, tmp_path / "s" / "ep1"), tmp_path / "out"
    assert "18 of 18 blocks present" in run("features", folder, "--out", out)
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert "already there" in run("features", folder, "--out", out)
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    (folder / "stereo_left.mp4").unlink()
    assert "17 of 18 blocks present" in run("features", folder, "--out", out)
    assert not load_features(out).present[VIDEO]
    assert "wrote" in run("features", folder, "--out", out, "--stride", "4")


def test_a_folder_of_recordings(whole: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "data", tmp_path / "out"
    for name in ("a/ep1", "a/ep2", "b/ep1"):
        shutil.copytree(whole, root / name)
    (root / "a/ep2/annotation.hdf5").write_bytes(b"broken")
    text = run("features", root, "--out", out, "--workers", "2")
    assert "2 made, 0 already there, 1 set aside" in text
    assert load_features(out / "a__ep1").x.tobytes() == load_features(out / "b__ep1").x.tobytes()
    aside = json.loads((out / SET_ASIDE).read_text())
    assert len(aside) == 1 and "cannot be opened" in next(iter(aside.values()))
    shutil.rmtree(root / "a/ep2")
    outcomes = extract_all(root, out, show=False)
    assert [outcome.state for outcome in outcomes] == ["there", "there"]
    assert not (out / SET_ASIDE).exists()


def test_a_folder_without_a_readable_recording(tmp_path: Path) -> None:
    (tmp_path / "data/a/ep1").mkdir(parents=True)
    with pytest.raises(MissingError):
        run("features", tmp_path / "data", "--out", tmp_path / "out")
    (tmp_path / "data/a/ep1/annotation.hdf5").write_bytes(b"broken")
    with pytest.raises(CorruptError, match="no episode could be read"):
        run("features", tmp_path / "data", "--out", tmp_path / "out")


def test_tables_that_are_not_whole(whole: Path, tmp_path: Path) -> None:
    table = extract(whole)
    with pytest.raises(MissingError):
        load_features(tmp_path)
    table.save(tmp_path)
    (tmp_path / RUN).unlink()
    with pytest.raises(MissingError):
        load_features(tmp_path)
    table.save(tmp_path)
    np.save(tmp_path / "features.npy", table.x[:2])
    with pytest.raises(FormatError, match="belong together"):
        load_features(tmp_path)
    (tmp_path / "features.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(FormatError, match="cannot be read"):
        load_features(tmp_path)


def test_killed_extraction_leaves_no_finished_table_and_no_worker(tmp_path: Path) -> None:
    folder = episode(tmp_path / "s" / "ep1", 100)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "xperience", "features", str(folder), "--out", str(out), "--workers", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    workers: list[int] = []
    while process.poll() is None and len(workers) < 2:
        workers = _children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert len(workers) == 2
    with pytest.raises(MissingError):
        load_features(out)
    assert all_end(workers)
    run("features", folder, "--out", out)
    assert len(load_features(out)) == 17


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_a_block_that_kills_its_worker_is_set_aside(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_context", lambda: multiprocessing.get_context("fork"))
    work = pool.Job.run

    def deadly(job: pool.Job, *arguments: Any) -> Any:
        if job.name == VIDEO and "b" in job.path.parts:
            os._exit(9)
        return work(job, *arguments)

    monkeypatch.setattr(pool.Job, "run", deadly)
    for session in "abcd":
        shutil.copytree(whole, tmp_path / "data" / session / "ep1")
    outcomes = extract_all(tmp_path / "data", tmp_path / "out", workers=2, show=False)
    assert {outcome.episode: outcome.present for outcome in outcomes} == {
        "a__ep1": 18, "b__ep1": 17, "c__ep1": 18, "d__ep1": 18,
    }  # fmt: skip
    table = load_features(tmp_path / "out" / "b__ep1")
    assert not table.present[VIDEO] and "died" in table.reasons[VIDEO]
