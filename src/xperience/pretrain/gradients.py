"""Which objective pulls the shared trunk where: gradient norms and the angles between them.

On a step that is probed every objective is propagated back by itself; the sum of these gradients is the step's
gradient, so a probed step costs more time, and memory for a trunk's gradient an objective, and trains the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from xperience.pretrain.distributed import Runtime, local


def backward_each(losses: Mapping[str, torch.Tensor], shared: list[nn.Parameter], runtime: Runtime) -> dict[str, float]:
    """Propagates each loss, leaves the sum in `.grad`, and compares what arrived at the shared parameters.

    Returns:
        "norm/<objective>" and "cosine/<a>/<b>"; a cosine with a gradient of zero is 0.
    """
    names = list(losses)
    before = _flat(shared)
    parts = []
    for place, name in enumerate(names):
        losses[name].backward(retain_graph=place + 1 < len(names))
        after = _flat(shared)
        parts.append(after - before)
        before = after
    products = torch.stack([torch.stack([a @ b for b in parts]) for a in parts])  # without a second copy of them all
    gram = runtime.total(products).double().cpu() / (runtime.replicas if runtime.world > 1 else 1)
    norms = gram.diagonal().clamp(min=0).sqrt()
    facts = {f"norm/{name}": float(norm) for name, norm in zip(names, norms, strict=True)}
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            scale = float(norms[a] * norms[b])
            facts[f"cosine/{names[a]}/{names[b]}"] = float(gram[a, b]) / scale if scale > 0 else 0.0
    return facts


def _flat(parameters: list[nn.Parameter]) -> torch.Tensor:
    """This rank's part of the gradients as one vector; zeros where there is none yet."""
    parts = [
        (local(p.grad) if p.grad is not None else torch.zeros_like(local(p))).detach().float().flatten()
        for p in parameters
    ]
    return torch.cat(parts)
