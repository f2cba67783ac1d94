"""The catalogue: Parquet tables of episodes and files, made from sources, read again only where they changed."""

from xperience.corpus.catalogue.build import build
from xperience.corpus.catalogue.catalogue import Catalogue
from xperience.corpus.catalogue.query import query

__all__ = ["Catalogue", "build", "query"]
