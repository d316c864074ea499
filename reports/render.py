"""The digest becomes files: pages, the first one's Markdown twin and figures, and the data. Same input, same bytes.

Nothing is computed here: pages are values (`pages.blocks`), and what they say comes from the digest.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .digest import Digest, write_json
from .pages import build_pages
from .pages.blocks import Column, Form, Page
from .plots.style import DARK, LIGHT, write_file
from .single import join, stem
from .translate import translate

# What a build writes, and so what the next one clears away.
_FOLDERS = ("vendor/*/*", "figures/*.svg", "csv/*.csv")
_PAGES = ("*.html", "index.md", "digest.json", "spread.json", "*.csv", "*.js", "*.css")
SINGLE = "report.html"
# Columns of a table that a phone can name.
MOST_COLUMNS = 16


def write_report(digest: Digest, output: Path, data: Mapping[str, str]) -> Path:
    """Write the whole report below `output`, with `data` files (name: text) in it; returns the path of `index.html`."""
    pages = build_pages(digest)
    _clear(output)
    for file, text in (list_files(digest, pages) | dict(data)).items():
        path = output / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return output / pages[0].file


def write_single(digest: Digest, output: Path) -> Path:
    """Write all pages as one HTML file that needs no other, below `output`, and return its path."""
    output.mkdir(parents=True, exist_ok=True)
    path = output / SINGLE
    path.write_text(render_single(build_pages(digest)), encoding="utf-8")
    return path


def list_files(digest: Digest, pages: tuple[Page, ...]) -> dict[str, str]:
    """Every file of the report and its text."""
    files = {page.file: render_page(page, pages) for page in pages}
    files |= {asset.file: asset.text for page in pages for asset in page.assets}
    figures = [figure for section in pages[0].sections for figure in section.figures()]
    files |= {f"figures/{figure.name}.svg": write_file(figure.svg) for figure in figures}
    return files | {"index.md": render_markdown(pages[0], pages), "digest.json": write_json(digest)}


def render_page(page: Page, pages: tuple[Page, ...]) -> str:
    """One page, with the navigation to the others."""
    environment = _make_environment()
    return environment.get_template("page.html.j2").render(
        title=page.title,
        whole="page",
        links=[(other.file, other.title) for other in pages],
        current=page.file,
        bodies=[_render_body(environment, page, pages)],
        linked=page.assets,
        inlined=(),
        css=_write_css(environment),
        script=_write_script() if _has_form(page) else "",
    )


def render_single(pages: tuple[Page, ...]) -> str:
    """All pages as parts of one: links between files become links within it."""
    environment = _make_environment()
    bodies = join([(page, _render_body(environment, page, pages)) for page in pages])
    return environment.get_template("page.html.j2").render(
        title=pages[0].title,
        whole="report",
        links=[(f"#{stem(page)}", page.title) for page in pages],
        current="",
        bodies=[Markup(body) for body in bodies],
        linked=(),
        inlined=tuple({asset.file: asset for page in pages for asset in page.assets}.values()),
        css=_write_css(environment),
        script=_write_script(),
    )


def render_markdown(page: Page, pages: tuple[Page, ...]) -> str:
    """The Markdown twin of a page."""
    text = _make_environment(escape_html=False).get_template("page.md.j2").render(page=page, pages=pages)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def inline(text: str) -> Markup:
    """`code`, **strong**, *terms that are defined here* and [links](to#them) within escaped text."""
    html = str(escape(text))
    # A minus before a number; within code it stays the character that is typed.
    html = re.sub(r"`[^`]*`|(?<![\w`.)-])-(?=\.?\d)", lambda m: "−" if m[0] == "-" else m[0], html)
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html)
    html = re.sub(r"(?<![\w*])\*(\w[^*]*)\*(?![\w*])", r"<dfn>\1</dfn>", html)
    return Markup(re.sub(r"\[([^\]]+)\]\(([\w./-]*(?:#[\w=&;.,%-]+)?)\)", r'<a href="\2">\1</a>', html))


def _clear(output: Path) -> None:
    """Delete what an earlier build left: it would look current. Pages of a folder that no build made are left alone."""
    ours = (output / "index.html").is_file() and ((output / "digest.json").is_file() or (output / "figures").is_dir())
    for pattern in (*_FOLDERS, *(_PAGES if ours else ())):
        for stale in sorted(output.glob(pattern)):
            stale.unlink()


def _render_body(environment: Environment, page: Page, pages: tuple[Page, ...]) -> Markup:
    return Markup(environment.get_template("body.html.j2").render(page=page, pages=pages))


def _has_form(page: Page) -> bool:
    return any(isinstance(block, Form) for section in page.sections for block in section.blocks)


def _write_css(environment: Environment) -> Markup:
    light, dark = (";".join(f"--{name}:{colour}" for name, colour in sorted(p.items())) for p in (LIGHT, DARK))
    return Markup(environment.get_template("page.css").render(light=light, dark=dark, most=MOST_COLUMNS))


def _name_columns(columns: Sequence[Column]) -> Markup:
    """The headings as CSS variables: on a phone each stands before its cell; the first only before numbers."""
    plain = [re.sub(r"[`*\"\\]", "", column.label) for column in columns]
    told = [f'--l{j}:"{escape(label)}"' for j, label in enumerate(plain, start=1)]
    return Markup(";".join(told if columns[0].numeric else told[1:]))


def _write_script() -> Markup:
    """The form's: the arithmetic, and what reads the form and writes the answer."""
    return Markup(translate() + (Path(__file__).parent / "templates/answer.js").read_text(encoding="utf-8"))


@cache
def _make_environment(escape_html: bool = True) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=escape_html, undefined=StrictUndefined
    )
    environment.filters |= {
        "inline": inline,
        "plain": lambda text: re.sub(r"[`*]", "", text),
        "kind": lambda block: type(block).__name__,
        "pipe": lambda text: text.replace("|", "\\|").replace("\n", " "),
        "labels": _name_columns,
        "opening": lambda text: f"{text.partition('. ')[0].rstrip('.')}.",
    }
    return environment
