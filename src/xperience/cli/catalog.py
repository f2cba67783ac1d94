"""xperience catalog: what recordings there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    @app.command("catalog")
    def catalog(
        sources: Annotated[
            list[str],
            typer.Argument(
                help="Folders, dataset repositories (owner/name), URLs (s3://, gs://, http://, ...) or saved listings "
                "(.json, .jsonl).",
                metavar="SOURCE...",
            ),
        ],
        out: Annotated[Path, typer.Option(help="Folder of the catalogue; run again, it is brought up to date.")],
        quality: Annotated[
            Path | None, typer.Option(help="Folder of `xperience check`, for verdicts.", metavar="DIR")
        ] = None,
        revision: Annotated[
            str | None, typer.Option(help="Branch, tag or commit of the repositories; the newest by default.")
        ] = None,
        token_file: Annotated[
            Path | None,
            typer.Option(help="File with a Hugging Face token; else that of `hf auth login`.", metavar="FILE"),
        ] = None,
        licence: Annotated[str | None, typer.Option(help="Licence, where the sources do not state it.")] = None,
        verify_hashes: Annotated[
            bool, typer.Option("--verify-hashes", help="Read local files whole for sha256; sampled by default.")
        ] = False,
        show: Annotated[bool, typer.Option("--show/--quiet", help="Show progress.")] = True,
    ) -> None:
        """List episodes with files, sizes, hashes, presence, length, labels and verdicts.

        Writes episodes.parquet and files.parquet (ask them with `xperience query`), episode_manifest.json,
        source_discovery.json, missing_views.json, DATA_ACCESS_STATUS.md and MULTI_EPISODE_ACCESS_STATUS.md. A second
        run opens only episodes whose files changed. What cannot be used is set aside with its reason.

        Example: xperience catalog recordings/ ropedia-ai/xperience-10m --out catalogue --quality checks
        """
        from xperience.corpus.catalogue import build
        from xperience.corpus.catalogue.token import read_token

        catalogue = build(
            sources,
            out,
            quality=quality,
            token=read_token(token_file),
            revision=revision,
            licence=licence,
            verify_hashes=verify_hashes,
            show=show,
        )
        typer.echo((catalogue.folder / "DATA_ACCESS_STATUS.md").read_text(encoding="utf-8"), nl=False)
        typer.echo(f"\nwrote {catalogue.folder}", err=True)
