"""What a recording is called, the file name made of that, and which recordings are found below a folder, links included."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xperience.benchmark.collect import collect
from xperience.corpus.catalogue import Catalogue, build
from xperience.episode import Episode
from xperience.episode.folders import LONGEST_NAME, episode_id, file_name, find_episodes
from xperience.errors import MissingError
from xperience.prepare.campaign import prepare
from xperience.prepare.intake import items_of
from xperience.prepare.recipe import load_recipe
from xperience.prepare.shards.reader import Prepared
from xperience.quality.campaign import qa_files

NAMES = ["Zoë's kitchen", "a, b + c", "日本語", "n" * 150, "é" * 120, "-dash", "50% of it~"]


def recording(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "annotation.hdf5").write_bytes(b"stands for one")
    return folder


# -- names -------------------------------------------------------------------------------------------------------


def test_names_that_were_taken_before_stay() -> None:
    for name in ("28c712f5-04a3__ep1", "v1.2__ep3", "-dash__ep1", "a__b__ep1", "con__ep1"):
        assert file_name(name) == name
    assert file_name("Zoë's kitchen__ep1") == "Zo%C3%AB%27s%20kitchen__ep1"
    assert file_name(".hidden__ep1") == "%2Ehidden__ep1"


@given(st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
def test_a_name_names_one_file_and_no_other_id_has_it(one: str, other: str) -> None:
    name = file_name(one)
    assert re.fullmatch(r"[A-Za-z0-9_%-][A-Za-z0-9._~%-]*", name) and len(name) <= LONGEST_NAME
    assert one == other or file_name(other) != name
    if "~" not in name and one.isprintable():
        assert unquote(name) == one


def test_long_ids_that_begin_alike_differ() -> None:
    assert file_name("n" * 300 + "a") != file_name("n" * 300 + "b")


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_a_session_of_any_name(name: str, episode_path: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "recordings", tmp_path / "out"
    (root / name).mkdir(parents=True)
    (root / name / "ep1").symlink_to(episode_path)
    id = f"{name}__ep1"
    with Episode.open(root / name / "ep1") as episode:
        assert (episode.id, episode.session) == (id, name)
    assert [row.episode_id for row in build([str(root)], out / "catalogue", show=False).episodes()] == [id]
    (items,) = [items_of(root)]
    assert [item.id for item in items] == [id]
    assert [item.id for item in items_of(out / "catalogue")] == [id]
    (file,) = qa_files(find_episodes(root), out / "qa").values()
    file.parent.mkdir(parents=True)


def test_shards_and_features_of_an_odd_name(episode_path: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "recordings", tmp_path / "out"
    name = "Zoë's kitchen, " + "é" * 100
    (root / name).mkdir(parents=True)
    (root / name / "ep1").symlink_to(episode_path)
    id = f"{name}__ep1"
    prepare(items_of(root), {"train": [id]}, load_recipe("nano"), out / "prepared", show=False)
    with contextlib.closing(Prepared.open(out / "prepared")) as prepared:
        assert list(prepared.ids) == [id] and list(prepared.sessions) == [name]
        assert prepared.read(0, 0, 20, ["imu"])["imu"].valid.any()
    recordings, aside = collect(root, out / "features", show=False)
    assert [one.id for one in recordings] == [id] and not aside


# -- links -------------------------------------------------------------------------------------------------------


def test_linked_folders_are_found_under_the_name_where_they_stand(tmp_path: Path) -> None:
    raw = recording(tmp_path / "raw" / "0001")
    (tmp_path / "rec" / "kitchen").mkdir(parents=True)
    linked = tmp_path / "rec" / "kitchen" / "ep1"
    linked.symlink_to(Path("../../raw/0001"))
    assert episode_id(linked) == "kitchen__ep1"
    assert find_episodes(tmp_path / "rec") == [linked]
    assert find_episodes(linked) == [linked]
    assert episode_id(raw) == "raw__0001"


def test_linked_sessions_are_found(tmp_path: Path) -> None:
    recording(tmp_path / "sim" / "s1" / "ep1")
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "other").symlink_to(tmp_path / "sim" / "s1")
    (found,) = find_episodes(tmp_path / "rec")
    assert episode_id(found) == "other__ep1"


def test_the_same_recording_is_found_once_under_its_own_name(tmp_path: Path) -> None:
    """A link beside what it leads to would put one recording on two sides of a split."""
    real = recording(tmp_path / "rec" / "s1" / "ep1")
    (tmp_path / "rec" / "a_link").symlink_to(tmp_path / "rec" / "s1")
    (tmp_path / "rec" / "s1" / "circle").symlink_to(tmp_path / "rec")
    assert find_episodes(tmp_path / "rec") == [real]
    assert [row.episode_id for row in _rows(tmp_path)] == ["s1__ep1"]


def _rows(tmp_path: Path) -> list[object]:
    build([str(tmp_path / "rec")], tmp_path / "catalogue", show=False)
    return list(Catalogue.open(tmp_path / "catalogue").episodes())


def test_a_catalogue_finds_links_and_says_where_nothing_is(episode_path: Path, tmp_path: Path) -> None:
    (tmp_path / "rec" / "kitchen").mkdir(parents=True)
    (tmp_path / "rec" / "kitchen" / "ep1").symlink_to(episode_path)
    (row,) = _rows(tmp_path)
    assert (row.session, row.episode_id, row.reason) == ("kitchen", "kitchen__ep1", None)  # type: ignore[attr-defined]
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingError, match="no episode"):
        build([str(tmp_path / "empty")], tmp_path / "none", show=False)


def test_a_link_to_nothing_is_passed_over(tmp_path: Path) -> None:
    real = recording(tmp_path / "rec" / "s1" / "ep1")
    (tmp_path / "rec" / "gone").symlink_to(tmp_path / "nowhere")
    assert find_episodes(tmp_path / "rec") == [real]
