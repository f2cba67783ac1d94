"""Weights on their way: to all ranks at the start, to the first at the end, and never whole on each of them.

A learner is built without storage (on the meta device) and sharded; then it gets room for its shards alone, and these
are filled from a checkpoint, or by the first rank, which is the only one to hold fresh weights.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from xperience.pretrain.distributed import Runtime, local

STUDENT, TEACHER = "model.", "teacher."
"""How names of the learner's weights begin."""


def bare(learner: nn.Module) -> bool:
    """Whether a learner has no storage yet. Then every tensor in it must be one that checkpoints hold."""
    found = any(parameter.is_meta for parameter in learner.parameters())
    if found:
        names = {name for name, _ in (*learner.named_parameters(), *learner.named_buffers())}
        assert names == set(learner.state_dict()), "a buffer that no checkpoint holds would be left without values"
    return found


@torch.no_grad()
def fill(learner: nn.Module, fresh: Callable[[], dict[str, torch.Tensor]], runtime: Runtime) -> None:
    """Puts fresh weights into a learner that may be sharded, one tensor after the other; the teacher begins as the student.

    Args:
        fresh: makes the weights of student and objectives, by their names in the learner, on the CPU. The first rank
            alone asks it; each weight is let go as soon as it is handed out.
    """
    source = fresh() if runtime.first else {}
    rooms = dict(learner.named_parameters()) | dict(learner.named_buffers())
    for name, room in rooms.items():
        if name.startswith(TEACHER):
            continue
        whole = source.pop(name).to(runtime.device) if runtime.first else torch.empty(
            room.shape, dtype=room.dtype, device=runtime.device
        )  # fmt: skip
        mine = runtime.dealt(whole, room)
        local(room).copy_(mine)
        if name.startswith(STUDENT):
            local(rooms[TEACHER + name.removeprefix(STUDENT)]).copy_(mine)
    assert not source, f"no room for {sorted(source)[:3]}"


def whole(learner: nn.Module, runtime: Runtime) -> dict[str, torch.Tensor]:
    """All weights in the first rank's memory, {} elsewhere; every rank has to call."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True) if runtime.world > 1 else None
    state = get_model_state_dict(learner, options=options)
    return {name: value.detach().cpu().contiguous() for name, value in state.items()} if runtime.first else {}
