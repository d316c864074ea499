"""Paths of an SVG in fewer characters: each point told from the one before, in tenths of a pixel."""

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+(?:e-?\d+)?")
# Points of one segment by its letter; what is not here (arcs) is left as it is.
_POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3}

Point = tuple[int, int]


def shorten_path(path: str) -> str:
    """The same path: `M63.8 209.5L98.6 204.4` is `M63.8 209.5l34.8-5.1`. Its own first point stays absolute."""
    found = []
    last, here, start = "", (0, 0), (0, 0)
    for letter, points in _list_segments(path):
        if letter == "z":
            found.append("z")
            last, here = "z", start
            continue
        moved = [(x - here[0], y - here[1]) for x, y in points]
        if not found:
            # What follows a capital M without a letter is absolute, too.
            found.append(f"M{_join(points)}")
        elif letter == "L" and 0 in moved[0] and moved[0] != (0, 0):
            along, by = ("h", moved[0][0]) if moved[0][1] == 0 else ("v", moved[0][1])
            found.append(f"{along}{_write(by)}")
            last = along
        else:
            name, numbers = letter.lower(), _join(moved)
            # Lines after lines, and after a move, need no letter.
            same = name == last and name != "m"
            found.append(numbers if same and numbers.startswith("-") else f" {numbers}" if same else name + numbers)
            last = "l" if name == "m" else name
        here = points[-1]
        start = here if letter == "M" else start
    return "".join(found) or path.replace("\n", " ")


def _list_segments(path: str) -> list[tuple[str, list[Point]]]:
    """(letter, points) of absolute segments; none where a path has others."""
    tokens = _TOKEN.findall(path)
    letters = [j for j, token in enumerate(tokens) if token.isalpha()]
    segments = []
    for j, after in zip(letters, [*letters[1:], len(tokens)], strict=True):
        numbers = [round(10 * float(token)) for token in tokens[j + 1 : after]]
        letter = "z" if tokens[j] in "zZ" else tokens[j]
        segments.append((letter, list(zip(numbers[::2], numbers[1::2], strict=False))))
    known = all(letter == "z" or len(points) == _POINTS.get(letter) for letter, points in segments)
    return segments if known and segments and segments[0][0] == "M" else []


def _join(points: Sequence[Point]) -> str:
    """Numbers with a space between them, none before a minus."""
    return " ".join(_write(number) for point in points for number in point).replace(" -", "-")


def _write(tenths: int) -> str:
    whole, rest = divmod(abs(tenths), 10)
    sign = "-" if tenths < 0 else ""
    return f"{sign}{whole or '' if rest else whole}{f'.{rest}' if rest else ''}"
