"""Ranks and devices: one process or thousands, the same calls.

Every figure that ranks must agree on (counts, stop flags) goes through here. Sharding is FSDP2: parameters live in
shards, are gathered a block at a time, and gradients are averaged over ranks. With `replicas` the mesh has two
dimensions (HSDP): shards within a group, copies across groups. One process is not sharded: there is nothing to gather.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import nn

from xperience.errors import MissingError, UsageError

PATIENCE = timedelta(minutes=30)
"""How long a rank waits for the others in a step: longer than the slowest read of a first batch."""

START = timedelta(hours=4)
"""How long it waits for facts: the first rank may read every caption of a large corpus, or verify a large checkpoint."""


@dataclass(frozen=True)
class Runtime:
    """Attributes: rank, world: of this process. device: where the model is. replicas: copies of the model over ranks.

    mesh: of the ranks, None for one process. control: gloo group for small facts, saving: another for checkpoints
    written in the background, so that their messages cannot cross.
    """

    rank: int
    world: int
    device: torch.device
    replicas: int
    mesh: Any = None
    control: Any = None
    saving: Any = None

    @property
    def first(self) -> bool:
        return self.rank == 0

    def total(self, values: torch.Tensor, facts: bool = False) -> torch.Tensor:
        """Sum over all ranks of a tensor [...]; `facts` go over the CPU group."""
        if self.world > 1:
            values = values.clone()
            dist.all_reduce(values, group=self.control if facts else None)
        return values

    def rows(self, values: torch.Tensor) -> torch.Tensor:
        """[W n, ...]: rows [n, ...] of all ranks, in rank order."""
        if self.world == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.world)]
        dist.all_gather(parts, values.contiguous())
        return torch.cat(parts)

    def gathered(self, values: torch.Tensor) -> torch.Tensor:
        """[W n, ...]: rows [n, ...] of all ranks, one's own in front. What others make of one's rows flows back."""
        if self.world == 1:
            return values
        found: torch.Tensor = _Gathered.apply(values)
        return found.roll(-self.rank * len(values), 0)

    def dealt(self, values: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
        """This rank's part, as it has one of `like`, of what the first rank holds whole; other ranks' values [...] are
        not looked at."""
        from torch.distributed.tensor import DTensor, distribute_tensor

        if self.world == 1:
            return values
        if isinstance(like, DTensor):
            return distribute_tensor(values, like.device_mesh, like.placements).to_local()
        dist.broadcast(values, src=0)
        return values

    def told(self, value: Any) -> Any:
        """What the first rank says."""
        if self.world == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0, group=self.control, device=torch.device("cpu"))
        return box[0]

    def wait(self) -> None:
        if self.world > 1:
            dist.barrier(group=self.control)


def start(device: Literal["auto", "cpu", "cuda"] = "auto", replicas: int = 1) -> Runtime:
    """Joins the processes that torchrun started, or is one process where it did not.

    Raises:
        MissingError: a GPU is asked for and there is none, or there are fewer than ranks on this machine.
        UsageError: replicas that do not divide the ranks, or variables of a launcher that is not there.
    """
    world, rank, local = _place()
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device != "cpu" and (gpus or device == "cuda") and gpus <= local:
        raise MissingError(
            "no GPU for this process",
            field="run.device",
            found=f"{gpus} GPUs, local rank {local}",
            hint='start fewer processes, let each see the GPUs of its machine, or set run.device = "cpu"',
        )
    if world % replicas:
        raise UsageError("replicas must divide the ranks", field="run.replicas", found=f"{replicas} of {world} ranks")
    cuda = device != "cpu" and gpus > local
    place = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(place)
    if world == 1:
        return Runtime(0, 1, place, 1)
    from torch.distributed.device_mesh import init_device_mesh

    if not dist.is_initialized():
        _meet(rank, world)
        dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", timeout=PATIENCE)
    shape = (world,) if replicas == 1 else (replicas, world // replicas)
    names = ("shard",) if replicas == 1 else ("replicate", "shard")
    mesh = init_device_mesh(place.type, shape, mesh_dim_names=names)
    control, saving = (dist.new_group(backend="gloo", timeout=START) for _ in range(2))
    return Runtime(rank, world, place, replicas, mesh, control, saving)


HINT = "start the ranks with torchrun, or unset WORLD_SIZE, RANK and LOCAL_RANK to train in one process"


def _place() -> tuple[int, int, int]:
    """WORLD_SIZE, RANK and LOCAL_RANK of the launcher's environment; one process where it says nothing.

    Raises:
        UsageError: they are no numbers, do not fit together, or name no address to meet at.
    """
    found = {}
    for name, default in (("WORLD_SIZE", "1"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        text = os.environ.get(name, default)
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise UsageError("not a number of ranks", field=name, found=text[:100], hint=HINT)
        found[name] = int(text)
    world, rank, local = found.values()
    if world < 1 or rank >= world:
        raise UsageError("no such rank", field="RANK", found=f"{rank} of {world}", hint=HINT)
    if world > 1:
        for name in ("MASTER_ADDR", "MASTER_PORT", "RANK"):
            if not os.environ.get(name):
                raise UsageError(
                    f"one of {world} ranks, without an address to meet the others at", field=name,
                    found="not set", hint=HINT,
                )  # fmt: skip
        port = os.environ["MASTER_PORT"]
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise UsageError("not a port", field="MASTER_PORT", found=port[:100], hint=HINT)
    return world, rank, local


SAY_S = 5.0
"""Seconds of waiting for other ranks after which one says for whom it waits."""


def _meet(rank: int, world: int) -> None:
    """Says, if the other ranks do not come soon, what was found in the environment and for whom this one waits."""

    def say() -> None:
        address = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
        print(
            f"rank {rank} of {world} (RANK, WORLD_SIZE) waits for the other {world - 1} at {address}. {HINT[0].upper()}{HINT[1:]}.",
            file=sys.stderr, flush=True,
        )  # fmt: skip

    timer = threading.Timer(SAY_S, lambda: None if dist.is_initialized() else say())
    timer.daemon = True
    timer.start()


class _Gathered(torch.autograd.Function):
    """Rows of all ranks, in rank order; backward, the sum over ranks of what each says of one's own rows."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor) -> torch.Tensor:
        found = values.new_empty(dist.get_world_size() * len(values), *values.shape[1:])
        dist.all_gather_into_tensor(found, values.contiguous())
        return found

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        found = gradient.new_empty(len(gradient) // dist.get_world_size(), *gradient.shape[1:])
        dist.reduce_scatter_tensor(found, gradient.contiguous())
        return found


def finish() -> None:
    """Leaves the processes that `start` joined."""
    if dist.is_initialized():
        dist.destroy_process_group()


def shard(learner: nn.Module, blocks: Iterable[nn.Module], runtime: Runtime, precision: str) -> None:
    """Shards `learner` in place: each of `blocks` by itself, all that is left as one.

    Blocks are gathered in bf16 where that is the precision, since their matrices would be cast so anyway; gradients
    are summed in float32. The rest stays float32 (scales, embeddings, heads).
    """
    if runtime.world == 1:
        return
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    # layers give views (keys and values) and nobody writes into them: the remark does not concern us
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module")
    low = torch.bfloat16 if precision == "bf16" else None
    policy = MixedPrecisionPolicy(param_dtype=low, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for block in blocks:
        fully_shard(block, mesh=runtime.mesh, mp_policy=policy)
    fully_shard(learner, mesh=runtime.mesh, reshard_after_forward=False)


def low_precision(runtime: Runtime, precision: str) -> AbstractContextManager[Any]:
    """Matrix products in bf16, sums and losses in float32."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(runtime.device.type, dtype=torch.bfloat16)


def local(tensor: torch.Tensor) -> torch.Tensor:
    """This rank's part of a tensor that may be sharded."""
    from torch.distributed.tensor import DTensor

    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def squares(tensors: list[torch.Tensor], runtime: Runtime) -> torch.Tensor:
    """Sum of squares of tensors over all ranks, a scalar in float32; shards count once however many copies there are."""
    parts = torch._foreach_norm([local(t).detach().float() for t in tensors])
    mine = torch.stack(list(parts)).square().sum() if parts else torch.zeros((), device=runtime.device)
    return runtime.total(mine) / runtime.replicas if runtime.world > 1 else mine
