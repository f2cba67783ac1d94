"""Where each patch of a picture looks: rays in the body frame, from the calibration."""

from __future__ import annotations

import torch

from xperience.episode.cameras import VIEWS
from xperience.pretrain.batch import Batch

NEWTON = 6
WIDEST = 1.6
"""Radians from the axis that a lens reaches at most; beyond, a pixel sees nothing."""


def patch_rays(batch: Batch, view: str, grid: int) -> torch.Tensor:
    """[B, grid grid, 4]: unit ray in the body frame and whether it is known, at the middle of each patch.

    Fisheye: r = f (t + k1 t^3 + k2 t^5 + k3 t^7 + k4 t^9) (Kannala and Brandt 2006), solved by Newton's method.
    """
    place, cameras = VIEWS.index(view), batch.cameras
    K, D, T = cameras.K[:, place].float(), cameras.D[:, place].float(), cameras.T_camera_body[:, place].float()
    middle = (torch.arange(grid, device=K.device) + 0.5) / grid
    v, u = torch.meshgrid(middle, middle, indexing="ij")
    focal = torch.where(K[:, :2] > 0, K[:, :2], torch.ones_like(K[:, :2]))
    x = (u.flatten()[None] - K[:, 2:3]) / focal[:, :1]
    y = (v.flatten()[None] - K[:, 3:4]) / focal[:, 1:2]
    r = (x * x + y * y).sqrt().clamp(min=1e-6)
    angle = r.clamp(max=WIDEST)
    for _ in range(NEWTON):
        t2 = angle * angle
        k1, k2, k3, k4 = (D[:, k : k + 1] for k in range(4))
        value = angle * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4)))) - r
        slope = 1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4)))
        angle = (angle - value / slope.clamp(min=0.1)).clamp(0, 2 * WIDEST)
    fisheye = cameras.fisheye[:, place, None]
    angle = torch.where(fisheye, angle, torch.atan(r))
    ray = torch.stack([x / r * angle.sin(), y / r * angle.sin(), angle.cos()], -1)
    ray = torch.einsum("bji,bnj->bni", T[:, :, :3], ray)  # the inverse turn: camera to body
    known = (cameras.valid[:, place, None] & (angle < WIDEST))[..., None]
    return torch.cat([ray * known, known.to(ray.dtype)], -1)
