"""The series of the digest: which of them tell a course, and their roofline."""

from reports.digest.series import choose_sweeps, find_keys


def test_four_sizes_are_a_sweep_and_a_place_without_one_has_its_longest(make):
    long = make.series(make.sweep("relative"), B=1)
    short = make.series(make.row("relative", make.cell(10)), B=2)
    other = [make.series(make.row("relative", *map(make.cell, sizes)), backend="jax") for sizes in ((1, 2), (3,))]
    assert choose_sweeps([short, long, *other]) == (long, other[0])


def test_the_roofline_is_of_the_yardstick_at_the_ceiling_of_the_state(implicit_analysis, implicit_digest):
    family = implicit_digest.family("logdet")
    for series in family.series:
        known = find_keys(implicit_analysis, "logdet")[series.key]
        for size, seconds in series.roofline:
            point = implicit_analysis.point(known, size, "gemm_floor")
            assert seconds == implicit_analysis.attainable(known, point, curve=True)
        assert [size for size, _ in series.roofline] == list(series.sizes)
