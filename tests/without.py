"""A recording with one of its parts removed, and commands run on it in this process."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from pathlib import Path

import h5py

from xperience.episode.cameras import VIEWS
from xperience.episode.layout import ANNOTATION, DATASETS, video_file

VIDEOS = tuple(video_file(view) for view in VIEWS)
GROUPS = tuple(dict.fromkeys(dataset.group for dataset in DATASETS))


def without(source: Path, folder: Path, part: str) -> Path:
    """A copy of the recording at `folder` that lacks a file, a group or a dataset (or several, joined by +).

    Videos are linked, not copied; never write into them.
    """
    gone = VIDEOS if part == "all videos" else tuple(part.split("+"))
    folder.mkdir(parents=True)
    for file in source.iterdir():
        if file.name == ANNOTATION and ANNOTATION not in gone:
            shutil.copy(file, folder / ANNOTATION)
            with h5py.File(folder / ANNOTATION, "r+") as annotation:
                for name in gone:
                    if name in annotation:
                        del annotation[name]
        elif file.name not in gone:
            os.link(file, folder / file.name)
    return folder


def run(*arguments: str | Path) -> tuple[int, str]:
    """Runs a command as `xperience.cli.main` does: exit status and all that it printed.

    What is no error of the user's goes through, as a traceback would in a terminal.
    """
    from xperience.cli import app, load
    from xperience.errors import XperienceError

    if not app.registered_commands:
        load(app)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = app([str(argument) for argument in arguments], standalone_mode=False)
        except XperienceError as error:
            return 2, f"{said.getvalue()}\nerror: {error}"
        except SystemExit as end:
            code = end.code
    return int(code or 0), said.getvalue()
