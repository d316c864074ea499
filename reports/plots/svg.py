"""Matplotlib's SVG made ours: deterministic, accessible, in the page's colours and font, a sixth of the bytes."""

import re
from collections.abc import Mapping
from html import escape
from itertools import groupby

from .paths import shorten_path

_PLACES = re.compile(r' (?:d|x|y|width|height|transform)="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_USES = re.compile(r"<g([^>]*)>\s*((?:<use [^>]*/>\s*)+)</g>")
_DEFINED = re.compile(r'<defs>\s*<path id="([^"]*)" d="([^"]*)" style="([^"]*)"/>\s*</defs>\s*')
_MARKS = re.compile(r'<g( clip-path="[^"]*")? style="([^"]*)">((?:<use href="#([^"]*)" [^>]*/>\s*){2,})</g>')
# What an element is without it, and what most words of a figure are, which stands once at its head.
_USUAL = ("text-anchor:start", "stroke-dashoffset:0")


def rewrite(svg: str, name: str, alt: str, variables: Mapping[str, str]) -> str:
    """The text of a figure of this `name`; `variables` are the CSS names of its colours, which a page has to set."""
    svg = svg[svg.index("<svg") :]
    # What says nothing: who made it, and boxes that are not painted.
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<path d="[^"]*" style="fill: none"/>|<defs/>| transform="rotate\(-0 [^"]*"', "", svg)
    svg = svg.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = re.sub(r"\s*\n\s*", "\n", _name_ids(svg, name))
    for colour, variable in variables.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{variable})", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font-size: \1", svg)
    svg = re.sub(r"font-family: [^;\"]*; ", "", svg)
    svg = _PLACES.sub(_round, svg)
    svg = re.sub(r' style="([^"]*)"', lambda m: f' style="{m[1].replace(": ", ":").replace("; ", ";")}"', svg)
    svg = _gather_marks(re.sub(_USES, _lift_style, svg))
    svg = re.sub(r' d="([^"]*)"', lambda m: f' d="{shorten_path(m[1])}"', svg)
    svg = _drop_groups(svg)
    usual = _find_usual_size(svg)
    svg = re.sub(r' style="([^"]*)"', lambda m: _drop_usual(m[1], usual), svg)
    svg = _share(_share(svg, "clip-path"), "style")
    box = re.search(r'viewBox="([^"]+)"', svg)
    frame = box[1] if box else ""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{frame}" role="img" aria-label="{escape(alt)}"'
    words = f' style="{usual}"' if usual else ""
    return f'{head} stroke-linejoin="round"{words}>{svg.partition(">")[2].strip()}'


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


def _lift_style(group: re.Match[str]) -> str:
    """Marks of one look: the look once, on their group."""
    styles = set(re.findall(r' style="([^"]*)"', group[2]))
    if len(styles) != 1 or "style=" in group[1]:
        return group[0]
    marks = re.sub(r' style="[^"]*"', "", group[2])
    return f'<g{group[1]} style="{styles.pop()}">{marks}</g>'


def _gather_marks(svg: str) -> str:
    """Equal marks at several places: one path through these, with the mark at each of its points."""
    defined = {name: (mark, own) for name, mark, own in _DEFINED.findall(svg)}
    made: dict[tuple[str, str], str] = {}

    def gather(found: re.Match[str]) -> str:
        clip, look, uses, name = found.groups()
        if name not in defined or set(re.findall(r'href="#([^"]*)"', uses)) != {name}:
            return found[0]
        marker = ""
        if (name, look) not in made:
            made[name, look] = f"{name}-{len(made)}"
            mark, own = defined[name]
            own = ";".join(rule for rule in own.split(";") if rule not in look.split(";"))
            style = f' style="{own}"' if own else ""
            marker = (
                f'<marker id="{made[name, look]}" overflow="visible" markerUnits="userSpaceOnUse" style="{look}">'
                f'<path d="{mark}"{style}/></marker>\n'
            )
        places = "L".join(f"{x} {y}" for x, y in re.findall(r' x="([^"]*)" y="([^"]*)"', uses))
        return f'{marker}<path d="M{places}"{clip or ""} style="fill:none;marker:url(#{made[name, look]})"/>'

    svg = _MARKS.sub(gather, svg)
    used = set(re.findall(r'href="#([^"]*)"', svg))
    return _DEFINED.sub(lambda found: found[0] if found[1] in used else "", svg)


def _find_usual_size(svg: str) -> str:
    """The size of most words, "" where there are none."""
    sizes = re.findall(r"font-size:[\d.]+px", svg)
    return max(sorted(set(sizes)), key=sizes.count) if sizes else ""


def _drop_usual(style: str, usual: str) -> str:
    """A style without what holds anyway."""
    rules = [rule for rule in style.split(";") if rule not in (*_USUAL, usual)]
    return f' style="{";".join(rules)}"' if rules else ""


def _share(svg: str, attribute: str) -> str:
    """Elements of one line each that follow each other with the same attribute: once, on a group around them."""
    told = re.compile(rf'^<(?:path|text)(?: [^>]*?)?( {attribute}="[^"]*")')

    def read(line: str) -> str:
        found = told.match(line) if line.endswith(("/>", "</text>")) else None
        return found[1] if found else ""

    lines: list[str] = []
    for shared, group in groupby(svg.split("\n"), key=read):
        several = list(group)
        if shared and len(several) > 1:
            several = [f"<g{shared}>", *(line.replace(shared, "", 1) for line in several), "</g>"]
        lines += several
    return "\n".join(lines)


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
