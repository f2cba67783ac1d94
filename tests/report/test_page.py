"""The page: whole, self-contained, honest about what is absent, and safe with hostile text."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import h5py
import pytest

from xperience.benchmark.summary import load_summary
from xperience.episode import Episode
from xperience.errors import MissingError, UsageError
from xperience.report import page

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Tags, attributes and text of a page; asserts that every tag is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, f"</{tag}> inside {self.open[-5:]}"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture
def whole(episode_path: Path, run_folder: Path, tmp_path: Path) -> Path:
    with Episode.open(episode_path) as episode:
        return page.build(episode, tmp_path / "page.html", run_folder, show=False)


def test_it_asks_the_network_for_nothing(whole: Path) -> None:
    html = whole.read_text()
    made = Page(html)
    for tag, attributes in made.tags:
        for name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), f"<{tag} {name}={value[:60]}>"
    style = html.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    policy = next(
        a["content"] for t, a in made.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and "default-src 'none'" in policy and "img-src data:" in policy
    assert whole.stat().st_size < 8e6


def test_every_stream_has_its_picture(whole: Path) -> None:
    made = Page(whole.read_text())
    for title in (
        "Fisheye views", "Stereo pair", "Depth and confidence", "Language", "Hands", "Body", "Path of the headset",
        "Map points", "Inertial sensor", "Sound", "Contacts", "Cameras on the headset",
    ):  # fmt: skip
        assert title in made.text
    assert "Not in this recording" not in made.text
    labels = [a.get("aria-label") or "" for t, a in made.tags if t == "svg"]
    for view in ("fisheye_cam0", "fisheye_cam3", "stereo_left", "stereo_right"):
        assert any(label.startswith(f"{view} at ") for label in labels)
    pictures = [a for t, a in made.tags if t in ("image", "img")]
    assert len(pictures) >= 8


def test_scores_stand_beside_baselines_and_intervals(whole: Path, run_folder: Path) -> None:
    made = Page(whole.read_text())
    for task in load_summary(run_folder).tasks.values():
        assert task.name in made.text and task.question in made.text
        if task.status != "measured":
            assert task.reason in made.text
    assert "0.400 to 0.420" in made.text and "simulated, 1 recording, 1 session" in made.text
    assert "measured: test and training within one recording" in made.text
    assert "25%" in made.text and "windows overlap" in made.text
    assert "xperience benchmark ep1 --out out" in made.text
    strips = [a for t, a in made.tags if t == "div" and a.get("class") == "strip"]
    assert len(strips) == 5, "each task shows a case with its pictures"
    assert any(a.get("aria-label") == "true and predicted paths of both wrists" for _, a in made.tags)


def test_hostile_text_stays_text(episode_path: Path, run_folder: Path, tmp_path: Path) -> None:
    attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}\u202e"
    copy = tmp_path / "session" / "ep1"
    shutil.copytree(episode_path, copy)
    with h5py.File(copy / "annotation.hdf5", "a") as file:
        value = file["caption"][()]
        caption = json.loads(value)
        caption["config"]["Main Task"] = attack
        caption["global_summary"] = attack
        for segment in caption["segments"]:
            segment["Sub Task"] = attack
            for action in segment["Current Action"]:
                action["label"] = attack + action["label"]
            segment["interaction"] = dict.fromkeys(segment.get("interaction", {}), attack * 50)
            segment["objects"] = {time: [attack] * 40 for time in segment.get("objects", {})}
        del file["caption"]
        file["caption"] = json.dumps(caption)
    with Episode.open(copy) as episode:
        html = page.build(episode, tmp_path / "page.html", run_folder, show=False).read_text()
    made = Page(html)
    scripts = [a for t, a in made.tags if t == "script"]
    assert len(scripts) == 1
    assert not any(name.startswith("on") for _, a in made.tags for name in a)
    assert attack[:40] in made.text
    assert "49" not in made.text.split(attack[:40])[1][:60]


def test_absent_streams_are_named_with_the_reason(episode_path: Path, tmp_path: Path) -> None:
    bare = tmp_path / "session" / "ep1"
    bare.mkdir(parents=True)
    shutil.copy(episode_path / "annotation.hdf5", bare)
    with h5py.File(bare / "annotation.hdf5", "a") as file:
        for name in ("calibration", "depth", "imu", "full_body_mocap", "hand_mocap", "slam/point_cloud", "caption"):
            del file[name]
    with Episode.open(bare) as episode:
        made = Page(page.build(episode, tmp_path / "page.html", show=False).read_text())
    after = made.text.split("Not in this recording")[1]
    for title in ("Fisheye views", "Stereo pair", "Depth and confidence", "Body", "Hands", "Sound", "Contacts"):
        assert title in after
    assert "depth/depth is not in the file" in after
    assert "no action labels" in made.text
    assert "Scores" not in made.text, "without a run there is no table"


def test_a_damaged_video_costs_only_its_picture(episode_path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "session" / "ep1"
    shutil.copytree(episode_path, copy)
    (copy / "fisheye_cam1.mp4").write_bytes(b"\0" * 1000)
    with Episode.open(copy) as episode:
        made = Page(page.build(episode, tmp_path / "page.html", show=False).read_text())
    labels = [a.get("aria-label") or "" for t, a in made.tags if t == "svg"]
    assert any(label.startswith("fisheye_cam0 at ") for label in labels)
    assert not any(label.startswith("fisheye_cam1 at ") for label in labels)


def test_a_missing_run_and_a_missing_frame_are_user_errors(episode_path: Path, tmp_path: Path) -> None:
    with Episode.open(episode_path) as episode:
        with pytest.raises(MissingError):
            page.build(episode, tmp_path / "page.html", tmp_path, show=False)
        with pytest.raises(UsageError, match="no such frame"):
            page.build(episode, tmp_path / "page.html", frame=10**6, show=False)
    assert not (tmp_path / "page.html").exists()


def test_the_real_sample_without_video(real: Path, tmp_path: Path) -> None:
    with Episode.open(real / "xperience_sample_partial") as episode:
        made = Page(page.build(episode, tmp_path / "page.html", show=False).read_text())
    assert "18 action labels over the recording" in made.text
    assert made.text.count("boundaries, as labelled") == 1
    ticks = [a for t, a in made.tags if (a.get("class") or "").startswith("tick") and a.get("data-tip")]
    assert len(ticks) == 17
    absent = made.text.split("Not in this recording")[1]
    assert "Fisheye views" in absent and "Hands" not in absent.split("What happens")[0]
