"""Paths in fewer characters are the same paths."""

import re

import pytest

from reports.plots.paths import shorten_path

PATHS = (
    "M63.8 216.7L63.8 202.3M98.6 206.9L98.6 201.9",
    "M-2.5 2.5L2.5 2.5L2.5 -2.5L-2.5 -2.5z",
    "M0 2.5C0.7 2.5 1.3 2.2 1.8 1.8C2.2 1.3 2.5 0.7 2.5 0z",
    "M63.8 209.5L98.6 204.4\nL112 205.9L112 205.9L0.4 -0.3",
    "M1 1L2 2zM10 10L10 12L13 13z",
    "M5 5",
)


def trace(path):
    """(letter, end) of each segment in absolute coordinates, by the grammar of SVG."""
    here, start, found = (0.0, 0.0), (0.0, 0.0), []
    for letter, rest in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path):
        numbers = [float(number) for number in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        if letter in "zZ":
            here = start
            found.append(("z", here))
        while numbers:
            count = {"h": 1, "v": 1, "c": 6, "q": 4}.get(letter.lower(), 2)
            taken, numbers = numbers[:count], numbers[count:]
            if letter.lower() in "hv":
                taken = [taken[0], 0.0] if letter == "h" else [0.0, taken[0]]
            offset = here if letter.islower() else (0.0, 0.0)
            here = (offset[0] + taken[-2], offset[1] + taken[-1])
            controls = [round(offset[j % 2] + number, 1) for j, number in enumerate(taken[:-2])]
            kind = letter.lower()
            found.append(("l" if kind in "hv" else kind, *controls, round(here[0], 1), round(here[1], 1)))
            if kind == "m":
                start, letter = here, "l" if letter == "m" else "L"
    return found


@pytest.mark.parametrize("path", PATHS)
def test_a_short_path_is_the_same(path):
    short = shorten_path(path)
    assert trace(short) == trace(path)
    assert len(short) <= len(path)


def test_what_it_does_not_know_stays():
    assert shorten_path("M1 2A3 3 0 0 1 4 5") == "M1 2A3 3 0 0 1 4 5"
