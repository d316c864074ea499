"""Matplotlib's SVG made ours: deterministic, accessible, in the page's colours and font, a third of the bytes."""

import re
from collections.abc import Mapping
from html import escape

_PLACES = re.compile(r' (?:d|x|y|width|height|transform)="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_USES = re.compile(r"<g([^>]*)>\s*((?:<use [^>]*/>\s*)+)</g>")


def rewrite(svg: str, name: str, alt: str, variables: Mapping[str, str]) -> str:
    """The text of a figure of this `name`; `variables` are the CSS names of its colours."""
    svg = svg[svg.index("<svg") :]
    # What says nothing: who made it, and boxes that are not painted.
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>|<defs/>| transform="rotate\(-0 [^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = re.sub(r"\s*\n\s*", "\n", _name_ids(svg, name))
    for colour, variable in variables.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{variable}, {colour})", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", svg)
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)
    svg = _PLACES.sub(_round, svg)
    svg = re.sub(r' d="([^"]*)"', lambda m: f' d="{_join_path(m[1])}"', svg)
    svg = re.sub(r' style="([^"]*)"', lambda m: f' style="{m[1].replace(": ", ":").replace("; ", ";")}"', svg)
    svg = _drop_groups(re.sub(_USES, _lift_style, svg))
    box = re.search(r'viewBox="([^"]+)"', svg)
    frame = box[1] if box else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{frame}" role="img" aria-label="{escape(alt)}"'
    return f'{head} stroke-linejoin="round">{svg.partition(">")[2].strip()}'


def _name_ids(svg: str, name: str) -> str:
    """Short ids that no other figure of a page has, for what is referred to alone."""
    used = re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", svg)
    names = {id_: f"{name}-{j}" for j, id_ in enumerate(dict.fromkeys(a or b for a, b in used))}
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{names[m[1]]})", svg)
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{names[m[1]]}"', svg)


def _round(place: re.Match[str]) -> str:
    """Coordinates to a tenth of a pixel, so that the same picture is the same text; never what is written in it."""
    return _NUMBER.sub(lambda m: f"{float(m[0]):.1f}".removesuffix(".0"), place[0])


def _join_path(path: str) -> str:
    return re.sub(r"([A-Za-z]) ", r"\1", path.replace("\n", "").strip())


def _lift_style(group: re.Match[str]) -> str:
    """Marks of one look: the look once, on their group."""
    styles = set(re.findall(r' style="([^"]*)"', group[2]))
    if len(styles) != 1 or "style=" in group[1]:
        return group[0]
    marks = re.sub(r' style="[^"]*"', "", group[2])
    return f'<g{group[1]} style="{styles.pop()}">{marks}</g>'


def _drop_groups(svg: str) -> str:
    """Without groups that have no attribute: they nest six deep and do nothing."""
    kept, bare = [], []
    for piece in re.split(r"(<g[^>]*>|</g>)", svg):
        if piece == "</g>":
            kept += [] if bare.pop() else [piece]
        elif piece.startswith("<g") and (len(piece) == 3 or piece.startswith("<g ")):
            bare.append(piece == "<g>")
            kept += [] if bare[-1] else [piece]
        else:
            kept.append(piece)
    return re.sub(r"\n{2,}", "\n", "".join(kept))
