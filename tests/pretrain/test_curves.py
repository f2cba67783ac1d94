"""Forecasts go on from what was in motion, and learn how."""

from __future__ import annotations

import torch

from xperience.pretrain.objectives.curves import RECENT, Curves, recent

RATE_HZ = 20


def moving(rows: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions [B, 10, 2] at constant speeds and the speeds [B, 2]."""
    speed = torch.randn(rows, 2, generator=torch.Generator().manual_seed(seed))
    return speed[:, None] * torch.arange(10)[:, None] / RATE_HZ + 3, speed


def times(rows: int, frames: int = 10) -> torch.Tensor:
    return (torch.arange(frames, dtype=torch.float64) / RATE_HZ).expand(rows, -1)


def test_speeds_are_the_last_ones_and_say_which_are_known():
    places, speed = moving(3, 0)
    valid = torch.ones(3, 10, dtype=torch.bool)
    valid[1, -1] = False
    valid[2, -3] = False
    speeds, known = recent(places, valid, times(3))
    assert speeds.shape == known.shape == (3, RECENT, 2)
    assert known[0].all() and not known[1, 0].any() and known[1, 1:].all()
    assert known[2, 0].all() and not known[2, 1:3].any() and known[2, 3:].all()
    assert torch.allclose(speeds[0], speed[0].expand(RECENT, -1), atol=1e-5) and (speeds[~known] == 0).all()
    few, some = recent(places[:, :3], valid[:, :3], times(3, 3))
    assert few.shape == (3, RECENT, 2) and some[:, :2].all() and not some[:, 2:].any()


def test_speeds_are_by_the_true_times_the_last_one_first():
    """Places 0, 1, 4, 9, 16, 25 at 30 Hz, the last step taking twice as long."""
    places = torch.tensor([0.0, 1, 4, 9, 16, 25])[None, :, None]
    clock = torch.tensor([0.0, 1, 2, 3, 4, 6], dtype=torch.float64)[None] / 30
    speeds, known = recent(places, torch.ones(1, 6, dtype=torch.bool), clock)
    assert torch.allclose(speeds[0, :, 0], torch.tensor([135.0, 210, 150, 90]), rtol=1e-5) and known.all()


def test_nothing_known_is_standing_still():
    curves = Curves(4, 2, 1.0, 0.1)
    ahead = torch.tensor([[0.0, 0.5, 1.0]])
    feature = torch.zeros(1, 4)
    unknown = torch.zeros(1, RECENT, 2, dtype=torch.bool)
    still = curves(feature, ahead, torch.zeros(1, RECENT, 2), unknown)
    gone = curves(feature, ahead, torch.full((1, RECENT, 2), 9.0), unknown)
    assert torch.equal(still, gone) and (still[:, 0] == 0).all()


def test_it_learns_which_speeds_to_trust_and_how_long_motion_lasts():
    """Only the speed before last is right, and motion dies away in 0.4 s."""
    curves = Curves(4, 2, 1.0, 0.1)
    optimiser = torch.optim.Adam(curves.parameters(), 5e-3)
    draw = torch.Generator().manual_seed(1)
    ahead = torch.linspace(0.05, 1, 20).expand(64, -1)
    known = torch.ones(64, RECENT, 2, dtype=torch.bool)
    for _ in range(300):
        speeds = torch.randn(64, RECENT, 2, generator=draw)
        came = speeds[:, 1, None] * (0.4 * (1 - torch.exp(-ahead / 0.4)))[..., None]
        loss = (curves(torch.zeros(64, 4), ahead, speeds, known) - came).norm(dim=-1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.softmax(curves.lean * 10, 0)[1] > 0.95
    assert loss < 0.02


def test_motion_dies_away_and_coefficients_add_waves():
    """v decay (1 - exp(-t / decay)) with a decay of 0.2 s, and waves of T = 2 s: a first sine of 3 times 0.1, a second
    cosine of 1 times 0.1."""
    curves = Curves(1, 1, 2.0, 0.1, terms=2)
    said = torch.tensor([[3.0, 0.0, 0.0, 1.0]])
    curves.coefficients = torch.nn.Sequential(torch.nn.Identity())
    ahead = torch.tensor([[0.0, 0.2, 0.5, 2.0]])
    speeds, known = torch.full((1, RECENT, 1), 1.5), torch.ones(1, RECENT, 1, dtype=torch.bool)
    t = ahead[0].double()
    fading = 1.5 * 0.2 * (1 - torch.exp(-t / 0.2))
    waves = 0.3 * torch.sin(t * torch.pi / 2) + 0.1 * (1 - torch.cos(t * torch.pi))
    found = curves(said, ahead, speeds, known)[0, :, 0].double()
    assert torch.allclose(found, fading + waves, atol=1e-6)


def test_velocity_is_the_mean_of_known_speeds_by_learnt_shares():
    """Shares by a softmax of ten times what is learnt, over what is known; the decay is 0.2 s times e to ten times it."""
    curves = Curves(1, 1, 1.0, 0.1)
    with torch.no_grad():
        curves.lean.copy_(torch.tensor([0.0, 0.1, 0.0, 0.0]) * torch.log(torch.tensor(2.0)))
        curves.decay.fill_(torch.log(torch.tensor(2.0)) / 10)
    speeds = torch.tensor([1.0, 4.0, 9.0, 50.0])[None, :, None]
    known = torch.tensor([True, True, True, False])[None, :, None]
    velocity = (1 + 2 * 4 + 9) / 4
    found = curves(torch.zeros(1, 1), torch.tensor([[0.3]]), speeds, known)
    decay = torch.tensor(0.4)
    assert torch.allclose(found[0, 0, 0], velocity * decay * (1 - torch.exp(-0.3 / decay)), atol=1e-5)
    assert RECENT == 4
