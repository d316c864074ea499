"""Ladders: rungs by their number, and what is meant to keep more the higher it climbs."""

from dataclasses import replace

import pytest

from reports.analysis import Analysis
from reports.digest.ladders import digest_climbs
from reports.digest.series import digest_series


def test_ladders_of_the_longest_series_of_each_place(implicit_digest):
    family = implicit_digest.family("implicit")
    found = {(c.stem, c.letter, c.deep) for c in family.climbs}
    assert found == {("neumann", "k", False), ("unrolled", "K", True), ("unrolled_checkpointed", "K", True)}
    assert len({c.series for c in family.climbs}) == 2
    for climb in family.climbs:
        numbers = [number for number, _ in climb.rungs]
        assert numbers == sorted(numbers)
        assert all(name.endswith(f"_{number:g}") for number, name in climb.rungs)
        if climb.time is not None:
            assert abs(climb.time.value - 1) < 0.1
        assert climb.memory is None or climb.deep


def test_ladders_of_a_letter_are_told_at_one_size(implicit_digest):
    sizes: dict[tuple[str, str], set[float]] = {}
    for climb in implicit_digest.family("implicit").climbs:
        sizes.setdefault((climb.series, climb.letter), set()).add(climb.size)
        assert len(climb.rungs) >= 4
    assert all(len(found) == 1 for found in sizes.values())


@pytest.mark.slow  # without them JAX has one size
def test_places_are_told_at_the_size_that_all_of_them_have(implicit_analysis):
    """Panels that stand beside each other are of one size, where one of them reached a larger one."""
    run = implicit_analysis.run
    deep = run.frame["method"].str.startswith("unrolled") & (run.frame["backend"] == "jax")
    most = max(series.size for series in _climb(implicit_analysis))
    ended = deep & run.frame["sizes"].map(lambda sizes: dict(sizes)["D"] == most if "D" in dict(sizes) else False)
    fewer = _climb(Analysis(replace(run, frame=run.frame[~ended].reset_index(drop=True))))
    sizes = {climb.series: climb.size for climb in fewer if climb.letter == "K"}
    assert len(sizes) == 2
    assert len(set(sizes.values())) == 1
    assert max(sizes.values()) < most


def _climb(analysis):
    return digest_climbs(analysis, "implicit", digest_series(analysis, "implicit", "parameter_vjp"))


def test_powers_of_memory(implicit_digest):
    laws = {c.stem: c.memory.value for c in implicit_digest.family("implicit").climbs if c.memory is not None}
    assert abs(laws["unrolled"] - 1) < 0.05
    # Of what hardly grows no power is known: a square root does not double over these depths beside its floor.
    assert "neumann" not in laws
