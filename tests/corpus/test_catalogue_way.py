"""The catalogue as a user meets it: folders and listings in, SQL and staged recordings out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xperience.corpus import fetch as staging
from xperience.corpus.catalogue import Catalogue, build, query
from xperience.errors import FormatError, MissingError, SpaceError, UsageError, XperienceError

SESSION = "8a8e1b3c-607e-4ada-b3fd-fa639727e92c"
VIEWS = [*(f"fisheye_cam{k}.mp4" for k in range(4)), "stereo_left.mp4", "stereo_right.mp4"]


@pytest.fixture
def data(episodes_path, tmp_path):
    """A copy of the four recordings that may be changed."""
    out = tmp_path / "data"
    shutil.copytree(episodes_path, out, ignore=shutil.ignore_patterns("_truth"))
    return out


def listing(tmp_path, episodes=3, views=True):
    """A saved listing of a repository's files."""
    files = []
    for k in range(episodes):
        for name in ["annotation.hdf5", *(VIEWS if views or k else []), *(["visualization.rrd"] if k == 1 else [])]:
            files.append({"path": f"{SESSION}/ep{k}/{name}", "size": 1000 + k, "lfs": {"sha256": f"{k:064x}"}})
    path = tmp_path / "listing.json"
    path.write_text(json.dumps(files))
    return path


def test_recordings_are_read_and_only_what_changed_again(data, tmp_path, monkeypatch):
    from xperience.corpus.catalogue import build as module

    opened = []
    real = module.read if hasattr(module, "read") else None
    from xperience.corpus.catalogue import reading

    def counted(folder):
        opened.append(Path(folder).name)
        return (real or reading_read)(folder)

    reading_read = reading.read
    monkeypatch.setattr(module, "read", counted, raising=False)
    monkeypatch.setattr(reading, "read", counted)
    catalogue = build([str(data)], tmp_path / "cat", show=False)
    rows = catalogue.episodes()
    assert len(rows) == 4 and len(opened) == 4
    for row in rows:
        assert row.reason is None and row.frames == 120 and row.complete and row.actions and row.verbs and row.nouns
        assert row.duration_s == pytest.approx(6.0, abs=0.2) and row.activity and Path(row.location).is_dir()
        assert set(row.content) and not row.missing_views and row.end_ns > row.start_ns
    opened.clear()
    build([str(data)], tmp_path / "cat", show=False)
    assert opened == []
    victim = sorted(data.glob("*/ep*"))[0]
    (victim / "stereo_left.mp4").unlink()
    again = build([str(data)], tmp_path / "cat", show=False)
    assert len(opened) == 1
    changed = next(row for row in again.episodes() if row.missing_views)
    assert changed.missing_views == ["stereo_left"] and not changed.complete


def test_the_files_of_a_catalogue_are_there_and_name_no_secret(data, tmp_path):
    build([str(data)], tmp_path / "cat", token="hf_SECRET", licence="Apache-2.0", show=False)
    names = {path.name for path in (tmp_path / "cat").iterdir()}
    assert names >= {
        "episodes.parquet", "files.parquet", "source_discovery.json", "DATA_ACCESS_STATUS.md",
        "MULTI_EPISODE_ACCESS_STATUS.md", "episode_manifest.json", "missing_views.json",
    }  # fmt: skip
    for path in (tmp_path / "cat").iterdir():
        assert b"hf_SECRET" not in path.read_bytes()
    manifest = json.loads((tmp_path / "cat" / "episode_manifest.json").read_text())
    assert "Apache-2.0" in json.dumps(manifest)


def test_a_bad_recording_is_set_aside_with_the_reason(data, tmp_path):
    bad = sorted(data.glob("*/ep*"))[1] / "annotation.hdf5"
    bad.write_bytes(bad.read_bytes()[:3000])
    rows = build([str(data)], tmp_path / "cat", show=False).episodes()
    aside = [row for row in rows if row.reason is not None]
    assert len(rows) == 4 and len(aside) == 1 and bad.parent.name in aside[0].episode_id


def test_two_places_with_one_id_are_named(data, tmp_path):
    twin = tmp_path / "twin"
    shutil.copytree(data, twin)
    rows = build([str(data), str(twin)], tmp_path / "cat", show=False).episodes()
    assert len(rows) == 4, "the first is kept"
    status = (tmp_path / "cat" / "DATA_ACCESS_STATUS.md").read_text()
    assert "two places" in status and all(f"- {row.episode_id}: kept data/" in status for row in rows)
    assert status.count("set aside twin/") == 4


def test_a_listing_is_a_catalogue(tmp_path):
    catalogue = build([str(listing(tmp_path))], tmp_path / "cat", show=False)
    rows = {row.episode_id: row for row in catalogue.episodes()}
    assert list(rows) == [f"{SESSION}__ep{k}" for k in range(3)]
    assert rows[f"{SESSION}__ep1"].bytes == 8 * 1001 and rows[f"{SESSION}__ep1"].training_bytes == 7 * 1001
    assert rows[f"{SESSION}__ep2"].complete and rows[f"{SESSION}__ep2"].frames is None


def test_rows_of_older_label_rules_are_named_anew(tmp_path):
    """A row that is taken from the last catalogue does not keep the activity of other rules."""
    from xperience.corpus.catalogue.rows import families
    from xperience.corpus.labels import VERSION
    from xperience.corpus.row import EpisodeRow, episode_schema

    row = EpisodeRow(
        "s__ep0", "s", main_task="Cut cardboard", activity="cut box", actions=["Inflate mattress"], nouns=["x"]
    )
    families(row)
    assert (row.activity, row.verbs, row.nouns, row.label_rules) == ("cut cardboard", ["inflate"], ["bed"], VERSION)
    row.activity = "kept"
    families(row)
    assert row.activity == "kept", "rows of the same rules stay as they are"
    assert "label_rules" in episode_schema().names
    catalogue = build([str(listing(tmp_path))], tmp_path / "cat", show=False)
    assert {row.label_rules for row in catalogue.episodes()} == {VERSION}
    assert json.loads((catalogue.folder / "source_discovery.json").read_text())["label_rules"] == VERSION


def test_a_listing_without_views_says_so(tmp_path):
    rows = build([str(listing(tmp_path, views=False))], tmp_path / "cat", show=False).episodes()
    assert len(rows[0].missing_views) == 6 and not rows[0].complete
    missing = json.loads((tmp_path / "cat" / "missing_views.json").read_text())
    assert f"{SESSION}__ep0" in json.dumps(missing)


@pytest.mark.parametrize(
    "content", ["", "[", "{}", '[{"size": 3}]', '[{"path": "../../etc/passwd", "size": 1}]', "[1, 2]"]
)
def test_a_bad_listing_is_refused_and_nothing_is_written(tmp_path, content):
    path = tmp_path / "listing.json"
    path.write_text(content)
    with pytest.raises(XperienceError):
        build([str(path)], tmp_path / "cat", show=False)
    assert not (tmp_path / "cat" / "episodes.parquet").exists()


def test_queries_read_the_two_tables_and_nothing_else(tmp_path):
    build([str(listing(tmp_path))], tmp_path / "cat", show=False)
    table = query(tmp_path / "cat", "SELECT session, count(*) AS n, sum(bytes) AS b FROM episodes GROUP BY ALL")
    assert table.to_pylist() == [{"session": SESSION, "n": 3, "b": 7 * 1000 + 8 * 1001 + 7 * 1002}]
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for sql in [
        f"SELECT * FROM read_csv('{secret}')", f"SELECT * FROM '{secret}'", "SELECT * FROM read_text('/etc/passwd')",
        f"COPY episodes TO '{tmp_path}/stolen.csv'", "ATTACH 'x.db'", "INSTALL httpfs", "DROP VIEW episodes",
        "SELECT 1; SELECT 2", "SET enable_external_access = true", "SELECT nothing FROM episodes", "SELEC 1",
        "SELECT * FROM glob('/etc/*')", f"SELECT * FROM read_parquet('{secret}')",
    ]:  # fmt: skip
        with pytest.raises(UsageError):
            query(tmp_path / "cat", sql)
    assert not (tmp_path / "stolen.csv").exists()
    with pytest.raises(MissingError):
        query(tmp_path / "none", "SELECT 1")


def selection(catalogue, path, count=2):
    ids = [row.episode_id for row in catalogue.episodes()][:count]
    path.write_text(json.dumps({"episodes": ids}))
    return staging.selected(path)


def test_fetching_stages_verifies_and_goes_on(data, tmp_path):
    victim = sorted(data.glob("*/ep*"))[0]
    (victim / "visualization.rrd").write_bytes(b"x" * 1000)
    catalogue = build([str(data)], tmp_path / "cat", show=False)
    ids = selection(catalogue, tmp_path / "sel.json")
    out = tmp_path / "staged"
    report = staging.fetch(catalogue, ids, out, budget=10**9, show=False)
    assert not report.failed and report.copied == 14
    for id in ids:
        session, name = id.split("__")
        for file in (data / session / name).iterdir():
            there = out / session / name / file.name
            assert there.exists() == (file.name != "visualization.rrd")
            if there.exists():
                assert there.read_bytes() == file.read_bytes()
    some = out / ids[0].split("__")[0] / ids[0].split("__")[1] / "stereo_right.mp4"
    some.unlink()
    again = staging.fetch(catalogue, ids, out, budget=10**9, show=False)
    assert again.copied == 1 and again.kept == 13 and some.exists()


def test_fetching_refuses_before_it_starts(data, tmp_path, monkeypatch):
    catalogue = build([str(data)], tmp_path / "cat", show=False)
    ids = selection(catalogue, tmp_path / "sel.json")
    with pytest.raises((UsageError, SpaceError)):
        staging.fetch(catalogue, ids, tmp_path / "staged", budget=1000, show=False)
    with pytest.raises((UsageError, MissingError)):
        staging.fetch(catalogue, ["nobody__ep1"], tmp_path / "staged", budget=10**9, show=False)
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10_000, "total": 1, "used": 1})())
    with pytest.raises(SpaceError):
        staging.fetch(catalogue, ids, tmp_path / "staged", budget=10**9, show=False)
    assert not list((tmp_path / "staged").glob("*/*")) if (tmp_path / "staged").exists() else True
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(FormatError):
        staging.selected(bad)


@pytest.mark.parametrize(("text", "size"), [("100GB", 10**11), ("1.5TiB", int(1.5 * 2**40)), ("5000000", 5_000_000)])
def test_sizes_are_read(text, size):
    assert staging.parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "many", "-3GB", "GB", "1e400"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UsageError):
        staging.parse_bytes(text)


def test_no_catalogue_is_said(tmp_path):
    with pytest.raises(MissingError, match="no catalogue"):
        Catalogue.open(tmp_path)


@pytest.mark.parametrize("above", ["activity=cook", "episode_id=zz", "split=x", "a[1]*b?"])
def test_names_of_folders_above_are_no_columns_and_no_patterns(tmp_path, above):
    plain, odd = tmp_path / "plain", tmp_path / above / "cat"
    for folder in (plain, odd):
        build([str(listing(tmp_path))], folder, show=False)
    wanted = "SELECT * FROM episodes ORDER BY episode_id"
    assert query(odd, wanted).to_pylist() == query(plain, wanted).to_pylist()
    assert (
        query(odd, "SELECT count(*) AS n FROM files").to_pylist()
        == query(plain, "SELECT count(*) AS n FROM files").to_pylist()
    )
    assert Catalogue.open(odd).table().equals(Catalogue.open(plain).table())


NAMES = ["annotation.hdf5", *VIEWS]


@pytest.mark.parametrize(
    ("name", "encoding", "path", "size"),
    [
        ("a.json", "utf-8", "{}", 1000),
        ("a.json", "utf-16", "{}", 1000),
        ("a.jsonl", "utf-16", "{}", 1000),
        ("a.jsonl", "utf-8-sig", "{}", 1000),
        ("a.json", "utf-8", "./{}", 1000),
        ("a.jsonl", "utf-8", "././{}", 1000),
        ("a.json", "utf-8", "back\\slash", 1000),
        ("a.json", "utf-8", "{}", "1000"),
        ("a.json", "utf-8", "{}", "1,000"),
        ("a.json", "utf-8", "{}", 1000.0),
    ],
)
def test_listings_as_other_programs_write_them(tmp_path, name, encoding, path, size):
    paths = [f"s1/ep1/{one}" for one in NAMES]
    paths = [p.replace("/", "\\") if "slash" in path else path.format(p) for p in paths]
    rows = [{"path": p, "size": size} for p in paths]
    text = json.dumps(rows) if name.endswith(".json") else "\r\n".join(json.dumps(row) for row in rows)
    (tmp_path / name).write_text(text, encoding, newline="")
    build([str(tmp_path / name)], tmp_path / "cat", show=False)
    (row,) = Catalogue.open(tmp_path / "cat").episodes()
    assert (row.episode_id, row.bytes, row.files, row.reason) == ("s1__ep1", 7000, 7, None)


@pytest.mark.parametrize("path", ["./../s1/ep1/x", "..\\s1\\ep1\\x", "C:\\s1\\ep1\\x", "\\s1\\ep1\\x", ".//s1/ep1/x"])
def test_paths_that_lead_out_are_refused_in_any_spelling(tmp_path, path):
    (tmp_path / "a.json").write_text(json.dumps([{"path": path, "size": 1}]))
    with pytest.raises(FormatError, match="may lead out"):
        build([str(tmp_path / "a.json")], tmp_path / "cat", show=False)


@pytest.mark.parametrize("size", ["12 MB", "-5", 1.5, True, [1], "1,00"])
def test_a_listed_size_that_is_none_is_refused(tmp_path, size):
    (tmp_path / "a.json").write_text(json.dumps([{"path": "s1/ep1/annotation.hdf5", "size": size}]))
    with pytest.raises(FormatError, match="a size that is none"):
        build([str(tmp_path / "a.json")], tmp_path / "cat", show=False)


def test_sizes_that_are_not_stated_stay_unknown(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"path": f"s1/ep1/{name}"} for name in NAMES]))
    build([str(tmp_path / "a.json")], tmp_path / "cat", show=False)
    (row,) = Catalogue.open(tmp_path / "cat").episodes()
    assert row.bytes is None and row.reason is None
    assert "of unknown size" in (tmp_path / "cat" / "DATA_ACCESS_STATUS.md").read_text()
