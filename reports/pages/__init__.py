"""The pages of the report: a module each, a pure function from the digest to pages made of blocks."""

from ..digest import Digest
from . import claims, devices, explore, families, health, history, index, studies
from .blocks import Page

# In the order of the navigation. To add a page, add its module here.
PAGES = (index, families, claims, studies, devices, history, health, explore)


def build_pages(digest: Digest) -> tuple[Page, ...]:
    """All pages of a report, the first one first."""
    return tuple(page for module in PAGES for page in module.build(digest))
