"""Ladders: rungs by their number, and what is meant to keep more the higher it climbs."""


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


def test_powers_of_memory(implicit_digest):
    laws = {c.stem: c.memory.value for c in implicit_digest.family("implicit").climbs if c.memory is not None}
    assert abs(laws["unrolled"] - 1) < 0.05
    # Of what hardly grows no power is known: a square root does not double over these depths beside its floor.
    assert "neumann" not in laws
