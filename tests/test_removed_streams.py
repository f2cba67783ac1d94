"""Every command that takes a recording, on recordings that lack one thing each: a video, a group, a dataset."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from without import ANNOTATION, GROUPS, VIDEOS, run, without
from xperience.simulate import campaign

NO_CLOCK = "slam/frame_names+video/device_timestamp"
SINGLE = (
    "slam/quat_wxyz", "slam/trans_xyz", "slam/frame_names", "depth/depth", "depth/confidence", "depth/depth_max",
    "hand_mocap/left_joints_3d", "full_body_mocap/keypoints", "full_body_mocap/contacts", "imu/gyro_xyz",
    "imu/keyframe_indices", "calibration/cam0/K", "calibration/cam01/baseline",
)  # fmt: skip
WHOLE = ("nothing", "all videos", "fisheye_cam0.mp4", "stereo_left.mp4", *GROUPS, NO_CLOCK)
PARTS = (*WHOLE, *SINGLE)

STREAMS = {
    "depth": {"depth"},
    "depth/depth": {"depth"},
    "imu": {"imu"},
    "imu/gyro_xyz": {"imu"},
    "hand_mocap": {"hand_left", "hand_right"},
    "hand_mocap/left_joints_3d": {"hand_left"},
    "full_body_mocap": {"body", "contacts"},
    "full_body_mocap/contacts": {"contacts"},
    "slam": {"pose", "point_cloud"},
    "slam/trans_xyz": {"pose"},
    "calibration": {"calibration"},
    "caption": {"caption"},
    "stereo_left.mp4": {"stereo_left"},
    "all videos": {*(file[:-4] for file in VIDEOS), "audio"},
    "nothing": set(),
}
"""What a recording lacks where a part of its files is removed."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    jobs = campaign.plan(campaign.Recipe(seconds=2.0, width=64, seed=1, sessions=1), 1)
    return campaign.run(tmp_path_factory.mktemp("whole"), jobs, workers=1)[0]


@pytest.fixture(scope="module")
def episodes(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folder of the recording without each part, by part; all of one session."""
    session = tmp_path_factory.mktemp("removed") / "session"
    return {part: without(recording, session / f"ep{k}", part) for k, part in enumerate(PARTS, 1)}


@pytest.fixture(scope="module")
def root(episodes: dict[str, Path]) -> Path:
    return episodes["nothing"].parents[1]


@pytest.fixture(scope="module")
def checked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of `xperience check` on all of them, with its page."""
    out = tmp_path_factory.mktemp("checked")
    code, said = run("check", root, "--out", out)
    assert code in (0, 1), said
    return out


def test_each_gets_a_verdict_and_a_place_on_the_page(checked: Path, episodes: dict[str, Path]) -> None:
    page = (checked / "index.html").read_text(encoding="utf-8")
    for part, folder in episodes.items():
        found = json.loads((checked / f"session__{folder.name}" / "qa.json").read_text(encoding="utf-8"))
        assert found["verdict"] in ("pass", "limited", "fail")
        assert not any("report this" in finding["reason"] for finding in found["findings"]), (part, found["findings"])
        assert f"session__{folder.name}" in page, part
        absent = {name for name, there in found["presence"].items() if not there}
        if part in STREAMS:
            assert absent == STREAMS[part], part
        assert part != NO_CLOCK or found["verdict"] == "fail"


@pytest.mark.parametrize("part", PARTS)
def test_inspect_and_windows(part: str, episodes: dict[str, Path], tmp_path: Path) -> None:
    code, said = run("inspect", episodes[part], "--json")
    assert code == (2 if part == NO_CLOCK else 0), said
    if code == 0:
        streams = json.loads(said)["streams"]
        assert {name for name, facts in streams.items() if facts["presence"] == "absent"} >= STREAMS.get(part, set())
        assert run("inspect", episodes[part])[0] == 0
    assert run("windows", episodes[part], "--out", tmp_path / "windows.csv")[0] == code


def test_features_of_all(root: Path, episodes: dict[str, Path], tmp_path: Path) -> None:
    code, said = run("features", root, "--out", tmp_path)
    assert code == 0, said
    made = {
        part for part, folder in episodes.items() if (tmp_path / f"session__{folder.name}" / "features.npy").is_file()
    }
    assert {*PARTS} - made == {NO_CLOCK}, said


def test_catalogue_of_all(root: Path, checked: Path, episodes: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "catalogue"
    code, said = run("catalog", root, "--out", out, "--quality", checked, "--quiet")
    assert code == 0, said
    for command in (
        ("query", "--catalog", out, "--json", "SELECT episode_id, missing FROM episodes"),
        ("taxonomy", out, "--out", tmp_path / "t.html"),
        ("select", out, "--episodes", "3", "--out", tmp_path / "selection.json"),
        ("split", out, "--by", "episode", "--out", tmp_path / "split.json"),
        ("leakage", out, "--split", tmp_path / "split.json", "--quiet"),
        ("labels", "coverage", out, "--split", tmp_path / "split.json"),
        ("plan", "--catalog", out, "--no-measure"),
    ):
        code, said = run(*command)
        assert code in (0, 1), (command, said)


def test_prepare_all(root: Path, episodes: dict[str, Path], tmp_path: Path) -> None:
    code, said = run("prepare", root, "--out", tmp_path / "out", "--recipe", "nano", "--quiet")
    assert code == 0, said
    from xperience.prepare.shards.reader import Prepared

    ids = set(Prepared.open(tmp_path / "out").ids)
    assert {part for part, folder in episodes.items() if f"session__{folder.name}" not in ids} == {NO_CLOCK}


@pytest.mark.parametrize("part", WHOLE)
def test_benchmark_and_report(part: str, episodes: dict[str, Path], tmp_path: Path) -> None:
    if part == NO_CLOCK:
        assert run("benchmark", episodes[part], "--out", tmp_path / "out", "--quiet")[0] == 2
        return
    code, said = run("benchmark", episodes[part], "--out", tmp_path / "out", "--quiet")
    assert code == 0, said
    code, said = run(
        "report", tmp_path / "out", "--episode", episodes[part], "--out", tmp_path / "p.html", "--no-progress"
    )
    assert code == 0, said


def test_an_imported_trial(tmp_path: Path) -> None:
    """As `xperience import` leaves it: motion, no pictures, depth only where asked for."""
    sys.path.append(str(Path(__file__).parent / "sources"))
    from trials import write_trial

    from xperience.sources.importing import import_recordings
    from xperience.sources.utd_mhad import SOURCE

    for k, depth in enumerate((False, True)):
        import_recordings(SOURCE, write_trial(tmp_path / f"src{k}", depth=depth), tmp_path / f"trials{k}", show=False)
        sweep_one(next((tmp_path / f"trials{k}").rglob(ANNOTATION)).parent, tmp_path / f"out{k}")


def test_the_partial_public_sample(real: Path, tmp_path: Path) -> None:
    sweep_one(without(real / "xperience_sample_partial", tmp_path / "sample" / "ep1", "nothing"), tmp_path / "out")


def test_an_imported_recording_of_aria_glasses(real: Path, tmp_path: Path) -> None:
    pytest.importorskip("projectaria_tools", reason="projectaria-tools is not installed")
    from xperience.sources.aria import SOURCE
    from xperience.sources.importing import import_recordings

    vrs = real / "aria" / "aria_everyday_activities_test_data" / "recording.vrs"
    import_recordings(SOURCE, vrs, tmp_path / "aria", show=False)
    episode = next((tmp_path / "aria").rglob(ANNOTATION)).parent
    sweep_one(episode, tmp_path / "out", refused=("benchmark", "report"))  # its eight frames make no window


def sweep_one(episode: Path, out: Path, refused: tuple[str, ...] = ()) -> None:
    """Every command on one recording: none ends in a traceback; those in `refused` say why they cannot."""
    for command in (
        ("inspect", episode),
        ("check", episode, "--out", out / "checked"),
        ("windows", episode, "--out", out / "windows.csv"),
        ("features", episode, "--out", out / "features"),
        ("benchmark", episode, "--out", out / "benchmark", "--quiet"),
        ("report", out / "benchmark", "--episode", episode, "--out", out / "page.html", "--no-progress"),
        ("catalog", episode.parents[1], "--out", out / "catalogue", "--quality", out / "checked", "--quiet"),
        ("prepare", episode.parents[1], "--out", out / "prepared", "--recipe", "nano", "--quiet"),
    ):
        code, said = run(*command)
        if command[0] in refused:
            assert code == 2 and "error: " in said
        else:
            assert code == 0 or (command[0] == "check" and code == 1), (command, said)
        assert "report this" not in said, said
    assert (out / "checked" / "index.html").is_file()


def test_the_page_reads_nothing_of_a_stream_that_is_absent(
    episodes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from xperience.quality.finding import Finding
    from xperience.quality.recording import Recording
    from xperience.report import quality_page

    def unread(recording: Recording) -> None:
        raise AssertionError("read")

    for modality, part in (("depth", "depth"), ("imu", "imu"), ("hand_left", "hand_mocap"), ("audio", "all videos")):
        monkeypatch.setitem(quality_page.CURVES, modality, quality_page.Curve(unread, ""))  # type: ignore[arg-type]
        finding = Finding("absent", modality, 0.0, 1.0, None, None, "", "limit")
        with Recording.open(episodes[part]) as recording:
            assert quality_page.draw(recording, modality, [finding]) == ""


def test_depth_that_is_absent_is_an_error_of_the_data(episodes: dict[str, Path]) -> None:
    from xperience.episode import Episode
    from xperience.errors import MissingError

    with Episode.open(episodes["depth"]) as recording, pytest.raises(MissingError, match="depth/depth"):
        recording.depth.frames(0, 1)
    with Episode.open(episodes["depth/confidence"]) as recording, pytest.raises(MissingError, match="depth/confidence"):
        recording.depth.confidence(0, 1)
