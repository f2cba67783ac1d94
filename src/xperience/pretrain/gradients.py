"""Which objective pulls the shared trunk where: gradient norms and the angles between them.

On a step that is probed every objective is propagated back by itself, those whose turn it is not as well. What the latter
leave is taken away again before the others come, so that the step's gradient is the sum over the objectives that are due, as
on its neighbours: a probed step costs more time, and memory for a trunk's gradient an objective, and trains the same, to
rounding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import nn

from xperience.pretrain.distributed import Runtime, local


def backward_each(
    losses: Mapping[str, torch.Tensor],
    shared: Sequence[nn.Parameter],
    runtime: Runtime,
    idle: Collection[str] = (),
    parameters: Sequence[nn.Parameter] = (),
) -> dict[str, float]:
    """Propagates each loss, leaves the sum in `.grad`, and compares what arrived at the shared parameters.

    Args:
        idle: those of the losses that are compared only. parameters: all that they may reach; without gradients as yet,
            if anything is idle.

    Returns:
        "norm/<objective>" and "cosine/<a>/<b>", in the order of the losses; a cosine with a gradient of zero is 0.
    """
    names = list(losses)
    arrived: dict[str, torch.Tensor] = {}
    before = _flat(shared)
    order = [name for name in names if name in idle] + [name for name in names if name not in idle]
    for place, name in enumerate(order):
        losses[name].backward(retain_graph=place + 1 < len(order))
        after = _flat(shared)
        arrived[name] = after - before
        if name in idle:
            for parameter in parameters:
                parameter.grad = None
            after = _flat(shared)
        before = after
    parts = [arrived[name] for name in names]
    products = torch.stack([torch.stack([a @ b for b in parts]) for a in parts])  # without a second copy of them all
    gram = runtime.total(products).double().cpu() / (runtime.replicas if runtime.world > 1 else 1)
    norms = gram.diagonal().clamp(min=0).sqrt()
    facts = {f"norm/{name}": float(norm) for name, norm in zip(names, norms, strict=True)}
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            scale = float(norms[a] * norms[b])
            facts[f"cosine/{names[a]}/{names[b]}"] = float(gram[a, b]) / scale if scale > 0 else 0.0
    return facts


def _flat(parameters: Sequence[nn.Parameter]) -> torch.Tensor:
    """This rank's part of the gradients as one vector; zeros where there is none yet."""
    parts = [
        (local(p.grad) if p.grad is not None else torch.zeros_like(local(p))).detach().float().flatten()
        for p in parameters
    ]
    return torch.cat(parts)
