"""The series of the digest: which of them tell a course, and their roofline."""

import pytest

from reports.analysis import Analysis
from reports.digest.series import choose_sweeps, digest_series, find_keys
from reports.load import load


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


@pytest.mark.parametrize("predicted", [1e-9, None])
def test_where_a_row_would_have_stopped_is_known_of_a_process_that_was_killed(synthetic, tmp_path, predicted):
    """By its largest timed size and the formula, and no later than was predicted, where something was."""
    for size in (64, 256):
        session = synthetic.make_session(size, rounds=6, rows=("relative", "gemm_floor"))
        if size == 256:
            nothing = {"samples_s": [], "rounds": [], "positions": [], "predicted_s": predicted}
            session["rows"]["relative"] |= nothing | {"outcome": "oom", "reason": "the process was killed"}
        synthetic.write_session(tmp_path, session, "direct")
    (series,) = digest_series(Analysis(load(tmp_path)), "logdet", "gemm_floor")
    timed, killed = series.row("relative").cells
    grown = timed.seconds.value * killed.flops / timed.flops
    assert killed.stopped_s == pytest.approx(predicted or grown)
