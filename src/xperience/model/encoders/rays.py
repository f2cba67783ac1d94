"""Where each patch of a picture looks: rays in the body frame, from the calibration."""

from __future__ import annotations

import torch

from xperience.episode.cameras import LENS_RADIUS, VIEWS
from xperience.prepare.batch import Batch

NEWTON = 6
WIDEST = 1.6
"""Radians from the axis that a lens reaches at most; beyond, a pixel sees nothing."""

NUMBERS = 7


def patch_rays(batch: Batch, views: tuple[str, ...], grid: int) -> tuple[torch.Tensor, torch.Tensor]:
    """[B, V, grid grid, 7]: unit ray in the body frame at the middle of each patch, whether it is known, whether the lens
    is a fisheye, and both focal lengths; zeros where nothing is known. Also [B, V, grid grid] bool: surely outside the
    lens.

    Fisheye: r = f (t + k1 t^3 + k2 t^5 + k3 t^7 + k4 t^9) (Kannala and Brandt 2006), solved by Newton's method.
    """
    places = [VIEWS.index(view) for view in views]
    cameras = batch.cameras

    def of_views(values: torch.Tensor) -> torch.Tensor:  # an index from the host would wait for the device
        return torch.stack([values[:, place] for place in places], 1)

    K, D = of_views(cameras.K).float(), of_views(cameras.D).float()
    T, fisheye = of_views(cameras.T_camera_body).float(), of_views(cameras.fisheye)[..., None]
    middle = (torch.arange(grid, device=K.device) + 0.5) / grid
    v, u = torch.meshgrid(middle, middle, indexing="ij")
    focal = torch.where(K[..., :2] > 0, K[..., :2], torch.ones_like(K[..., :2]))
    x = (u.flatten() - K[..., 2:3]) / focal[..., :1]
    y = (v.flatten() - K[..., 3:4]) / focal[..., 1:2]
    r = (x * x + y * y).sqrt().clamp(min=1e-6)
    angle = r.clamp(max=WIDEST)
    k1, k2, k3, k4 = (D[..., k : k + 1] for k in range(4))
    for _ in range(NEWTON):
        t2 = angle * angle
        value = angle * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4)))) - r
        slope = 1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4)))
        angle = (angle - value / slope.clamp(min=0.1)).clamp(0, 2 * WIDEST)
    angle = torch.where(fisheye, angle, torch.atan(r))
    ray = torch.stack([x / r * angle.sin(), y / r * angle.sin(), angle.cos()], -1)
    ray = torch.einsum("bvji,bvnj->bvni", T[..., :3], ray)  # the inverse turn: camera to body
    calibrated = of_views(cameras.valid)[..., None]
    outside = calibrated & fisheye & ((angle > WIDEST) | (r > LENS_RADIUS))
    known = calibrated & ~outside
    told = [ray, known[..., None].to(ray.dtype), fisheye[..., None].expand_as(ray[..., :1]).to(ray.dtype)]
    told += [focal[:, :, None].expand(-1, -1, ray.shape[2], -1)]
    found = torch.cat(told, -1) * known[..., None]
    return torch.nan_to_num(found), outside
