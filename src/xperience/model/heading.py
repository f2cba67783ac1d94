"""The gravity-aligned heading frame: origin at the wearer, x where the wearer looks, z up.

World -z is gravity, so a heading differs from the world by a turn about z alone. Motion told in it does not depend on
where the recording began or which way was north.
"""

from __future__ import annotations

import torch

FORWARD = 2
"""Axis of the body frame (headset) that looks forward: x right, y down, z forward."""


def heading(T_world_body: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """R_heading_world [B, 3, 3] of the first valid pose of each sample; the identity where none is.

    Args:
        T_world_body: [B, N, 3, 4]. valid: [B, N] bool.
    """
    first = valid.float().argmax(1)  # 0 where none is valid
    pose = T_world_body[torch.arange(len(first), device=first.device), first]
    forward = pose[:, :2, FORWARD].float()
    size = forward.norm(dim=1)
    usable = valid.any(1) & (size > 1e-3)
    x, y = (torch.where(usable, forward[:, k] / size.clamp(min=1e-3), torch.full_like(size, 1.0 - k)) for k in (0, 1))
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([x, y, zero, -y, x, zero, zero, zero, one], 1).view(-1, 3, 3)
