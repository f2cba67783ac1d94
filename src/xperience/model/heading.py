"""The gravity-aligned heading frame: origin at the wearer, x where the wearer looks, z up.

World -z is gravity, so a heading differs from the world by a turn about z alone. Motion told in it does not depend on
where the recording began or which way was north.
"""

from __future__ import annotations

import torch

FORWARD = 2
"""Axis of the body frame (headset) that looks forward: x right, y down, z forward."""

LEFT_HIP, RIGHT_HIP = 1, 2
"""Joints of the body."""


def heading(T_world_body: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """R_heading_world [B, 3, 3] of the first valid pose of each sample; the identity where none is.

    Args:
        T_world_body: [B, N, 3, 4]. valid: [B, N] bool.
    """
    pose = _first(T_world_body, valid)
    return turned_to(pose[:, :2, FORWARD].float(), valid.any(1))


def body_heading(joints: torch.Tensor, tracked: torch.Tensor) -> torch.Tensor:
    """R_heading_world [B, T, 3, 3] square to the hips in the first frame of each block that has both.

    Args:
        joints: [B, T, F, J, 3] world metres. tracked: [B, T, F, J] bool.
    """
    blocks = joints.shape[:2]
    valid = (tracked[..., LEFT_HIP] & tracked[..., RIGHT_HIP]).flatten(0, 1)
    hips = _first(joints[..., LEFT_HIP : RIGHT_HIP + 1, :].flatten(0, 1), valid)
    across = hips[:, 0] - hips[:, 1]  # to the left; forward is left x up
    return turned_to(torch.stack([across[:, 1], -across[:, 0]], -1).float(), valid.any(1)).view(*blocks, 3, 3)


def turned_to(forward: torch.Tensor, usable: torch.Tensor) -> torch.Tensor:
    """R [n, 3, 3] that turns horizontal directions [n, 2] to x; the identity where not usable [n] or too short."""
    size = forward.norm(dim=1)
    usable = usable & (size > 1e-3)
    x, y = (torch.where(usable, forward[:, k] / size.clamp(min=1e-3), torch.full_like(size, 1.0 - k)) for k in (0, 1))
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([x, y, zero, -y, x, zero, zero, zero, one], 1).view(-1, 3, 3)


def _first(values: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """[B, ...] the first valid of [B, N, ...]; number 0 where none is."""
    first = valid.float().argmax(1)
    index = first.view(-1, *[1] * (values.ndim - 1)).expand(-1, 1, *values.shape[2:])
    return values.gather(1, index)[:, 0]
