"""What this machine has for the work, and what each missing piece would cost.

Nothing heavy is imported: packages are looked up by their metadata, the GPU is asked through `nvidia-smi`, and
whether torch was built for CUDA is read from its version file.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from xperience import extras

CODECS: tuple[tuple[str, str, str], ...] = (
    ("h264", "r", "read the videos of a recording"),
    ("aac", "r", "read their sound"),
    ("hevc", "r", "read re-encoded copies"),
    ("libdav1d", "r", "read AV1 copies"),
    ("libx264", "w", "write simulated videos"),
    ("aac", "w", "write simulated sound"),
)
"""(FFmpeg name, r to decode or w to encode, what it is needed for)."""

GPU_TIMEOUT_S = 1.5


@dataclass(frozen=True)
class Package:
    name: str
    version: str | None
    """None where it is not installed."""


@dataclass(frozen=True)
class Extra:
    """An optional group of packages, as in `pip install xperience[name]`."""

    name: str
    complete: bool
    packages: tuple[Package, ...]
    gives: str
    commands: tuple[str, ...]
    """That need it, as typed after `xperience`."""
    megabytes: int
    minutes: float
    to_add: str


@dataclass(frozen=True)
class Survey:
    """All that was found; sizes in bytes, None where it cannot be told."""

    python: str
    system: str
    cores: int
    memory_bytes: int | None
    disk_free_bytes: int
    disk_path: str
    codecs: dict[str, bool]
    required: tuple[Package, ...]
    extras: tuple[Extra, ...]
    gpus: tuple[str, ...]
    torch_cuda: str | None

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def survey(folder: Path | None = None) -> Survey:
    """Looks at this machine; `folder` is where free disk is measured (default: the current one)."""
    folder = (folder or Path.cwd()).resolve()
    required, groups = _packages()
    return Survey(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=_memory(),
        disk_free_bytes=shutil.disk_usage(folder).free,
        disk_path=str(folder),
        codecs=_codecs(),
        required=required,
        extras=groups,
        gpus=_gpus(),
        torch_cuda=_torch_cuda(),
    )


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _packages() -> tuple[tuple[Package, ...], tuple[Extra, ...]]:
    """Required packages and extras by the project's own metadata."""
    required: list[Package] = []
    groups: dict[str, list[Package]] = {name: [] for name in extras.EXTRAS}
    for line in importlib.metadata.requires("xperience") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", line)
        assert name is not None, line
        package = Package(name[0], _version(name[0]))
        if extra is None:
            required.append(package)
        elif extra[1] in groups:
            groups[extra[1]].append(package)
    return tuple(required), tuple(_extra(name, packages) for name, packages in groups.items())


def _extra(name: str, packages: list[Package]) -> Extra:
    about = extras.EXTRAS[name]
    commands = tuple(need.typed for need in extras.NEEDS if need.extra == name)
    complete = all(package.version for package in packages)
    return Extra(
        name, complete, tuple(packages), about.gives, commands, about.megabytes, about.minutes, extras.how_to_add(name)
    )


def _codecs() -> dict[str, bool]:
    """Which of CODECS the installed PyAV has, by "decode h264" and the like."""
    found = {}
    for name, mode, _ in CODECS:
        key = codec_key(name, mode)
        if importlib.util.find_spec("av") is None:
            found[key] = False
            continue
        from av.codec import Codec
        from av.codec.codec import UnknownCodecError

        try:
            Codec(name, mode)
            found[key] = True
        except UnknownCodecError:
            found[key] = False
    return found


def codec_key(name: str, mode: str) -> str:
    return f"{'decode' if mode == 'r' else 'encode'} {name}"


def _gpus() -> tuple[str, ...]:
    """Name and memory of each NVIDIA GPU; empty where there is none or its driver does not answer."""
    if shutil.which("nvidia-smi") is None:
        return ()
    try:
        out = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=GPU_TIMEOUT_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in out.splitlines() if line.strip())


def _torch_cuda() -> str | None:
    """CUDA version that the installed torch was built for; None without torch or for a CPU build."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^cuda\b[^=]*=\s*['\"]([\d.]+)['\"]", text, re.MULTILINE)
    return match[1] if match else None


def render(found: Survey) -> str:
    """The survey as text for a terminal."""
    memory = f"{found.memory_bytes / 2**30:.0f} GiB" if found.memory_bytes else "unknown"
    lines = [
        "Machine",
        f"  python   {found.python} ({sys.executable})",
        f"  system   {found.system}",
        f"  cores    {found.cores}",
        f"  memory   {memory}",
        f"  disk     {found.disk_free_bytes / 2**30:.0f} GiB free at {found.disk_path}",
        f"  gpu      {'; '.join(found.gpus) or 'none (nothing here needs one)'}",
    ]
    if found.gpus:
        built = f"built for CUDA {found.torch_cuda}" if found.torch_cuda else "not installed, or built for the CPU"
        lines.append(f"  torch    {built}")
    lines += ["", "Codecs (inside PyAV; no system package is needed)"]
    for name, mode, use in CODECS:
        key = codec_key(name, mode)
        lines.append(f"  {'yes' if found.codecs[key] else 'NO '}  {key:<16} {use}")
    lines += ["", "Required packages"]
    missing = [p.name for p in found.required if p.version is None]
    if missing:
        lines.append(f"  MISSING {', '.join(missing)}: run make setup")
    lines.append("  " + ", ".join(f"{p.name} {p.version}" for p in found.required if p.version))
    lines += ["", "Optional extras"]
    for extra in found.extras:
        need = ", ".join(f"xperience {command}" for command in extra.commands)
        use = f"{extra.gives}: {need}" if need else extra.gives
        lines.append(f"  {'yes' if extra.complete else 'no '}  {extra.name:<6} {use}")
        if extra.complete:
            lines.append("              " + ", ".join(f"{p.name} {p.version}" for p in extra.packages))
            continue
        lacking = ", ".join(p.name for p in extra.packages if p.version is None)
        lines.append(f"              missing {lacking}")
        cost = f"  (about {extra.megabytes} MB, {extra.minutes * 60:.0f} s)" if "pip" in extra.to_add else ""
        lines.append(f"              to add: {extra.to_add}{cost}")
    return "\n".join(lines)
