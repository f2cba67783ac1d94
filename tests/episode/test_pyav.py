"""What we ask of PyAV is there in the installed version, whichever of those allowed it is."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from handmade import counted

from xperience.episode.modalities.video import Video

SOURCES = Path(__file__).parents[2] / "src"


def asked() -> list[str]:
    """Every keyword of a call of `av.open` in the sources."""
    words = set()
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open":
                words |= {word.arg for word in node.keywords if word.arg}
    return sorted(words)


def test_every_keyword_is_known_to_the_installed_version() -> None:
    words = asked()
    assert {"format", "options"} <= set(words)
    for word in words:
        with pytest.raises((av.FFmpegError, ValueError, TypeError)) as refused:
            av.open(io.BytesIO(), **{word: object() if word == "format" else None})  # opens nothing: keywords count
        assert "unexpected keyword" not in str(refused.value), word


def test_titles_that_are_no_text_do_not_keep_a_video_from_being_read(
    encode: Callable[..., Path], tmp_path: Path
) -> None:
    plain, path = encode(tmp_path / "plain.mp4", counted(5)), tmp_path / "titled.mp4"
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        target.metadata["title"] = "CREMEBRULEE"
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    data = path.read_bytes()
    assert data.count(b"CREMEBRULEE") == 1
    path.write_bytes(data.replace(b"CREMEBRULEE", "CRÈMEBRÛLÉE".encode("latin-1")))
    assert Video("stereo_left", path).num_frames == 5
