"""The atlas of episodes: balance figures by hand, groups of a split, hostile labels, both ends of the size range."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from xperience.cli import app, load
from xperience.corpus.row import EpisodeRow, episode_table
from xperience.episode.cameras import VIEWS as VIEW_NAMES
from xperience.errors import FormatError, MissingError, UsageError
from xperience.report import taxonomy_page
from xperience.report.taxonomy import drawings
from xperience.report.taxonomy.facets import count, cross
from xperience.report.taxonomy.groups import coverage, groups
from xperience.report.taxonomy.streams import streams

VIEWS = ["fisheye_cam0", "fisheye_cam1", "stereo_left"]


def row(k: int, session: str = "s0", **known: Any) -> EpisodeRow:
    """The k-th episode of a session, unknown in all that is not given."""
    return EpisodeRow(**{"episode_id": f"{session}__ep{k}", "session": session, "source": "x", **known})


def rich(n: int) -> list[EpisodeRow]:
    """Episodes with labels that fall off as in real corpora."""
    rng = np.random.default_rng(3)
    activities = ["cook rice", "clean a table", "fold laundry", "sort puzzle pieces"]
    out = []
    for k in range(n):
        lost = ["pose", "body"] if k % 9 == 4 else []
        out.append(
            row(
                k,
                f"session{k // 4}",
                bytes=int(2e9 + 1e6 * k),
                duration_s=200.0 + k % 50,
                complete=not lost,
                present=[name for name in (*VIEWS, "pose", "body", "imu") if name not in lost],
                missing=lost,
                main_task=f"Task {k % 7}",
                activity=activities[min(int(rng.zipf(1.6)) - 1, 3)],
                place=["kitchen", "garden"][k % 2],
                verbs=["pick", "place"][: 1 + k % 2],
                nouns=["cup"],
                actions=["Pick cup"],
                objects=[f"cup {k % 5}", "table"],
                verdict="pass",
                sync_score=0.5 + k % 5 / 10,
            )
        )
    return out


class _Page(HTMLParser):
    """Elements with their attributes, and the contents of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)


def test_counts_evenness_and_effective_number_by_hand() -> None:
    rows = [row(k, activity=name, duration_s=10.0 * (k + 1)) for k, name in enumerate(["a", "a", "b", "c"])]
    facet = count("activity", [*rows, row(9, activity="  ")], [0, 0, 0, 1, 1], 2)
    assert [(v.label, v.episodes, v.seconds, v.by_group) for v in facet.values] == [
        ("a", 2, 30.0, (2, 0)),
        ("b", 1, 30.0, (1, 0)),
        ("c", 1, 40.0, (0, 1)),
    ]
    entropy = 0.5 * np.log(2) + 0.5 * np.log(4)
    assert facet.effective == pytest.approx(np.exp(entropy))
    assert facet.evenness == pytest.approx(entropy / np.log(3))
    assert (facet.largest, facet.once, facet.known, facet.unknown) == (0.5, 2, 4, 1)
    assert facet.of_row == ((0,), (0,), (1,), (2,), ())


def test_even_values_have_evenness_one_and_one_value_has_none() -> None:
    even = count("place", [row(k, place=f"p{k % 4}") for k in range(8)], [0] * 8, 1)
    assert even.effective == pytest.approx(4)
    assert even.evenness == pytest.approx(1)
    assert count("place", [row(0, place="x")], [0], 1).evenness is None
    assert count("place", [row(0)], [0], 1).values == ()


def test_a_cross_table_counts_episodes_that_have_both() -> None:
    rows = [row(0, activity="a", objects=["x", "y", "x"]), row(1, activity="a", objects=["y"]), row(2, objects=["y"])]
    a, b = count("activity", rows, [0] * 3, 1), count("object", rows, [0] * 3, 1)
    assert [v.label for v in b.values] == ["y", "x"]
    assert cross(a, b, 5, 5).tolist() == [[2, 1]]


def test_missing_patterns_group_alike_episodes_and_keep_unknown_apart() -> None:
    rows = [
        row(0, present=["imu", "stereo_left"]),
        row(1, present=["stereo_left", "imu"]),
        row(2, present=["stereo_left"], missing=["imu"]),
        row(3, missing_views=["stereo_left"]),
    ]
    found = streams(rows)
    assert found.names == ("stereo_left", "imu")
    assert [(p.states, p.episodes, p.missing) for p in found.patterns] == [
        ("pp", 2, ()),
        ("mu", 1, ("stereo_left",)),
        ("pm", 1, ("imu",)),
    ]
    assert found.of_row == (0, 0, 2, 1)
    assert found.counts("m") == [1, 1] and found.counts("u") == [0, 1]


def test_of_a_listed_episode_the_views_are_known() -> None:
    rows = [row(0, complete=True), row(1, complete=False, missing_views=["stereo_left"]), row(2)]
    found = streams(rows)
    assert found.names == VIEW_NAMES
    left = VIEW_NAMES.index("stereo_left")
    states = [found.patterns[k].states for k in found.of_row]
    assert states == ["pppppp", "p" * left + "m" + "p" * (5 - left), "uuuuuu"]


def test_a_split_gives_groups_and_says_what_train_has_not_seen(tmp_path: Path) -> None:
    rows = [row(k, activity=name) for k, name in enumerate("aabbcd")]
    ids = [r.episode_id for r in rows]
    file = tmp_path / "split.json"
    file.write_text(json.dumps({"train": ids[:3], "val": [], "test": [ids[3], ids[4], "gone__ep1"]}))
    found = groups(ids, file, None)
    assert found.names == ("train", "test", "not chosen")
    assert found.sizes == [3, 2, 1] and found.absent == 1
    train, test = coverage(count("activity", rows, found.of_row, 3), found)
    assert train.covered == pytest.approx(2 / 4) and train.unseen is None
    assert test.unseen == pytest.approx(1 / 2)  # b is known from train, c is not
    assert test.distance == pytest.approx(np.abs(np.array([0, 0.5, 0.5, 0]) - np.array([2, 2, 1, 1]) / 6).sum() / 2)


@pytest.mark.parametrize("shape", ["list", "objects", "key"])
def test_a_selection_may_be_a_list_or_objects(tmp_path: Path, shape: str) -> None:
    ids = ["s__ep1", "s__ep2"]
    data: Any = {"list": ids[:1], "objects": {"episodes": [{"episode_id": ids[0]}]}, "key": {"selected": ids[:1]}}[
        shape
    ]
    file = tmp_path / "selection.json"
    file.write_text(json.dumps(data))
    found = groups(ids, None, file)
    assert found.names == ("selected", "not chosen") and found.of_row == (0, 1)


def test_split_and_selection_together(tmp_path: Path) -> None:
    ids = ["s__ep1", "s__ep2", "s__ep3"]
    (tmp_path / "a.json").write_text(json.dumps({"train": ids[:1]}))
    (tmp_path / "b.json").write_text(json.dumps(ids[:2]))
    found = groups(ids, tmp_path / "a.json", tmp_path / "b.json")
    assert found.names == ("train", "selected, not split", "not chosen")
    assert found.of_row == (0, 1, 2)


@pytest.mark.parametrize("text", ["", "[", "3", "{}", '{"train": [1]}', '{"train": "s__ep1"}', "[" * 100_000])
def test_what_is_no_split_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "split.json"
    file.write_text(text)
    with pytest.raises(FormatError) as caught:
        groups(["s__ep1"], file, None)
    assert caught.value.file == str(file)
    with pytest.raises(MissingError):
        groups(["s__ep1"], tmp_path / "none.json", None)


def test_the_page_asks_the_network_for_nothing_and_runs_only_its_own_script(tmp_path: Path) -> None:
    text = taxonomy_page.build(rich(60), tmp_path / "atlas.html").read_text(encoding="utf-8")
    page = _Page(text)
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'")
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "base", "form")
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    assert not re.search(r"url\(|@import", text)
    own = page.scripts[-1]
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch("):
        assert word not in own


def test_hostile_labels_stay_text(tmp_path: Path) -> None:
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'\u2028."
    rows = [
        row(
            k,
            bad + str(k),
            bytes=1,
            activity=bad,
            place=bad + "p",
            main_task=bad * 1000,
            objects=[bad, "x" * 100_000],
            verbs=[bad],
            nouns=[bad, "b"],
            missing=[bad],
            verdict=bad,
        )
        for k in range(3)
    ]
    out = taxonomy_page.build(rows, tmp_path / "atlas.html", name=bad)
    text = out.read_text(encoding="utf-8")
    page = _Page(text)
    assert sum(tag == "script" for tag, _ in page.elements) == 2
    assert not any(tag == "img" for tag, _ in page.elements)
    data = json.loads(page.scripts[0])
    assert data["labels"]["activity"] == [bad]
    assert out.stat().st_size < 400_000


def test_the_list_holds_what_the_rows_hold(tmp_path: Path) -> None:
    rows = rich(20)
    data = json.loads(_Page(taxonomy_page.build(rows, tmp_path / "a.html").read_text(encoding="utf-8")).scripts[0])
    assert len(data["rows"]) == 20
    keys = list(data["facets"])
    for mine, listed in zip(rows, data["rows"], strict=True):
        session = data["labels"]["session"][listed[6][keys.index("session")][0]]
        assert f"{session}__{listed[0]}" == mine.episode_id
        assert listed[1] == mine.bytes and listed[2] == round(10 * (mine.duration_s or 0))
        assert data["tasks"][listed[5]] == mine.main_task
        assert {data["labels"]["object"][v] for v in listed[6][keys.index("object")]} == set(mine.objects)
        states = dict(zip(data["streams"], data["patterns"][listed[4]], strict=True))
        assert [name for name, state in states.items() if state == "m"] == list(mine.missing)


def test_a_listing_of_the_hosted_size_is_small_and_says_what_is_unknown(tmp_path: Path) -> None:
    rows = [
        row(k % 15, f"{k // 15:08x}-f499-4de7-b057-e25b7dfb2d83", bytes=2_300_000_000 + k, complete=True)
        for k in range(12_103)
    ]
    out = taxonomy_page.build(rows, tmp_path / "atlas.html")
    text = out.read_text(encoding="utf-8")
    assert out.stat().st_size < 3_000_000
    assert "12,103 episodes in 807 sessions" in text
    assert len(json.loads(_Page(text).scripts[0])["rows"]) == 12_103
    assert text.count("not known of any episode") == 7
    assert text.count('class="p"><span class="sr">present') == 6
    assert 'id="facets"' not in text and 'id="together"' not in text
    assert re.search(r"<dt>recorded time</dt><dd>unknown</dd>", text)


def test_many_long_labels_are_left_out_before_the_page_grows(tmp_path: Path) -> None:
    rows = [
        row(
            k,
            f"s{k // 10}",
            bytes=k,
            main_task=f"Task {k} " + "y" * 300,
            objects=[f"thing {k} {n} {'z' * 80}" for n in range(12)],
        )
        for k in range(4000)
    ]
    out = taxonomy_page.build(rows, tmp_path / "atlas.html")
    assert out.stat().st_size < 3_000_000
    assert "To keep the page small" in out.read_text(encoding="utf-8")


def test_sessions_that_a_split_cuts_are_said(tmp_path: Path) -> None:
    rows = rich(8)
    ids = [r.episode_id for r in rows]
    whole, cut = tmp_path / "whole.json", tmp_path / "cut.json"
    whole.write_text(json.dumps({"train": ids[:4], "test": ids[4:]}))
    cut.write_text(json.dumps({"train": ids[:5], "test": ids[5:]}))
    say = "has episodes in more than one part"
    assert say not in taxonomy_page.build(rows, tmp_path / "a.html", split=whole).read_text(encoding="utf-8")
    assert "1 session " + say in taxonomy_page.build(rows, tmp_path / "a.html", split=cut).read_text(encoding="utf-8")


def test_what_is_set_aside_is_counted_and_its_reason_listed(tmp_path: Path) -> None:
    rows = [row(0, bytes=1), row(1, bytes=1, reason="two episodes have this id")]
    text = taxonomy_page.build(rows, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<dt>set aside</dt><dd>1</dd>" in text
    assert [r[8] for r in json.loads(_Page(text).scripts[0])["rows"]] == [None, "two episodes have this id"]


def test_one_bare_episode_makes_a_page_and_none_makes_an_error(tmp_path: Path) -> None:
    text = taxonomy_page.build([row(1)], tmp_path / "atlas.html").read_text(encoding="utf-8")
    assert "1 episode in 1 session" in text
    assert "No episode says which streams it has" in text
    with pytest.raises(UsageError, match="without episodes"):
        taxonomy_page.build([], tmp_path / "atlas.html")


@pytest.mark.parametrize("length", [float("nan"), float("inf"), float("-inf"), -5.0, 0.0, 1e300])
def test_absurd_numbers_make_a_page(tmp_path: Path, length: float) -> None:
    rows = [row(0, duration_s=length, bytes=2**63 - 1, sync_score=length, activity="a"), row(1, bytes=0, activity="a")]
    text = taxonomy_page.build(rows, tmp_path / "atlas.html").read_text(encoding="utf-8")
    assert json.loads(_Page(text).scripts[0])["rows"][0][2] is None
    assert not re.search(r'(width|height|x|y)="?:?(nan|inf)', text)


def test_histograms_hold_every_episode() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(5, 1, 300)
    drawn = str(drawings.histogram(values, [0] * 300, ["g0"], "s", "x"))
    heights = [float(h) for h in re.findall(r'height="([\d.]+)"', drawn)]
    tallest = np.histogram(values, int(np.sqrt(300) * 2))[0].max()
    assert sum(heights) / 150 * tallest == pytest.approx(300, rel=0.02)
    assert "svg" in str(drawings.histogram(np.array([3.0, 3.0]), [0, 0], ["g0"], "s", "x"))


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Folder of a catalogue of 20 episodes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "catalogue"
    folder.mkdir()
    pq.write_table(episode_table(rich(20)), folder / "episodes.parquet")
    pq.write_table(pa.table({"episode_id": pa.array([], pa.string())}), folder / "files.parquet")
    return folder


def test_the_command_reads_a_catalogue_and_writes_the_page(catalogue: Path, tmp_path: Path) -> None:
    if not any(c.name == "taxonomy" for c in app.registered_commands):
        load(app)
    out = tmp_path / "page" / "atlas.html"
    result = CliRunner().invoke(app, ["taxonomy", str(catalogue), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert str(out) in result.output
    assert "20 episodes in 5 sessions" in out.read_text(encoding="utf-8")
    folder = CliRunner().invoke(app, ["taxonomy", str(catalogue), "--out", str(tmp_path)])
    assert isinstance(folder.exception, UsageError)
    nothing = CliRunner().invoke(app, ["taxonomy", str(tmp_path), "--out", str(out)])
    assert isinstance(nothing.exception, MissingError)
