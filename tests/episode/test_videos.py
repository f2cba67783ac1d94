"""Video by range at any size, and sound: exact numbers, rotation, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handmade import counted, number_of

from xperience.episode.modalities.audio import Audio
from xperience.episode.modalities.video import Video
from xperience.episode.resample import area_average
from xperience.errors import CorruptError, LimitError, MissingError, UsageError

Encode = Callable[..., Path]


def numbers(images: np.ndarray) -> list[int]:
    return [number_of(image) for image in images]


@pytest.mark.parametrize(("b_frames", "gop"), [(0, 10), (3, 10), (2, 7), (3, 250)])
def test_every_range_starts_at_its_frame(encode: Encode, tmp_path: Path, b_frames: int, gop: int) -> None:
    video = Video("stereo_left", encode(tmp_path / "v.mp4", counted(50), b_frames=b_frames, gop=gop))
    assert (video.num_frames, video.size, video.fps) == (50, (64, 48), 20.0)
    assert numbers(video.frames()) == list(range(50))
    for start in range(51):
        assert numbers(video.frames(start, start + 3)) == list(range(start, min(start + 3, 50)))
    assert [number for number, _ in video.decode(48)] == [48, 49]
    np.testing.assert_allclose(video.times_s(), np.arange(50) / 20, atol=1e-6)


def test_fragmented_files(encode: Encode, tmp_path: Path) -> None:
    """Written as it was recorded, without one index for the whole: frames are counted and found all the same."""
    import av

    whole, path = encode(tmp_path / "whole.mp4", counted(50), b_frames=2), tmp_path / "fragmented.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"movflags": "frag_keyframe+empty_moov"}) as to:
        stream = to.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                to.mux(packet)
    video = Video("stereo_left", path)
    assert video.num_frames == 50 and not video.truncated
    assert numbers(video.frames()) == list(range(50))
    assert numbers(video.frames(23, 26)) == [23, 24, 25]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_frames_cut_away_by_an_edit_list_do_not_count(encode: Encode, tmp_path: Path, b_frames: int) -> None:
    """As cutting without encoding again leaves them: stored since the last key frame, but not to be shown."""
    import av

    whole, path = encode(tmp_path / "whole.mp4", counted(50), b_frames=b_frames), tmp_path / "cut.mp4"
    options = {"avoid_negative_ts": "disabled", "use_editlist": "1"}
    with av.open(str(whole)) as source, av.open(str(path), "w", options=options) as to:
        video = source.streams.video[0]
        stream = to.add_stream_from_template(video)
        assert video.time_base is not None
        shift = int(13 / 20 / video.time_base)
        for packet in source.demux(video):
            if packet.dts is not None and packet.pts is not None:
                packet.dts, packet.pts, packet.stream = packet.dts - shift, packet.pts - shift, stream
                to.mux(packet)
    cut = Video("stereo_left", path)
    assert cut.num_frames == len(cut.times_s()) == 37
    assert numbers(cut.frames()) == list(range(13, 50))
    assert numbers(cut.frames(9, 12)) == [22, 23, 24]


def test_ranges_that_are_none(encode: Encode, tmp_path: Path) -> None:
    video = Video("stereo_left", encode(tmp_path / "v.mp4", counted(8)))
    assert video.frames(3, 3).shape == (0, 48, 64, 3)
    assert video.frames(20, 30).shape == (0, 48, 64, 3)
    assert video.frames(5, 99, size=(8, 6)).shape == (3, 6, 8, 3)
    for start, stop in ((-1, 3), (5, 2)):
        with pytest.raises(UsageError):
            video.frames(start, stop)
    with pytest.raises(LimitError, match="too many frames"):
        video.frames(0, 8, size=(20_000, 20_000))


@pytest.mark.parametrize("rotation", [0, 90, 180, -90])
def test_display_rotation_is_applied(encode: Encode, tmp_path: Path, rotation: int) -> None:
    images = counted(3)
    plain = Video("v", encode(tmp_path / "plain.mp4", images)).frames()
    turned = Video("v", encode(tmp_path / "turned.mp4", images, rotation=rotation))
    expected = np.rot90(plain, rotation // 90, axes=(1, 2))  # degrees to the left, as FFmpeg counts them
    assert turned.size == (expected.shape[2], expected.shape[1])
    np.testing.assert_array_equal(turned.frames(), expected)


def test_sizes_are_means_of_the_area_covered() -> None:
    image = np.random.default_rng(3).integers(0, 256, (30, 42, 3), np.uint8)
    for size in ((14, 10), (42, 30), (32, 32), (5, 7), (1, 1), (60, 33)):
        fine = np.repeat(np.repeat(image, size[1], axis=0), size[0], axis=1)  # a grid that both sizes divide
        mean = fine.reshape(size[1], 30, size[0], 42, 3).mean(axis=(1, 3))
        scaled = area_average(image, size)
        assert scaled.shape == (size[1], size[0], 3)
        assert np.abs(scaled - mean).max() <= 0.5 + 1e-4
    halves = np.array([[[0], [1]], [[0], [1]]], np.uint8)
    assert area_average(halves, (1, 1)).item() == 0  # 0.5 goes to the even neighbour
    assert area_average(halves + np.uint8(1), (1, 1)).item() == 2  # and so does 1.5


def test_opencv_agrees(encode: Encode, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    path = encode(tmp_path / "v.mp4", np.random.default_rng(1).integers(0, 256, (5, 90, 120, 3), np.uint8), b_frames=2)
    capture, video = cv2.VideoCapture(str(path)), Video("v", path)
    for image, small in zip(video.frames(), video.frames(size=(32, 32)), strict=True):
        bgr = capture.read()[1]
        np.testing.assert_array_equal(image, bgr[..., ::-1])
        area = cv2.resize(bgr, (32, 32), interpolation=cv2.INTER_AREA)[..., ::-1].astype(int)
        assert np.abs(small - area).max() <= 1  # halves may fall either way


def test_missing_and_foreign_files(tmp_path: Path, encode: Encode) -> None:
    with pytest.raises(MissingError):
        Video("v", tmp_path / "none.mp4").frames()
    target = encode(tmp_path / "v.mp4", counted(3))
    foreign = {
        "empty": b"",
        "text": b"this is not a video",
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode(),
        "concat": f"ffconcat version 1.0\nfile '{target}'\n".encode(),
    }
    for name, content in foreign.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
        with pytest.raises(CorruptError, match="cannot be opened"):
            Video("v", tmp_path / f"{name}.mp4").frames()


def test_cut_before_the_index(encode: Encode, tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mp4", counted(40))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CorruptError, match="cannot be opened"):
        Video("v", path).num_frames  # noqa: B018


@pytest.mark.parametrize("share", [0.4, 0.6, 0.75, 0.9, 0.99])
@pytest.mark.parametrize("b_frames", [0, 3])
def test_cut_in_the_data(encode: Encode, tmp_path: Path, share: float, b_frames: int) -> None:
    noise = np.random.default_rng(2).integers(0, 60, (40, 48, 64, 3), np.uint8)
    path = encode(tmp_path / "v.mp4", counted(40) // 2 + noise, b_frames=b_frames, faststart=True)
    whole = Video("v", path).frames()
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    video = Video("v", path)
    assert video.num_frames == 40 and video.truncated
    read = video.frames()
    assert len(read) < 40
    assert len(read) >= 40 * (share - 0.4)  # the index stands in front
    np.testing.assert_array_equal(read, whole[: len(read)])
    assert len(video.frames(35, 40)) <= max(0, len(read) - 35)


def test_damage_inside_is_located(encode: Encode, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (40, 48, 64, 3), np.uint8)
    path = encode(tmp_path / "v.mp4", noise, faststart=True)
    whole = Video("v", path).frames()
    content = bytearray(path.read_bytes())
    for at in range(int(len(content) * 0.6), int(len(content) * 0.62)):
        content[at] ^= 0x5A
    path.write_bytes(content)
    video = Video("v", path)
    assert not video.truncated
    read = []
    with pytest.raises(CorruptError) as caught:
        for _, image in video.iterate():
            read.append(image)
    assert caught.value.field == f"frame {len(read)}"
    same = [bool((image == good).all()) for image, good in zip(read, whole, strict=False)]
    assert 15 < len(read) < 30
    # H.264 has no checksums: the decoder may only stumble a frame after the first wrong bit.
    assert all(same[:-1])


def tone(seconds: float, hertz: float = 440.0) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 48000)) / 48000)


def test_sound_is_mixed_down_and_resampled(encode: Encode, tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mp4", counted(40), sound=tone(2.0))
    audio = Audio(path)
    assert audio.present
    assert (audio.header.rate_hz, audio.header.channels, audio.header.codec) == (48000, 2, "aac")
    samples = audio.mono()
    assert samples.dtype == np.float32 and abs(len(samples) - 32000) < 1200
    middle = samples[8000:24000]
    # Stereo to mono is 0.7071 (L + R): two equal channels come out sqrt(2) louder.
    assert np.sqrt(2 * (middle**2).mean()) == pytest.approx(0.4 * np.sqrt(2), rel=0.02)
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) == 440
    assert len(audio.mono(8000)) == pytest.approx(len(samples) / 2, abs=2)


def test_sound_that_is_missing_or_damaged(encode: Encode, tmp_path: Path) -> None:
    assert not Audio(tmp_path / "none.mp4").present
    silent = Audio(encode(tmp_path / "silent.mp4", counted(3)))
    assert not silent.present
    with pytest.raises(CorruptError, match="no audio stream"):
        silent.mono()
    path = encode(tmp_path / "v.mp4", counted(40), sound=tone(2.0), faststart=True)
    whole, content = Audio(path).mono(), path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.8)])
    cut = Audio(path).mono()
    assert 0 < len(cut) < len(whole)
    path.write_bytes(content[:100])
    assert not Audio(path).present
    with pytest.raises(CorruptError):
        Audio(path).mono()


def test_real_egocentric_video(real: Path) -> None:
    (path,) = (real / "video_ego").glob("*.mp4")
    video, audio = Video("fisheye_cam0", path), Audio(path)
    assert (video.size, video.num_frames, video.fps, video.header.codec) == ((384, 288), 60, 30.0, "h264")
    frames = video.frames()
    assert frames.shape == (60, 288, 384, 3)
    assert 20 < frames.mean() < 235 and frames.std() > 20
    np.testing.assert_array_equal(video.frames(37, 41), frames[37:41])
    assert audio.present and audio.header.rate_hz == 48000
    samples = audio.mono()
    assert len(samples) in (32000, 32085)  # two seconds; older FFmpeg also gives the padding of the last AAC frame
    assert not samples[32000:].any()
