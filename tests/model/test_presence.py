"""The model as a whole: shapes, presence, causality, streaming, gradients."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import random_batch
import torch

from xperience.model.attention import attend, masked, rotate, turns
from xperience.model.language import Tokenizer
from xperience.model.model import LANGUAGE, State, XperienceModel
from xperience.model.streaming import Streamer
from xperience.model.tokens import MAP
from xperience.prepare.batch import Batch, StreamBatch
from xperience.prepare.streams import STREAMS
from xperience.pretrain.learner import on_device


@pytest.fixture(scope="module")
def model() -> XperienceModel:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return XperienceModel(random_batch.config(), Tokenizer.learn(random_batch.WORDS, 300))


def test_shapes(model: XperienceModel) -> None:
    batch = random_batch.tensors()
    said = (["a mug. pour", "", "x", "y"], torch.tensor([True, True, False, True]))
    state = model(batch, language=said)
    config = model.config
    assert state.readout.shape == (4, config.blocks, config.readouts, config.width)
    assert state.window.shape == (4, config.width)
    counts = {s: p.stop - p.start for s, p in state.tokens.places.items()}
    assert set(counts) == {*STREAMS, LANGUAGE, MAP} and counts["video_stereo_left"] == 16 and counts["imu"] == 4
    assert state.tokens.known[:, state.tokens.of(LANGUAGE)].any(1).tolist() == [True, False, False, True]
    for stream, channels in model.channels.items():
        for part in ("window", "future"):
            values, valid = model.targets(batch, stream, part)
            assert values.shape == valid.shape == (4, counts[stream], channels)
            assert values.isfinite().all() and not values[~valid].any()
    later = model(batch, part="future")
    assert later.readout.shape == state.readout.shape
    some = model(batch, streams=("imu", "audio"))
    assert set(some.tokens.places) == {"imu", "audio"}


@pytest.mark.parametrize("presence", ["all", "none", "mixed"])
def test_every_parameter_has_a_gradient(model: XperienceModel, presence: str) -> None:
    batch = random_batch.tensors(presence=presence)
    state = model(batch, language=(["a mug"] * 4, batch.weight > 0))
    written, _ = model.writer.loss(state.x, state.seen, [{}] * 4)
    loss = state.x.square().mean() + state.readout.std() + written / 100 + model.text.embed(["a b"]).std()
    model.zero_grad()
    loss.backward()
    assert loss.isfinite()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def test_what_is_not_shown_does_not_matter(model: XperienceModel) -> None:
    one, other = random_batch.tensors(presence="all"), random_batch.tensors(presence="all")
    noise = random_batch.tensors(presence="all", seed=1)
    dropped = torch.zeros(4, len(STREAMS), dtype=torch.bool)
    dropped[:, list(STREAMS).index("pose")] = dropped[:, list(STREAMS).index("audio")] = True
    for stream in ("pose", "audio"):
        other.streams[stream] = noise.streams[stream]
    a, b = model(one, dropped=dropped), model(other, dropped=dropped)
    assert torch.equal(a.readout, b.readout)
    assert not torch.allclose(model(one).readout, model(other).readout)
    hidden = {"imu": torch.ones(4, 4, dtype=torch.bool)}
    other = random_batch.tensors(presence="all")
    other.streams["imu"] = noise.streams["imu"]
    a, b = model(one, hidden=hidden), model(other, hidden=hidden)
    assert torch.equal(a.x, b.x) and a.tokens.known[:, a.tokens.of("imu")].all()


def test_nothing_looks_ahead(model: XperienceModel) -> None:
    batch, noise = random_batch.tensors(presence="all"), random_batch.tensors(presence="all", seed=1)
    cut = 0.5
    changed = replace(batch, streams={
        name: replace(one, values=torch.where(
            (one.times < cut - 1e-6).view(*one.times.shape, *[1] * (one.values.ndim - 2)), one.values,
            noise.streams[name].values))
        for name, one in batch.streams.items()
    })  # fmt: skip
    a, b = model(batch), model(changed)
    early = round(cut / model.config.block_s)
    assert torch.equal(a.readout[:, :early], b.readout[:, :early])
    assert not torch.allclose(a.readout[:, early], b.readout[:, early])


def cut(batch: Batch, first: int, frames: int) -> Batch:
    """The window of a batch from frame `first` on, its times counted from there."""
    zero = first / 20
    streams = {}
    for name, one in batch.streams.items():
        if STREAMS[name].per_frame:
            every = round(one.slots / batch.frames * frames) * 20 // (frames * 20) or 1
            every = batch.frames // one.slots
            place = np.arange(first // every, (first + frames) // every)
            valid = one.valid[:, place]
        else:
            rate = STREAMS[name].rate_hz
            place = np.arange(round(zero * rate), round(zero * rate) + STREAMS[name].capacity(frames / 20))
            place = np.minimum(place, one.slots - 1)
            inside = one.times[:, place] < zero + frames / 20 - 1e-6
            inside[:, 1:] &= place[1:] > place[:-1]
            valid = one.valid[:, place] & inside
        streams[name] = StreamBatch(
            one.values[:, place], one.times[:, place] - np.float32(zero), valid, one.presence, len(place)
        )
    return replace(batch, frames=frames, future=0, start_frame=batch.start_frame + first, streams=streams)


@pytest.mark.parametrize("context_s", [8.0, 1.5])
def test_streaming_equals_one_pass(context_s: float) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = XperienceModel(random_batch.config(context_s=context_s), Tokenizer.learn([], 0)).eval()
    whole = random_batch.batch(size=2, frames=80, future=0)
    cpu = torch.device("cpu")
    with torch.no_grad():
        wanted: State = model(on_device(whole, cpu))
    streamer, sizes, readouts = Streamer(model), [], []
    for first in range(0, 80, 20):
        start = torch.full((2,), 100 + first / 20, dtype=torch.float64)
        state = streamer.feed(on_device(cut(whole, first, 20), cpu), start)
        readouts.append(state.readout)
        assert streamer.past is not None and streamer.past.cache is not None
        sizes.append(streamer.past.cache.kept[0][0].shape[2])
    got = torch.cat(readouts, 1)
    assert (got - wanted.readout).abs().max() < 1e-5
    assert wanted.readout.std() > 0.1
    reach = model.trunk.reach
    per_block = sizes[0] // 4
    assert max(sizes) <= per_block * max(reach, 4) * 2
    if context_s < 2:
        assert sizes[-1] == sizes[-2] == per_block * (reach - 1)


def test_tokens_depend_on_nothing_but_what_was_sensed(model: XperienceModel) -> None:
    """Readouts, and with them what they are told of presence, reach no token."""
    batch = random_batch.tensors(presence="all")
    with torch.no_grad():
        first = model(batch)
        kept = model.readout.detach().clone()
        model.readout.add_(5.0)
        second = model(batch)
        model.readout.copy_(kept)
    assert torch.equal(first.x, second.x) and not torch.allclose(first.readout, second.readout)


def test_unknown_tokens_are_seen_by_themselves_alone(model: XperienceModel) -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(1, 4, model.config.width, generator=draw)
    known = torch.tensor([[True, False, True, True]])
    none = np.zeros(4, bool)

    def out(x: torch.Tensor) -> torch.Tensor:
        return model.trunk(x, torch.zeros(1, 4, dtype=torch.float64), np.array([0, 0, 0, 1]), known, none)[0]

    with torch.no_grad():
        changed = x.clone()
        changed[0, 1] += 1.0
        apart = (out(x) - out(changed)).abs().amax(-1)[0]
        assert (apart[[0, 2, 3]] == 0).all() and apart[1] > 1e-3
        changed = x.clone()
        changed[0, 2] += 1.0
        assert (out(x) - out(changed)).abs().amax(-1)[0, [0, 1, 3]].min() > 1e-6


def test_ways_of_attention_agree() -> None:
    """The plain way against the fused one, with fewer heads of keys, and a mask by which each sees itself alone."""
    draw = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, heads, 5, 8, generator=draw) for heads in (4, 2, 2))
    allowed = torch.rand(2, 5, 5, generator=draw) < 0.5
    allowed |= torch.eye(5, dtype=torch.bool)
    plain, fused = (attend(q, k, v, masked(allowed, way)) for way in ("plain", "fused"))
    assert torch.allclose(plain, fused, atol=1e-6)
    alone = attend(q, k, v, masked(torch.eye(5, dtype=torch.bool)[None], "plain"))
    assert torch.allclose(alone, v.repeat_interleave(2, 1), atol=1e-6)


def test_positions_matter_by_their_distance_alone() -> None:
    """Products of turned vectors depend on how far apart they are; the shortest period is 0.1 s, the longest 240 s."""
    draw = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 1, 1, 1, 8, generator=draw)
    times = torch.tensor([[0.0, 0.03, 1.7, 500.0]], dtype=torch.float64)

    def product(apart: float) -> torch.Tensor:
        turned = rotate(a.expand(1, 1, 4, 8), turns(times, 8))
        return (turned * rotate(b.expand(1, 1, 4, 8), turns(times + apart, 8))).sum(-1)[0, 0]

    for apart in (0.0, 0.02, 3.0):
        assert torch.allclose(product(apart), product(apart)[0].expand(4), atol=1e-4)
    assert float(product(0.0)[0]) == pytest.approx(float((a * b).sum()), abs=1e-5)
    assert abs(float(product(0.02)[0] - product(0.0)[0])) > 1e-2
    unit = torch.zeros(1, 1, 1, 8)
    unit[..., 0], unit[..., 3] = 1.0, 1.0
    cos, sin = turns(torch.tensor([[0.025]]), 8)
    assert cos[0, 0, 0, 0] == pytest.approx(0.0, abs=1e-6) and sin[0, 0, 0, 0] == pytest.approx(1.0)
    assert sin[0, 0, 0, 3] == pytest.approx(2 * np.pi * 0.025 / 240, rel=1e-5)
