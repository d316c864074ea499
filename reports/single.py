"""All pages as parts of one file, to be mailed: links between files become links within it."""

import re
from collections.abc import Sequence
from functools import partial

from .pages.blocks import Page

# Section `x` of `y.html` has the id `y-x` in the single file, the page's top the id `y`.
_LINK = re.compile(r'<a href="([\w./-]*)(?:#([^"]*))?">(.*?)</a>', re.DOTALL)


def stem(page: Page) -> str:
    """A page's name there: its file without its ending."""
    return page.file.partition(".")[0]


def join(bodies: Sequence[tuple[Page, str]]) -> list[str]:
    """The bodies of all pages with ids and links that hold in one file; links to files that stay behind are undone."""
    sections = {
        (page.file, section.id): f"{stem(page)}-{section.id}" for page, _ in bodies for section in page.sections
    }
    texts = {page.file: body for page, body in bodies}
    tops = {page.file: stem(page) for page, _ in bodies}

    def rename(page: Page, match: re.Match[str]) -> str:
        return f'<{match[1]} id="{tops[page.file] if match[2] == "top" else sections[page.file, match[2]]}"'

    def link(page: Page, match: re.Match[str]) -> str:
        file, id_, words = match[1] or page.file, match[2] or "", match[3]
        if file not in tops:
            return words
        inside = f'id="{id_}"' in texts[file]
        target = sections.get((file, id_)) or (id_ if id_ and inside else tops[file])
        return f'<a href="#{target}">{words}</a>'

    named = ((page, re.sub(r'<(section|header) id="([\w-]+)"', partial(rename, page), body)) for page, body in bodies)
    return [_LINK.sub(partial(link, page), body) for page, body in named]
