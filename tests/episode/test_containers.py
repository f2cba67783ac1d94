"""Where time comes from and which track is the view, in MP4 files as other programs write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handmade import counted, number_of

from mp4s import clicks, covered, heard, remux, tracks
from xperience.episode.modalities.audio import Audio, Sound
from xperience.episode.modalities.container import first_picture_s, open_mp4
from xperience.episode.modalities.video import Video
from xperience.errors import CorruptError

Encode = Callable[..., Path]

AT_S = (0.5, 1.2, 2.5)
"""Where the clicks are in the file, before anything is moved."""


def numbers(images: np.ndarray) -> list[int]:
    return [number_of(image) for image in images]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, encode_once: Encode) -> Path:
    """60 pictures and three seconds of sound that start together."""
    return encode_once(tmp_path_factory.mktemp("plain") / "v.mp4", counted(60), sound=clicks(3, *AT_S))


# -- time of the sound -----------------------------------------------------------------------------------------------


def test_sound_that_starts_with_the_pictures_is_every_sample_of_the_file(plain: Path) -> None:
    import av

    sound, resampler = Audio(plain).read(16000), av.AudioResampler(format="fltp", layout="mono", rate=16000)
    with av.open(str(plain)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    np.testing.assert_array_equal(sound.samples, np.concatenate([frame.to_ndarray()[0] for frame in frames]))
    assert sound.complete and sound.fps == 20 and sound.mask().all()
    np.testing.assert_allclose(sound.pictures_s, np.arange(60) / 20, atol=1e-6)
    assert Audio(plain).header.start_s == 0


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize(
    ("sound_s", "pictures_s"), [(0.2, 0.0), (1.0, 0.0), (-0.3, 0.0), (0.0, 1.0), (0.4, 0.4), (0.0, -0.35)]
)
@pytest.mark.parametrize("rate", [16000, 48000])
def test_each_sample_is_at_its_time(
    encode: Encode, tmp_path: Path, sound_s: float, pictures_s: float, b_frames: int, rate: int
) -> None:
    """The sound, or the pictures, begin late or early; the clock begins with the first picture that is shown."""
    whole = encode(tmp_path / "w.mp4", counted(60), sound=clicks(3, *AT_S), b_frames=b_frames)
    by = {"audio": sound_s, "video": pictures_s}
    path = remux(whole, tmp_path / "v.mp4", lambda kind, _: by[kind])
    shown = Video("v", path).times_s()
    cut = 60 - len(shown)  # pictures before the file's zero are not shown
    late = sound_s - pictures_s - cut / 20
    assert first_picture_s(path, "v") == pytest.approx(shown[0])
    audio = Audio(path)
    sound = audio.read(rate)
    expected = [t + late for t in AT_S if t + late > 0.02 and t + sound_s > 0.02]
    assert heard(sound.samples, rate) == pytest.approx(expected, abs=0.0015)  # movie time counts milliseconds
    assert len(sound.recorded) == 1
    start, stop = sound.recorded[0] / rate
    begins = max(0.0, late, -shown[0] if sound_s < 0 else 0.0)
    assert start == pytest.approx(begins, abs=0.03)  # the encoder's priming, 21 ms, may stand in front
    assert not sound.samples[: sound.recorded[0, 0]].any()
    missing = sound.missing_s(stop + 1)
    assert missing[-1] == pytest.approx((stop, stop + 1))
    assert len(missing) == 1 + (start > 0) and (start == 0 or missing[0] == pytest.approx((0.0, start)))
    assert audio.header.start_s == pytest.approx(late if sound_s >= 0 else -shown[0], abs=0.03)


def test_a_pause_in_the_sound_is_not_sound(plain: Path, tmp_path: Path) -> None:
    path = remux(plain, tmp_path / "v.mp4", lambda kind, t: 0.5 if kind == "audio" and t >= 1 else 0.0)
    sound = Audio(path).read(16000)
    assert heard(sound.samples, 16000) == pytest.approx([0.5, 1.7, 3.0], abs=0.001)
    (first, until), (again, end) = (sound.recorded / 16000).tolist()
    assert (first, until, again) == pytest.approx((0, 1.0, 1.5), abs=0.022) and end > 3.5
    assert sound.missing_s(3.5) == [(pytest.approx(until), pytest.approx(again))]
    mask = sound.mask()
    assert not mask[17000:23000].any() and mask[:15900].all() and mask[24400:].all() and not sound.complete
    edges = np.array([0, 8000, 15000, 25000])
    assert sound.holds(edges, edges + 4000).tolist() == [True, True, False, True]
    assert sound.holds(edges, edges).tolist() == [False] * 4


def test_pauses_of_pictures_and_sound_together(plain: Path, tmp_path: Path) -> None:
    path = remux(plain, tmp_path / "v.mp4", lambda _, t: 0.5 if t >= 1 else 0.0)
    assert heard(Audio(path).mono(), 16000) == pytest.approx([0.5, 1.7, 3.0], abs=0.001)
    sound, video = Audio(path).read(), Video("v", path)
    expected_s = np.arange(60) / 20 + 0.5 * (np.arange(60) >= 20)
    np.testing.assert_allclose(video.times_s(), expected_s, atol=1e-6)
    np.testing.assert_allclose(sound.pictures_s, expected_s, atol=1e-6)
    assert numbers(video.frames(17, 24)) == list(range(17, 24))


def test_stamps_in_whole_milliseconds_are_no_pauses(plain: Path, tmp_path: Path) -> None:
    wobble = np.random.default_rng(0).uniform(-0.004, 0.004, 1000)
    count = iter(range(1000))
    path = remux(plain, tmp_path / "v.mp4", lambda kind, _: wobble[next(count)] if kind == "audio" else 0.0)
    sound = Audio(path).read()
    assert len(sound.recorded) == 1
    assert heard(sound.samples, 16000) == pytest.approx(AT_S, abs=0.005)


def test_stretches_on_each_other_and_a_stop(plain: Path, tmp_path: Path) -> None:
    """Sound that is said to begin again before it ended is cut; what lies far off is not laid out to be thrown away."""
    path = remux(plain, tmp_path / "v.mp4", lambda kind, t: 4 * 3600 if kind == "audio" and t > 2 else 0.0)
    short = Audio(path).read(most_s=2.5)
    assert len(short.samples) < 2.6 * 16000 and heard(short.samples, 16000) == pytest.approx(AT_S[:2], abs=0.001)
    path = remux(plain, tmp_path / "w.mp4", lambda kind, t: 7 * 3600 if kind == "audio" and t > 2 else 0.0)
    with pytest.raises(CorruptError, match="absurdly long"):
        Audio(path).read()


def test_sound_in_numbers() -> None:
    sound = Sound(np.ones(10, np.float32), 10, np.array([[2, 4], [6, 10]]))
    assert sound.mask().tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 1, 1]
    assert sound.missing_s(1.2) == [(0.0, 0.2), (0.4, 0.6), (1.0, 1.2)]
    assert sound.missing_s(0.5) == [(0.0, 0.2), (0.4, 0.5)]
    assert Sound(np.zeros(0, np.float32), 10, np.zeros((0, 2), np.int64)).missing_s(2.0) == [(0.0, 2.0)]
    assert Sound.whole(np.ones(3, np.float32), 10).complete


# -- which track is the view -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [True, False])
def test_a_cover_picture_is_not_the_view(plain: Path, tmp_path: Path, first: bool) -> None:
    path = covered(plain, tmp_path / "v.mp4", first)
    with open_mp4(path, "v") as container:
        assert len(container.streams.video) == 2, "the cover is there"
    video, bare = Video("v", path), Video("v", plain)
    assert (video.header, video.num_frames) == (bare.header, 60)
    np.testing.assert_array_equal(video.frames(28, 33), bare.frames(28, 33))
    assert numbers(video.frames(28, 33)) == list(range(28, 33))
    sound, whole = Audio(path).read(), Audio(plain).read()
    np.testing.assert_array_equal(sound.samples, whole.samples)
    assert sound.fps == 20


def test_a_cover_alone_is_no_view(plain: Path, tmp_path: Path) -> None:
    import av

    mute = tmp_path / "sound.mp4"
    with av.open(str(plain)) as source, av.open(str(mute), "w") as target:
        copy = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    with pytest.raises(CorruptError, match="no video stream"):
        Video("v", covered(mute, tmp_path / "v.mp4", True)).frames()


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("kind", ["thumbnail", "longer thumbnail", "still", "short", "not default"])
def test_the_view_among_several_tracks(tmp_path: Path, place: int, kind: str) -> None:
    """A thumbnail of the same length, a still picture, a shorter take, another picture of the same size."""
    view, dark = counted(40), np.zeros((42, 48, 64, 3), np.uint8)
    other = {
        "thumbnail": dark[:40, :24, :32], "longer thumbnail": dark[:42, :24, :32], "still": dark[:1],
        "short": np.repeat(np.repeat(dark[:20], 2, 1), 2, 2), "not default": dark[:40],
    }[kind]  # fmt: skip
    both = [other, view] if place else [view, other]
    codecs = ("libx264",) * 2
    if kind == "still":
        codecs = ("mjpeg", "libx264") if place else ("libx264", "mjpeg")
    path = tracks(tmp_path / "v.mp4", *both, codecs=codecs, default=place if kind == "not default" else None)
    video = Video("v", path)
    assert (video.num_frames, video.size) == (40, (64, 48))
    assert numbers(video.frames(5, 9)) == [5, 6, 7, 8]
    assert first_picture_s(path, "v") == 0


# -- every frame, wherever one begins --------------------------------------------------------------------------------


MOVING = np.random.default_rng(0).integers(0, 60, (60, 48, 64, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("codec", "options", "keys"),
    [
        ("libx264", {"x264-params": "keyint=15:intra-refresh=1:bframes=0:scenecut=0"}, 1),
        ("libx264", {"x264-params": "keyint=20:intra-refresh=1:bframes=2:ref=4:scenecut=0"}, 1),
        ("libx264", {"x264-params": "keyint=20:intra-refresh=1:bframes=2:ref=4"}, None),
        ("libx264", {"x264-params": "keyint=15:min-keyint=15:open-gop=1:bframes=3:scenecut=0"}, 4),
        ("libx264", {"x264-params": "keyint=15:min-keyint=15:open-gop=1:bframes=5:b-pyramid=normal:ref=5"}, None),
        ("libx265", {"x265-params": "keyint=15:min-keyint=15:open-gop=1:bframes=4:log-level=none"}, 4),
        ("libx265", {"x265-params": "keyint=15:intra-refresh=1:bframes=0:log-level=none"}, 1),
        ("libvpx-vp9", {"g": "15", "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "8"}, 4),
        ("mpeg4", {"g": "15", "bf": "2"}, None),
    ],
)
def test_what_a_range_holds_does_not_depend_on_where_it_begins(
    tmp_path: Path, codec: str, options: dict[str, str], keys: int | None
) -> None:
    """Intra refresh has one place to begin at whatever the container says; open groups lose pictures before their own."""
    import av

    images = counted(60) // 2 + MOVING
    path = tmp_path / "v.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=20, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.thread_count = 1
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    video = Video("v", path)
    whole = video.frames()
    assert numbers(np.where(whole > 85, 255, 0)) == list(range(60))
    assert keys in (None, len(video.key_frames()))
    for start in [*range(1, 60, 4), 58, 59]:
        np.testing.assert_array_equal(video.frames(start, start + 3), whole[start : start + 3])
    np.testing.assert_array_equal(video.frames(13, 47), whole[13:47])


def test_frames_that_the_decoder_never_gives_are_an_error(encode: Encode, tmp_path: Path) -> None:
    """The last stored picture has no content: neither a read from the start nor one near the end is a frame short."""
    import av

    path = tmp_path / "v.mp4"
    with av.open(str(encode(tmp_path / "w.mp4", counted(30)))) as source, av.open(str(path), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(source.streams.video[0])):
            if packet.dts is None:
                continue
            if number == 29:
                empty = av.Packet(b"\0\0\0\2\x09\xf0")  # an access unit delimiter and nothing else
                empty.pts, empty.dts, empty.duration = packet.pts, packet.dts, packet.duration
                empty.time_base, packet = packet.time_base, empty
            packet.stream = copy
            target.mux(packet)
    video = Video("v", path)
    assert video.num_frames == 30 and numbers(video.frames(25, 29)) == [25, 26, 27, 28]
    for start in (0, 25, 29):
        with pytest.raises(CorruptError) as caught:
            video.frames(start)
        assert caught.value.field == "frame 29"
