"""Sections become files: one HTML page, its Markdown twin, CSVs and figures. The same sections give the same bytes."""

import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .analysis import Analysis
from .digest.claims import judge_claims
from .pages import build_sections
from .pages.blocks import Page, Section, Table
from .pages.winners import summarise
from .plots.style import COLOURS, DARK, LIGHT, write_file
from .text import count, write_list

_TEMPLATES = Path(__file__).parent / "templates"
_OURS = ("csv", "figures")


def write_report(analysis: Analysis, output: Path) -> Path:
    """Write the whole report below `output` and return the path of `index.html`."""
    sections = build_sections(analysis)
    output.mkdir(parents=True, exist_ok=True)
    for folder in _OURS:
        (output / folder).mkdir(exist_ok=True)
        # What an earlier build left and this one does not make would look current.
        for stale in (*(output / folder).glob("*.csv"), *(output / folder).glob("*.svg")):
            stale.unlink()
    for section in sections:
        for table in section.tables():
            (output / "csv" / f"{table.name}.csv").write_text(write_csv(table), encoding="utf-8")
        for figure in section.figures():
            (output / "figures" / f"{figure.name}.svg").write_text(write_file(figure.svg), encoding="utf-8")
    page = output / "index.html"
    page.write_text(write_html(analysis, sections), encoding="utf-8")
    (output / "index.md").write_text(write_markdown(analysis, sections), encoding="utf-8")
    return page


def write_csv(table: Table) -> str:
    """A table's numbers, six significant digits or more where they are integers."""
    names, lines = table.data()
    frame = pd.DataFrame(
        [[_tidy(line.get(name)) for name in names] for line in lines], columns=pd.Index(names), dtype=object
    )
    return frame.to_csv(index=False, lineterminator="\n")


def write_page(page: Page, pages: tuple[Page, ...], facts: str) -> str:
    """One page with the navigation to the others."""
    environment = _make_environment()
    return environment.get_template("sub.html.j2").render(
        page=page,
        pages=pages,
        facts=facts,
        css=Markup(environment.get_template("page.css").render(colours=sorted(COLOURS))),
        light=_variables(LIGHT),
        dark=_variables(DARK),
    )


def write_html(analysis: Analysis, sections: tuple[Section, ...]) -> str:
    """The page."""
    environment = _make_environment()
    return environment.get_template("page.html.j2").render(
        **_context(analysis, sections),
        css=Markup(environment.get_template("page.css").render(colours=sorted(COLOURS))),
        script=Markup((_TEMPLATES / "answer.js").read_text(encoding="utf-8")),
        light=_variables(LIGHT),
        dark=_variables(DARK),
    )


def write_markdown(analysis: Analysis, sections: tuple[Section, ...]) -> str:
    """The Markdown twin."""
    environment = _make_environment(escape_html=False)
    text = environment.get_template("page.md.j2").render(**_context(analysis, sections))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _context(analysis: Analysis, sections: tuple[Section, ...]) -> dict[str, Any]:
    run = analysis.run
    profile = f"profile {run.profile}" if run.profile else "no profile recorded"
    facts = (
        f"Machine {run.machine} · commit {run.commit} · {profile} · {run.device} · "
        f"{count(len(run.sessions), 'session')} · families: {write_list(analysis.families)}"
    )
    return {
        "title": f"jacobench: {run.machine}, {run.commit}",
        "facts": facts,
        "lead": write_lead(analysis),
        "sections": sections,
    }


def write_lead(analysis: Analysis) -> list[str]:
    """The main answers in words, from verdicts."""
    lines = [line for family in analysis.families for line in summarise(analysis, family)]
    verdicts: dict[str, list[str]] = {}
    for claim in judge_claims(analysis):
        verdicts.setdefault(claim.verdict, []).append(claim.id)
    told = [f"{write_list(ids)} {verdict}" for verdict, ids in verdicts.items()]
    return [
        *lines,
        f"Of the papers' claims on this machine: {'; '.join(told)}. The evidence is under [Claims](#claims).",
    ]


def _make_environment(escape_html: bool = True) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=escape_html,
        undefined=StrictUndefined,
        keep_trailing_newline=False,
    )
    environment.filters |= {
        "inline": inline,
        "plain": lambda text: re.sub(r"[`*]", "", text),
        "kind": lambda block: type(block).__name__,
        "pipe": lambda text: text.replace("|", "\\|").replace("\n", " "),
        "slug": lambda text: re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-"),
    }
    return environment


def inline(text: str) -> Markup:
    """`code`, **strong** and [links](#to) within escaped text."""
    html = str(escape(text))
    html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
    html = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", html)
    return Markup(re.sub(r"\[([^\]]+)\]\((#[\w-]+)\)", r'<a href="\2">\1</a>', html))


def _variables(palette: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in sorted(palette.items()))


def _tidy(value: Any) -> Any:
    """Numbers as they should stand in a CSV: no float noise, no NaN."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, float | int):
        number = float(value)
        if not math.isfinite(number):
            return None if math.isnan(number) else number
        return int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.9g}")
    return value
