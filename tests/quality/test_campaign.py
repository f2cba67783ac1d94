"""`xperience check` as a user meets it: files, exit status, interruptions, bad episodes among good ones, copies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import jsonschema
import pyarrow.parquet as pq
import pytest

from xperience.errors import MachineError, MissingError, SpaceError
from xperience.quality import campaign, copies, crew
from xperience.quality.campaign import check_all, find_episodes
from xperience.quality.finding import Finding, Offset
from xperience.quality.gate import Quality, load, subtract, unreadable
from xperience.quality.registry import all_checks

NUMBER = {"type": ["number", "null"]}
SCHEMA = {
    "type": "object",
    "required": ["episode", "verdict", "findings", "sync", "sync_score", "valid_ranges"],
    "properties": {
        "episode": {"type": "string"},
        "verdict": {"enum": ["pass", "limited", "fail"]},
        "findings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["check", "modality", "start_s", "end_s", "value", "threshold", "reason"],
                "properties": {
                    "check": {"type": "string"},
                    "modality": {"type": "string"},
                    "start_s": {"type": "number"},
                    "end_s": {"type": "number"},
                    "value": NUMBER,
                    "threshold": NUMBER,
                    "reason": {"type": "string", "minLength": 3},
                },
            },
        },
        "sync": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["a", "b", "offset_s", "std_s", "drift_ppm", "status"],
                "properties": {
                    "a": {"type": "string"},
                    "b": {"type": "string"},
                    "offset_s": NUMBER,
                    "std_s": NUMBER,
                    "drift_ppm": NUMBER,
                    "status": {"enum": ["measured", "undetermined"]},
                },
            },
        },
        "sync_score": NUMBER,
        "valid_ranges": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            },
        },
    },
}

COLUMNS = {
    "episode", "path", "verdict", "duration_s", "sync_score", "findings", "checks", "modalities", "sync",
    "valid_ranges", "missing", "usable_common_s",
}  # fmt: skip


@pytest.fixture
def root(episodes_path: Path, tmp_path: Path) -> Path:
    """A copy of the four simulated recordings, without what really happened."""
    return shutil.copytree(episodes_path, tmp_path / "data", ignore=shutil.ignore_patterns("_*"))


@pytest.fixture
def out(digests: Path, tmp_path: Path) -> Path:
    """An output folder that knows the digests of the simulated videos already."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "digests").symlink_to(digests)
    return tmp_path / "out"


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """check(*arguments) runs `xperience check` here and gives exit status, output and errors."""
    from xperience import cli

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["xperience", "check", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run


def written(out: Path) -> dict[str, dict]:
    """qa.json by folder."""
    return {file.parent.name: json.loads(file.read_text()) for file in sorted(out.glob("*/qa.json"))}


def test_good_recordings_pass(check: Callable[..., tuple[int, str, str]], root: Path, out: Path) -> None:
    code, text, _ = check(root, "--out", out, "--workers", 2)
    assert code == 0 and "4 pass, 0 limited, 0 fail" in text
    found = written(out)
    assert set(found) == {f"{path.parent.name}__{path.name}" for path in root.glob("*/ep*")}
    for name, qa in found.items():
        jsonschema.validate(qa, SCHEMA)
        assert qa["episode"] == name and qa["verdict"] == "pass" and qa["findings"] == []
        assert {o["status"] for o in qa["sync"]} <= {"measured", "undetermined"} and len(qa["sync"]) > 10
        assert qa["valid_ranges"]["imu"] == [[0.0, qa["duration_s"]]]
    table = pq.read_table(out / "qa.parquet")
    assert set(table.column_names) == COLUMNS and table.num_rows == 4
    assert table["verdict"].to_pylist() == ["pass"] * 4 and min(table["sync_score"].to_pylist()) > 0.8
    assert json.loads((out / "missing_views.json").read_text()) == {}
    page = (out / "index.html").read_text()
    assert all(name in page for name in found) and "http://" not in page.replace("http://www.w3.org", "")

    times = {path: path.stat().st_mtime_ns for path in out.glob("*/qa.json")}
    begin = time.perf_counter()
    assert check(root, "--out", out, "--no-page")[0] == 0
    assert time.perf_counter() - begin < 2
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/qa.json")} == times  # nothing was done again

    victim = sorted(root.glob("*/ep1"))[0]
    with h5py.File(victim / "annotation.hdf5", "r+") as file:
        file["imu/accel_xyz"][...] *= 2
    assert check(root, "--out", out, "--no-page")[0] == 0
    changed = [path.parent.name for path, then in times.items() if path.stat().st_mtime_ns != then]
    assert changed == [f"{victim.parent.name}__ep1"]
    assert written(out)[changed[0]]["verdict"] == "limited"


def test_bad_recordings_among_good_ones(check: Callable[..., tuple[int, str, str]], root: Path, out: Path) -> None:
    garbage, bare, blind, good = sorted(root.glob("*/ep*"))
    (garbage / "annotation.hdf5").write_bytes(b"nothing of use" * 99)
    (bare / "annotation.hdf5").unlink()
    for view in ("fisheye_cam1", "stereo_left"):
        (blind / f"{view}.mp4").unlink()
    code, text, _ = check(root, "--out", out, "--workers", 2)
    assert code == 1 and "1 pass, 1 limited, 2 fail" in text
    found = {path: written(out)[f"{path.parent.name}__{path.name}"] for path in (garbage, bare, blind, good)}
    assert [qa["verdict"] for qa in found.values()] == ["fail", "fail", "limited", "pass"]
    for qa in found.values():
        jsonschema.validate(qa, SCHEMA)
    assert "HDF5" in found[garbage]["findings"][0]["reason"] and found[garbage]["sync"] == []
    assert "no annotation file" in found[bare]["findings"][0]["reason"]
    missing = json.loads((out / "missing_views.json").read_text())
    assert missing[found[blind]["episode"]] == {"views": ["fisheye_cam1", "stereo_left"], "streams": []}
    assert missing[found[bare]["episode"]]["views"] == [] and "pose" in missing[found[bare]["episode"]]["streams"]
    assert found[good]["episode"] not in missing
    assert found[blind]["valid_ranges"]["stereo_left"] == [] and found[blind]["valid_ranges"]["pose"]
    table = pq.read_table(out / "qa.parquet").to_pylist()
    assert {row["episode"]: row["verdict"] for row in table} == {qa["episode"]: qa["verdict"] for qa in found.values()}
    assert (out / "index.html").is_file()


def test_what_cannot_run(check: Callable[..., tuple[int, str, str]], tmp_path: Path, root: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "none"):
        code, _, error = check(path, "--out", tmp_path / "out")
        assert code == 2 and "no episode here" in error
    assert check(root, "--out", tmp_path / "out", "--workers", 0)[0] == 2
    (tmp_path / "file").write_text("in the way")
    assert check(root, "--out", tmp_path / "file" / "out")[0] == 2
    with pytest.raises(MissingError):
        find_episodes(tmp_path / "empty")


def test_one_episode_or_its_file(root: Path, out: Path) -> None:
    folder = sorted(root.glob("*/ep1"))[0]
    for path in (folder, folder / "annotation.hdf5"):
        assert [q.episode for q in check_all(path, out, show=False)] == [f"{folder.parent.name}__ep1"]


def test_hidden_folders_are_not_entered_and_a_link_back_up_gives_nothing_twice(root: Path) -> None:
    episodes = find_episodes(root)
    shutil.copytree(episodes[0], root / "_truth" / "x" / "ep1")
    shutil.copytree(episodes[0], root / ".trash" / "ep1")
    (root / "again").symlink_to(root, target_is_directory=True)
    assert find_episodes(root) == episodes


# -- copies ------------------------------------------------------------------------------------------------------


def test_copies_are_found(root: Path, out: Path) -> None:
    first, second, third, fourth = sorted(root.glob("*/ep*"))
    shutil.copytree(first, root / "z" / first.parent.name / first.name)  # the same id, the same content
    shutil.copytree(second, root / "z" / "other" / "ep7")  # another id
    with h5py.File(third / "annotation.hdf5") as source, h5py.File(fourth / "annotation.hdf5", "r+") as target:
        for name in ("accel_xyz", "gyro_xyz"):
            target[f"imu/{name}"][...] = source[f"imu/{name}"][()]
    shutil.copyfile(third / "stereo_left.mp4", fourth / "stereo_left.mp4")
    for _ in range(2):  # the second time, all is there already
        qualities = {Path(q.path).relative_to(root).as_posix(): q for q in check_all(root, out, show=False)}
        said = {
            path: sorted((f.modality, f.effect) for f in quality.findings if f.check == "ids")
            for path, quality in qualities.items()
        }
        parts = [("imu", "limit"), ("stereo_left", "limit")]
        assert said == {
            first.relative_to(root).as_posix(): [],
            second.relative_to(root).as_posix(): [],
            third.relative_to(root).as_posix(): parts,
            fourth.relative_to(root).as_posix(): parts,
            f"z/{first.parent.name}/{first.name}": [("files", "fail"), ("files", "fail")],
            "z/other/ep7": [("files", "fail")],
        }
        assert len(written(out)) == 6
    shutil.rmtree(root / "z")
    qualities = {q.path: q for q in check_all(root, out, show=False)}
    assert all(f.modality != "files" for q in qualities.values() for f in q.findings if f.check == "ids")


def quality(name: str, content: dict[str, str]) -> Quality:
    return Quality(name, f"/{name}", {}, 10.0, content=content)


def test_marks_are_replaced_not_added() -> None:
    three = [quality("a", {"imu": "1", "pose": "2"}), quality("b", {"imu": "1"}), quality("c", {"imu": "3"})]
    for _ in range(3):
        copies.mark(three)
        assert [len(q.findings) for q in three] == [0, 1, 0]
    copies.mark(three[1:])
    assert [len(q.findings) for q in three[1:]] == [0, 0]
    nothing = [quality("a", {}), quality("b", {})]
    copies.mark(nothing)
    assert not nothing[0].findings and not nothing[1].findings


# -- processes ---------------------------------------------------------------------------------------------------


def work(path: Path, folder: Path) -> None:
    """Stands for the examination of an episode."""
    if "dies" in path.name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "full" in path.name:
        raise SpaceError("cannot write", file=path)
    time.sleep(0.05)
    (folder / path.name).write_text("done")


@pytest.mark.parametrize("workers", [1, 3])
def test_a_process_that_dies_takes_nothing_with_it(workers: int, tmp_path: Path) -> None:
    jobs = {Path(name): (tmp_path,) for name in ("a", "dies", "b", "c", "dies-too", "d")}
    ended = dict(crew.work_through(jobs, work, workers, preload="xperience.quality.gate"))
    assert {str(path) for path, trouble in ended.items() if not trouble} == {"a", "b", "c", "d"}
    assert all("SIGSEGV" in trouble for path, trouble in ended.items() if "dies" in path.name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]


def test_a_full_disk_stops_all(tmp_path: Path) -> None:
    jobs = {Path(name): (tmp_path,) for name in ("a", "full", *map(str, range(50)))}
    with pytest.raises(SpaceError, match="cannot write"):
        list(crew.work_through(jobs, work, 2, preload="xperience.quality.gate"))
    assert len(list(tmp_path.iterdir())) < 50


@pytest.mark.parametrize("times", [1, 9])
def test_a_recording_whose_process_is_killed_is_looked_into_again_and_never_judged_for_it(
    times: int, episodes_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed once: it is done again. Killed always: no verdict, an error at the end, and the others are done."""
    folders = find_episodes(episodes_path)
    said: list[str] = []

    def ended(jobs: dict[Path, Any], call: Any, workers: int, preload: str) -> Iterator[tuple[Path, str]]:
        for path, words in jobs.items():
            if path == folders[0] and len(said) < times:
                said.append("killed")
                yield path, f"{crew.KILLED} (SIGKILL): memory ran out, or somebody ended it"
                continue
            campaign._write(path, words[0], unreadable(path, "stands for a judgement"))
            yield path, ""

    monkeypatch.setattr(crew, "work_through", ended)
    if times == 1:
        assert len(campaign.check_all(episodes_path, tmp_path, show=False)) == len(folders)
        return
    with pytest.raises(MachineError, match="could not be looked into"):
        campaign.check_all(episodes_path, tmp_path, show=False)
    assert len(list(tmp_path.glob("*/qa.json"))) == len(folders) - 1
    assert len(pq.read_table(tmp_path / "qa.parquet")) == len(folders) - 1


# -- what is said ------------------------------------------------------------------------------------------------


def finding(modality: str, start: float, end: float, effect: str = "limit") -> Finding:
    return Finding("pose", modality, start, end, 1.0, 0.5, "wrong", effect)  # type: ignore[arg-type]


def test_verdicts_and_valid_ranges() -> None:
    presence = {"pose": True, "imu": True, "depth": False}
    q = Quality("e", "/e", presence, 10.0, [finding("pose", 2, 3), finding("pose", 2.5, 4), finding("imu", 9, 12)])
    assert q.verdict == "limited"
    assert q.valid_ranges() == {"pose": [(0.0, 2), (4, 10.0)], "imu": [(0.0, 9)], "depth": []}
    q.findings.append(finding("clock", 0, 1, "fail"))
    assert q.verdict == "fail"
    assert q.valid_ranges()["imu"] == [(1, 9)]
    assert Quality("e", "/e", presence, 10.0).verdict == "pass"


def test_subtraction_of_intervals() -> None:
    assert subtract((0, 10), []) == [(0, 10)]
    assert subtract((0, 10), [(0, 10)]) == []
    assert subtract((0, 10), [(-5, 2), (1, 3), (9, 20)]) == [(3, 9)]
    assert subtract((0, 10), [(11, 12), (4, 4)]) == [(0, 4), (4, 10)]


def test_sync_scores() -> None:
    offsets = [
        Offset("imu", "pose", 0.001, 0.001, 0.0, "measured"),
        Offset("pose", "fisheye_cam0", -0.05, 0.001, None, "measured"),
        Offset.undetermined("motion", "audio", "quiet"),
    ]
    assert Quality("e", "/e", {}, 1.0, [], offsets).sync_score == pytest.approx(0.5)
    assert Quality("e", "/e", {}, 1.0, [], offsets[:1]).sync_score == pytest.approx(1.0, abs=0.01)
    assert Quality("e", "/e", {}, 1.0, [], offsets[2:]).sync_score is None


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    offsets = [Offset("imu", "pose", 0.1, float("nan"), 3.0, "measured"), Offset.undetermined("a", "b", "still")]
    q = Quality("e", "/e", {"pose": True}, 3.0, [finding("pose", 0, 2)], offsets, {"pose": "x"})
    text = json.dumps(q.to_json(), allow_nan=False)
    (tmp_path / "qa.json").write_text(text)
    assert json.dumps(load(tmp_path / "qa.json").to_json()) == text


def test_checks_have_names_of_their_own() -> None:
    names = [check.name for check in all_checks()]
    assert names == sorted(set(names)) and len(names) >= 20
