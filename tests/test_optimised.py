"""Files are judged the same by `python -O`, which leaves out every assertion."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "xperience"

READING = ("pretrain/test_checkpoints.py", "episode/test_caption_parser.py", "benchmark/test_scoring.py")
"""Tests of damaged files that take seconds; their own assertions are pytest's, which stay."""


def test_reading_tests_pass_without_assertions() -> None:
    files = [str(Path(__file__).parent / file) for file in READING]
    command = [sys.executable, "-O", "-W", "ignore", "-m", "pytest", "-q", "-x", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0 and re.search(r"100%", done.stdout), done.stdout[-3000:]


def test_no_error_handler_counts_on_an_assertion() -> None:
    """What is caught as an AssertionError guards something that is no invariant."""
    found = [str(path.relative_to(SRC)) for path in SRC.rglob("*.py") if "AssertionError" in path.read_text("utf-8")]
    assert found == []
