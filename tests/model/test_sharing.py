"""Tokens that several passes share, and the size of what encoders tell."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from xperience.model.encoders import STILL
from xperience.model.encoders.span import Span
from xperience.model.tokens import MAP
from xperience.pretrain.learner import on_device

CPU = torch.device("cpu")
MOTION = ("pose", "hand_left", "hand_right", "body", "contacts", "imu")
PICTURES = ("video_stereo_left", "video_stereo_right", "depth")


@pytest.mark.parametrize("streams", [MOTION, PICTURES, ("imu",), (*MOTION, "depth"), None])
def test_a_pass_over_shared_tokens_is_a_pass_of_its_own(model, batch, streams):
    moved = on_device(batch, CPU)
    with torch.no_grad():
        alone = model(moved, streams=streams)
        shared = model.fuse(model.encode(moved), streams)
    assert list(alone.tokens.places) == list(shared.tokens.places)
    assert (MAP in shared.tokens.places) == (streams is None or {"pose", "depth"} <= set(streams))
    assert torch.allclose(alone.readout, shared.readout, atol=1e-5)
    assert torch.allclose(alone.x, shared.x, atol=1e-5)


def test_words_alone_are_a_view_too(model, batch):
    moved = on_device(batch, CPU)
    told = (["hold the mug", "", "fold the towel", "walk"], torch.tensor([True, True, True, False]))
    with torch.no_grad():
        state = model.fuse(model.encode(moved), (), language=told)
    assert torch.isfinite(state.readout).all()
    assert torch.allclose(state.readout[1], state.readout[3], atol=1e-3), "nothing was said to either"
    assert not torch.allclose(state.readout[0], state.readout[2], atol=1e-2)


def test_numbers_are_told_about_their_mean(model, loader):
    model = copy.deepcopy(model)
    batches = [on_device(loader.batch(np.arange(k, k + 8)), CPU) for k in (0, 8, 16)]
    model.calibrate(batches)
    for modality, stream in (("body", "body"), ("hands", "hand_right"), ("pose", "pose"), ("audio", "audio")):
        encoder = model.encoders[modality]
        found = [encoder.features(Span(model.config, batch, "window", model.streams), stream) for batch in batches]
        values, valid = (torch.cat([getattr(f, name) for f in found]).flatten(0, 1) for name in ("values", "valid"))
        spread = encoder.get_buffer(f"{stream}_spread")
        assert (spread >= STILL - 1e-6).all()
        loud = (spread > STILL * 1.01) & (valid.sum(0) > 20)
        assert loud.float().mean() > 0.3, stream
        mean = (values * valid).sum(0) / valid.sum(0).clamp(min=1)
        assert mean[loud].abs().median() < 0.05, stream
        assert 0.8 < float(values[:, loud][valid[:, loud]].std()) < 1.2, stream
    before = {name: value.clone() for name, value in model.named_buffers()}
    model.calibrate(batches)
    assert all(torch.allclose(before[name], value, atol=1e-5) for name, value in model.named_buffers()), "twice is once"
