"""A catalogue on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from xperience.corpus.row import EpisodeRow
from xperience.errors import CorruptError, FormatError, MissingError

if TYPE_CHECKING:
    import pyarrow as pa

EPISODES, FILES = "episodes.parquet", "files.parquet"


@dataclass(frozen=True)
class Catalogue:
    """The folder of a catalogue; tables are read when asked for."""

    folder: Path

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Raises MissingError where there is no catalogue, FormatError where it lacks our columns."""
        folder = Path(folder)
        for name in (EPISODES, FILES):
            if not (folder / name).is_file():
                raise MissingError(
                    "no catalogue here", file=folder / name, hint=f"make one: xperience catalog SOURCE --out {folder}"
                )
        return cls(folder)

    def table(self) -> pa.Table:
        """Table of `corpus.row.episode_schema`."""
        table = _read(self.folder / EPISODES)
        lacking = {"episode_id", "session"} - set(table.column_names)
        if lacking:
            raise FormatError("not a catalogue", file=self.folder / EPISODES, field=", ".join(sorted(lacking)))
        return table

    def files(self) -> pa.Table:
        """Table of `corpus.row.file_schema`."""
        return _read(self.folder / FILES)

    def episodes(self) -> list[EpisodeRow]:
        """All rows, in order of episode_id."""
        return [EpisodeRow.from_mapping(values) for values in self.table().to_pylist()]

    def files_of(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of files.parquet by episode_id."""
        found: dict[str, list[dict[str, Any]]] = {}
        for values in self.files().to_pylist():
            found.setdefault(values["episode_id"], []).append(values)
        return found


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, partitioning=None)  # a folder above, such as activity=cook, is no column
    except (pa.ArrowException, OSError) as error:
        raise CorruptError(
            "cannot read the catalogue", file=path, found=str(error)[:200], hint="make it again with xperience catalog"
        ) from error
