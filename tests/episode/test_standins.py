"""Pointers and error pages in the place of files are said to be what they are, by every reader."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from xperience.corpus.catalogue import Catalogue, build
from xperience.episode import Episode
from xperience.episode.annotation import AnnotationFile
from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.video import Video
from xperience.episode.standins import LARGEST, stand_in
from xperience.errors import CorruptError

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 120000000\n"

STANDING = {
    "Git LFS": (LFS, "git lfs pull"),
    "git-annex": (b"/annex/objects/SHA256E-s12--ab.mp4\n", "git annex get"),
    "web page": (b"<!DOCTYPE html><html><body>403 Forbidden</body></html>", "sign in"),
    "a web page": (b"\xef\xbb\xbf\n <HTML><head></head>", "sign in"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "fetch the file again"),
    "error message": (b'{"error": "Access to dataset is restricted."}', "fetch the file again"),
}


@pytest.mark.parametrize("what", STANDING)
def test_each_kind_is_named_with_what_to_do(what: str, tmp_path: Path) -> None:
    content, hint = STANDING[what]
    path = tmp_path / "stereo_left.mp4"
    path.write_bytes(content)
    found = stand_in(path)
    assert found is not None and what in found.what and hint in found.hint
    for read in (
        lambda: Video("stereo_left", path).num_frames,
        lambda: Audio(path).header,
        lambda: AnnotationFile(path),
    ):
        with pytest.raises(CorruptError) as caught:
            read()
        assert "was not fetched" in str(caught.value) and found.what in str(caught.value)


def test_links_to_what_is_not_here(tmp_path: Path) -> None:
    annexed, broken = tmp_path / "a.mp4", tmp_path / "b.mp4"
    annexed.symlink_to("../.git/annex/objects/Xx/key.mp4")
    broken.symlink_to("nowhere.mp4")
    for path, hint in ((annexed, "git annex get"), (broken, "copy the file")):
        found = stand_in(path)
        assert found is not None and "link" in found.what and hint in found.hint


def test_files_of_their_own_kind_and_absent_ones_stand_for_themselves(episode_path: Path, tmp_path: Path) -> None:
    for path in (*episode_path.iterdir(), tmp_path, tmp_path / "nothing"):
        assert stand_in(path) is None
    long = tmp_path / "long"
    long.write_bytes(LFS + b" " * LARGEST)
    assert stand_in(long) is None
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert stand_in(pipe) is None, "and it does not wait for a writer"


def test_an_episode_of_pointers_is_set_aside_by_the_catalogue_and_noted_by_its_reader(
    episode_path: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data" / "s1" / "ep1"
    shutil.copytree(episode_path, folder)
    for view in ("stereo_left", "fisheye_cam0"):
        (folder / f"{view}.mp4").write_bytes(LFS)
    build([str(tmp_path / "data")], tmp_path / "catalogue", show=False)
    (row,) = Catalogue.open(tmp_path / "catalogue").episodes()
    assert (
        row.reason is not None and "not fetched: fisheye_cam0.mp4, stereo_left.mp4: a pointer of Git LFS" in row.reason
    )
    with Episode.open(folder) as episode:
        episode.presence  # noqa: B018
        assert sum("pointer of Git LFS" in problem.found for problem in episode.problems) >= 2
