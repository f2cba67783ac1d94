"""Variables of a launcher that is not there end at once, or are said within seconds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from xperience.errors import UsageError
from xperience.pretrain import distributed

NAMES = ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
WHOLE = {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "0", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"WORLD_SIZE": "2", "RANK": "0"}, "MASTER_ADDR"),
        ({"WORLD_SIZE": "2", "RANK": "0", "MASTER_ADDR": "node1"}, "MASTER_PORT"),
        (WHOLE | {"MASTER_PORT": "x"}, "MASTER_PORT"),
        (WHOLE | {"MASTER_PORT": "0"}, "MASTER_PORT"),
        (WHOLE | {"MASTER_ADDR": ""}, "MASTER_ADDR"),
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE"),
        ({"WORLD_SIZE": ""}, "WORLD_SIZE"),
        ({"WORLD_SIZE": "0"}, "RANK"),
        ({"WORLD_SIZE": "-1"}, "WORLD_SIZE"),
        (WHOLE | {"RANK": "2"}, "RANK"),
        (WHOLE | {"LOCAL_RANK": "first"}, "LOCAL_RANK"),
        ({"WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"}, "RANK"),
    ],
)
def test_what_cannot_be_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], field: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        distributed.start("cpu")
    assert caught.value.field == field and "torchrun" in str(caught.value)


def test_one_process_and_a_launcher_that_fits_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert distributed._place() == (1, 0, 0)
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    assert distributed._place() == (2, 1, 0)


def test_a_rank_that_waits_says_for_whom_within_ten_seconds(tmp_path: Path) -> None:
    code = "from xperience.pretrain import distributed; distributed.start('cpu')"
    environment = os.environ | WHOLE | {"RANK": "0", "MASTER_PORT": "29617"}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=said)
    try:
        begun, text = time.monotonic(), ""
        while "waits for the other" not in text and time.monotonic() - begun < 60:
            time.sleep(0.2)
            text = (tmp_path / "said").read_text()
        assert "rank 0 of 2 (RANK, WORLD_SIZE) waits for the other 1 at 127.0.0.1:29617" in text
    finally:
        process.kill()
        process.communicate()
