"""Cold and cached compile times: never mixed, and what they say of break-even calls."""

import math

import pytest

from reports.analysis import Analysis
from reports.digest.compilation import digest_payoffs
from reports.digest.series import digest_series
from reports.load import load


def pay(synthetic, folder, times):
    """What the digest says of `relative:compiled` at one size where the processes recorded these fields."""
    for process, fields in enumerate(times):
        session = synthetic.make_session(64, rounds=12, process=process, processes=len(times))
        row = session["rows"]["relative:compiled"]
        del row["compile_s"]
        row |= fields
        synthetic.write_session(folder, session, "direct")
    return find(folder)


def find(folder):
    analysis = Analysis(load(folder))
    measured = digest_series(analysis, "logdet", "gemm_floor")
    (payoff,) = digest_payoffs(analysis, "logdet", measured)
    return payoff, measured[0]


def new(cold, cached):
    return {"compile_cold_s": cold, "compile_cached_s": cached}


def test_older_records_say_cold_of_their_first_process_alone(synthetic, tmp_path):
    payoff, series = pay(synthetic, tmp_path, [{"compile_s": 2.0}, {"compile_s": 0.1}, {"compile_s": 0.14}])
    cells = [series.row(name).at(64) for name in ("relative", "relative:compiled")]
    assert cells[1].compile_cold_s == 2.0
    assert math.isnan(cells[1].compile_cached_s)
    saved = cells[0].seconds.value - cells[1].seconds.value
    assert payoff.calls.value == pytest.approx(2.0 / saved, rel=0.1)
    # One cold time: nothing says how much another would differ.
    assert payoff.calls.undetermined


def test_later_processes_alone_say_nothing_of_cold(synthetic, tmp_path):
    for process in (1, 2):
        session = synthetic.make_session(64, rounds=12, process=process, processes=3)
        synthetic.write_session(tmp_path, session, "direct")
    payoff, _ = find(tmp_path)
    assert payoff.verdict == "faster"
    assert payoff.calls is None
    assert math.isnan(payoff.setup_s)


def test_cold_times_of_several_processes_give_an_interval(synthetic, tmp_path):
    payoff, series = pay(synthetic, tmp_path, [new(2.0, 0.1), new(2.1, 0.12), new(1.9, None)])
    cell = series.row("relative:compiled").at(64)
    assert (cell.compile_cold_s, cell.compile_cached_s) == (2.0, pytest.approx(0.11))
    assert payoff.calls.low < payoff.calls.value < payoff.calls.high


def test_the_cache_does_not_shorten_what_must_be_paid(synthetic, tmp_path):
    """Third processes are cache hits: their compile times made `pays after` smaller by the share of them."""
    cold, _ = pay(synthetic, tmp_path / "one", [new(2.0, None)] * 3)
    mixed, _ = pay(synthetic, tmp_path / "three", [new(2.0, None), new(None, 0.1), new(None, 0.1)])
    assert mixed.calls.value == pytest.approx(cold.calls.value, rel=0.1)
    assert mixed.calls.undetermined
