"""The model: any subset of modalities, never ahead of time, the same in pieces as in one go."""

from __future__ import annotations

import itertools
import json

import jsonschema
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from xperience.episode import Presence
from xperience.errors import UsageError
from xperience.model.config import ModelConfig
from xperience.model.language import KEYS, SCHEMA, Tokenizer
from xperience.model.model import XperienceModel
from xperience.model.sizes import DIALS, size
from xperience.model.streaming import Streamer
from xperience.model.tokens import MAP
from xperience.pretrain.batches import Batches
from xperience.pretrain.learner import on_device
from xperience.pretrain.sampling import BatchRecipe, Mix

CPU = torch.device("cpu")


def absent(batch, streams):
    """The batch without some streams."""
    for name in streams:
        one = batch.streams[name]
        one.values[:] = 0
        one.valid[:] = False
        one.presence[:] = Presence.ABSENT
    return batch


def test_every_token_has_its_place_and_time(model, batch):
    state = model(on_device(batch, CPU))
    B, T, R, D = 4, model.config.blocks, model.config.readouts, model.config.width
    assert state.readout.shape == (B, T, R, D) and state.x.shape == state.tokens.x.shape
    places = sorted((p.start, p.stop) for p in state.tokens.places.values())
    assert places[0][0] == 0 and places[-1][1] == state.x.shape[1]
    gaps = [b[0] - a[1] for a, b in itertools.pairwise(places)]
    assert not any(gaps) and MAP in state.tokens.places, "side by side, each with a name"
    assert state.seen.all(), "everything is in the recordings"
    middle = (state.tokens.block + 0.5) * model.config.block_s
    assert (state.tokens.time - middle).abs().max() < 0.2


def test_what_is_not_there_changes_nothing_that_does_not_look_at_it(model, batch):
    """A stream that is absent, whatever its bytes hold, is masked out; presence itself is told to the readouts."""
    clean = model(on_device(absent(batch, ["imu"]), CPU))
    batch.streams["imu"].values[:] = 1e4
    dirty = model(on_device(batch, CPU))
    assert torch.equal(clean.readout, dirty.readout)
    other = clean.tokens.of("pose")
    assert torch.equal(clean.x[:, other], dirty.x[:, other])


@pytest.mark.parametrize("seed", range(6))
def test_any_subset_gives_finite_numbers_and_gradients_to_all(model, loader, seed):
    rng = np.random.default_rng(seed)
    names = list(loader.layouts)
    lacking = [name for name in names if rng.random() < (seed + 1) / 6]
    batch = on_device(absent(loader.batch(np.arange(2)), lacking), CPU)
    model.zero_grad()
    state = model(batch, language=(["", "holds the mug"], torch.tensor([True, True])))
    (state.readout.square().mean() + 0 * state.x.sum()).backward()
    assert torch.isfinite(state.x).all() and torch.isfinite(state.readout).all()
    grown = [n for n, p in model.named_parameters() if p.grad is None and not n.startswith("writer")]
    assert not grown, "every parameter takes part, whatever is there"
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_nothing_looks_ahead(model, loader):
    """Changing the last block of every stream changes nothing before it."""
    a, b = loader.batch(np.arange(2)), loader.batch(np.arange(2))
    edge = model.config.block_s * (model.config.blocks - 1)
    for one in b.streams.values():
        late = one.times >= edge + 0.02
        one.values[late] = (one.values[late] * 0.5).astype(one.values.dtype)
    first, second = model(on_device(a, CPU)), model(on_device(b, CPU))
    assert torch.allclose(first.readout[:, :-1], second.readout[:, :-1], atol=1e-6)
    assert not torch.allclose(first.readout[:, -1], second.readout[:, -1], atol=1e-3)
    early = first.tokens.block < model.config.blocks - 1
    assert torch.allclose(first.x[:, early], second.x[:, early], atol=1e-6)


@pytest.mark.parametrize("context_s", [8.0, 1.25])
def test_fed_window_by_window_it_gives_what_one_pass_gives(model, tokenizer, shapes, loader, context_s):
    """Recordings by their own clocks: two windows one after the other against one pass over both."""
    torch.manual_seed(1)
    config = size("nano", shapes, width=64, layers=3, heads=2, kv_heads=2, context_s=context_s)
    model = XperienceModel(config, tokenizer).eval()
    both = Batches(loader.data, [Mix(frames=40, future=0)], BatchRecipe(frames=40, future=0), 0)
    source, episode, start = np.zeros(2, np.int64), np.array([0, 1]), np.array([0, 15])
    seeds = np.zeros(2, np.uint64)
    with torch.no_grad():
        one = model(on_device(both.at(source, episode, start, np.arange(2), seeds), CPU)).readout
    clock = np.array([loader.data[0].clock(int(e), 0, 60) for e in episode])
    streamer, pieces = Streamer(model), []
    for part in range(2):
        first = start + 20 * part
        window = on_device(loader.at(source, episode, first, np.arange(2), seeds), CPU)
        pieces.append(streamer.feed(window, torch.from_numpy(clock[np.arange(2), first])).readout)
    apart = (torch.cat(pieces, 1) - one).abs()
    assert apart.max() < 1e-5, apart.amax(dim=(0, 2, 3))
    blocks = streamer.past.cache.block
    assert blocks.max() == 7 and len(np.unique(blocks)) <= max(1, round(context_s / 0.25) - 1), "memory is bounded"


def test_dropped_and_absent_are_told_apart(model, batch):
    from xperience.prepare.streams import STREAMS

    here = on_device(batch, CPU)
    none = torch.zeros(4, len(STREAMS), dtype=torch.bool)
    gone = none.clone()
    gone[:, list(STREAMS).index("body")] = True
    dropped = model(here, dropped=gone)
    missing = model(on_device(absent(batch, ["body"]), CPU))
    assert not dropped.seen[:, dropped.tokens.of("body")].any()
    assert not torch.allclose(dropped.readout, missing.readout)


def test_hidden_tokens_are_not_seen(model, loader):
    a, b = loader.batch(np.arange(2)), loader.batch(np.arange(2))
    b.streams["pose"].values[:, :20] = a.streams["pose"].values[:, :20][::-1]
    count = model.config.blocks
    hide = {"pose": torch.ones(2, count, dtype=torch.bool)}
    only = ("pose", "contacts")
    one, two = (model(on_device(x, CPU), hidden=hide, streams=only) for x in (a, b))
    assert torch.allclose(one.x, two.x, atol=1e-6)
    shown = model(on_device(b, CPU), streams=only)
    assert not torch.allclose(one.x, shown.x, atol=1e-3)


def test_sizes_are_what_they_are_called(tokenizer):
    wanted = {"nano": 3e6, "micro": 12e6, "0.3b": 0.3e9, "1b": 1e9, "3b": 3e9, "7b": 7e9}
    from xperience.model.config import StreamShape
    from xperience.prepare.streams import STREAMS

    streams = {}
    for name, stream in STREAMS.items():
        shape = tuple({0: 224, 1: 224}[k] if s is None else s for k, s in enumerate(stream.shape))
        streams[name] = StreamShape(20 if stream.per_frame else stream.capacity(1.0), shape, 1 / stream.rate_hz)
    assert list(DIALS) == list(wanted)
    for name, count in wanted.items():
        with torch.device("meta"):
            model = XperienceModel(size(name, streams), tokenizer)
        total = sum(p.numel() for p in model.parameters())
        assert 0.75 < total / count < 1.35, (name, total / 1e6)
    with pytest.raises(UsageError, match="did you mean '1b'"):
        size("1B")
    with pytest.raises(UsageError, match="no such number"):
        size("nano", depth=3)


def test_a_config_survives_json(shapes):
    config = size("micro", shapes, readouts=2)
    assert ModelConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_weights_are_the_document_is_valid(shapes, tokenizer, seed):
    torch.manual_seed(seed)
    writer = XperienceModel(
        size("nano", shapes, width=64, layers=1, heads=2, kv_heads=2, writer_layers=1), tokenizer
    ).writer
    with torch.no_grad():
        for parameter in writer.parameters():
            parameter.normal_(std=[0.02, 1.0, 30.0, float("nan")][seed] if seed < 3 else 1e30)
    for text in writer.write(torch.randn(2, 5, 64) * 10**seed, torch.ones(2, 5, dtype=torch.bool)):
        document = json.loads(text)
        jsonschema.validate(document, SCHEMA)
        assert tuple(document) == KEYS
        low, high = document["evidence_window"]
        assert 0 <= low <= high <= 1


def test_the_writer_learns_what_it_is_shown(shapes, tokenizer):
    """Two memories, two documents: after a few steps each writes its own."""
    torch.manual_seed(0)
    writer = XperienceModel(size("nano", shapes, width=64, layers=1, heads=2, kv_heads=2), tokenizer).writer
    common = {"subtask": "Fold the towel", "next_action": "Walk to the counter", "evidence_window": [0.1, 0.9]}
    documents = [
        {"action": "Pick up the red mug", "objects": ["mug"], "contact": True, "transition": False, **common},
        {"action": "Pour water", "objects": ["kettle", "water"], "contact": None, "transition": True, **common},
    ]
    memory, known = torch.randn(2, 3, 64), torch.ones(2, 3, dtype=torch.bool)
    optimiser = torch.optim.AdamW(writer.parameters(), lr=3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        total, count = writer.loss(memory, known, documents)
        (total / count).backward()
        optimiser.step()
    written = [json.loads(text) for text in writer.write(memory, known)]
    assert written == [{key: document[key] for key in KEYS} for document in documents]
    zero, none = writer.loss(memory, known, [{}, {}])
    assert float(zero) == 0 and float(none) == 0


def test_equal_texts_are_embedded_alike_and_long_ones_are_cut(model):
    with torch.no_grad():
        a = model.text.embed(["Pick up the mug", "Walk", "Pick up the mug", "", "x" * 100_000, "日本語 \x00"])
    assert torch.equal(a[0], a[2]) and not torch.allclose(F.normalize(a[0], dim=0), F.normalize(a[1], dim=0), atol=1e-2)
    assert torch.isfinite(a).all()


def test_the_tokenizer_reads_anything_and_learns_the_same_twice():
    texts = ["Pour water into the mug", "Fold the towel"] * 3
    one, two = Tokenizer.learn(texts, 300), Tokenizer.learn(reversed(texts), 300)
    assert one.text == two.text
    for text in ("Pour water", "Ünïcode ☃ \n\t", "", "\x00\x01"):
        assert one.decode(one.encode(text)) == text
