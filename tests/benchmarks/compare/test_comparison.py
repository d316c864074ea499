"""Which rows are timed further, when it stops, and what a killed comparison keeps; pairs are drawn, not measured."""

from __future__ import annotations

import json
import math
import threading
import time

import pytest

from benchmarks.compare import bencher, comparison, table
from benchmarks.compare.comparison import Options
from benchmarks.compare.log import Log
from benchmarks.compare.verdict import SCHEDULE, RowState
from benchmarks.harness.lock import machine_lock
from benchmarks.harness.outcome import of_exception
from benchmarks.harness.profile import QUICK
from tests.benchmarks.compare.drawn import CELLS, ROWS, Drawn, run, sides


@pytest.fixture(autouse=True)
def lock(tmp_path, monkeypatch):
    """Of its own: what is measured on this machine meanwhile is not waited for."""
    monkeypatch.setenv("BENCH_LOCK", str(tmp_path / "lock"))


def test_equal_rows_end_at_the_first_look_with_status_0(tmp_path):
    drawn = Drawn()
    done = run(tmp_path, drawn)
    assert {v.word for v in done.verdicts().values()} == {"same"}
    assert done.status() == 0
    assert len(drawn.calls) == SCHEDULE[0] * len(CELLS)
    assert [first for backend, _, first, _ in drawn.calls if backend == "torch"] == ["base", "head"] * 3


def test_waiting_for_another_run_is_none_of_its_minutes(tmp_path):
    held = threading.Event()

    def hold():
        with machine_lock("another run"):
            held.set()
            time.sleep(1.0)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    drawn = Drawn()
    done = run(tmp_path, drawn, Options(QUICK, minutes=0.5 / 60))
    holder.join()
    assert done.spent_s < 0.5
    assert len(drawn.calls) == SCHEDULE[0] * len(CELLS)


def test_one_slower_row_fails_it_and_leads_the_table(tmp_path):
    done = run(tmp_path, Drawn({"inverse": math.log(1.4)}))
    assert done.status() == 1
    first, *rest = table.rows(done)
    assert first[1] == "inverse"
    assert first[4] == "slower, beyond 5%"
    assert [line[4] for line in rest] == ["slower, beyond 5%"] + 4 * ["same"]
    saved = json.loads(json.dumps(comparison.to_json(done), allow_nan=False))
    told = {(row["cell"], row["row"]): row for row in saved["rows"]}[CELLS[0].name, "inverse"]
    assert told["interval"][0] < 1.4 < told["interval"][1]
    assert told["beyond_threshold"] is True
    assert len(saved["pairs"]) == SCHEDULE[0] * 2


def test_a_threshold_that_is_no_whole_per_cent_is_told_as_it_is(tmp_path):
    options = Options(QUICK, threshold=0.005)
    done = run(tmp_path, Drawn({"inverse": math.log(1.4)}), options, cells=CELLS[:1])
    assert table.rows(done)[0][4] == "slower, beyond 0.5%"


def test_what_is_faster_passes_and_leads_what_is_open_and_what_is_the_same(tmp_path):
    done = run(tmp_path, Drawn({"inverse": math.log(0.7)}, {"relative_step": 0.3}), cells=CELLS[:1])
    told = [(line[1], line[4]) for line in table.rows(done)]
    assert told == [("inverse", "faster"), ("relative_step", "open"), ("relative", "same")]
    assert done.status() == 0


def test_what_a_side_differs_from_itself_by_is_told_of_no_row(tmp_path):
    """A shift of 3 % is not told where the twins differ by 5 %, and is where they do not."""
    shift = {row: math.log(1.03) for row in ROWS}
    noisy, quiet = (run(tmp_path, Drawn(shift, twin=twin), key=str(twin)) for twin in (0.05, 0.001))
    assert {v.word for v in noisy.verdicts().values()} <= {"same", "open"}
    assert {v.word for v in quiet.verdicts().values()} == {"slower"}
    assert [row["floor"] for row in comparison.to_json(noisy)["rows"]] == 6 * [pytest.approx(0.05)]


def test_rows_of_all_cells_are_one_family(tmp_path):
    """A p-value that tells something of one of a cell's six rows does not of one of the twelve of two cells."""
    told = []
    for cells in (CELLS[:1], CELLS):
        done = comparison.Comparison(sides(tmp_path), cells, Options(QUICK))
        done.states = {(cell.name, str(row)): RowState() for cell in cells for row in range(6)}
        done.states[CELLS[0].name, "0"].p["slower"] = 0.003
        told.append(done.verdicts()[CELLS[0].name, "0"].word)
    assert told == ["slower", "open"]


def test_only_open_rows_are_timed_further(tmp_path):
    """5 % slower where 5 % is the threshold stays open on that question, and on no other row."""
    drawn = Drawn({"inverse": math.log(1.05)})
    run(tmp_path, drawn, cells=CELLS[:1])
    assert {asked for _, seed, _, asked in drawn.calls if 0 < seed < SCHEDULE[0]} == {ROWS}
    assert {asked for _, seed, _, asked in drawn.calls if seed >= SCHEDULE[0]} == {("inverse",)}
    assert len(drawn.calls) == SCHEDULE[-1]


def test_bencher_is_told_ratios_with_bounds(tmp_path):
    done = run(tmp_path, Drawn({"inverse": math.log(1.4)}, lose={"relative": "wrong"}))
    told = json.loads(json.dumps(bencher.metrics(done), allow_nan=False))
    assert set(told) == {f"{cell.name}/{row}" for cell in CELLS for row in ROWS if row != "relative"}
    for cell in CELLS:
        for row, true in (("inverse", 1.4), ("relative_step", 1.0)):
            ((measure, metric),) = told[f"{cell.name}/{row}"].items()
            assert measure == "ratio"
            assert set(metric) == {"value", "lower_value", "upper_value"}
            assert metric["lower_value"] < true < metric["upper_value"]
            assert metric["value"] == comparison.ratio(done.states[cell.name, row])
    # One pair has no interval, and tells its ratio.
    done = run(tmp_path, Drawn(sd=0.1), Options(QUICK, minutes=1e-9))
    assert [set(metric["ratio"]) for metric in bencher.metrics(done).values()] == [{"value"}] * len(ROWS)


@pytest.mark.parametrize(("kind", "status"), [("wrong", 2), ("oom", 2), ("over_budget", 2), ("skipped", 0)])
def test_a_lost_row_is_told_first(tmp_path, kind, status):
    done = run(tmp_path, Drawn(lose={"relative": kind}))
    assert table.lines(done)[0] == f"{CELLS[0].name}: relative: base ok; head {kind} (planted)"
    assert done.status() == status
    assert (CELLS[0].name, "relative") not in done.verdicts()
    assert f"- {table.lines(done)[0]}" in table.markdown(done)


def test_a_form_that_does_not_compile_any_more_fails(tmp_path):
    """It is ``skipped``, as where a library is missing; but the change is the code's."""
    error = type("Unsupported", (RuntimeError,), {"__module__": "torch._dynamo.exc"})("a graph break")
    kind, reason = of_exception(error)
    done = run(tmp_path, Drawn(lose={"relative": kind}, reason=reason))
    assert done.status() == 2


def test_a_settled_slowdown_is_told_beside_what_could_not_be_compared(tmp_path):
    done = run(tmp_path, Drawn({"inverse": math.log(1.4)}, lose={"relative": "wrong"}))
    assert done.status() == 1


def test_a_row_that_neither_side_has_right_is_told(tmp_path):
    done = comparison.Comparison(sides(tmp_path), CELLS, Options(QUICK))
    found = Drawn(lose={"relative": "over_budget"})(
        {}, CELLS[0], QUICK, first="base", asked=(), timed=(), policy={}, seed=0
    )
    found["outcomes"]["base"]["relative"]["outcome"] = "skipped"
    done.take(CELLS[0].name, found)
    assert table.lines(done)[0] == f"{CELLS[0].name}: relative: base skipped; head over_budget (planted)"
    assert done.lost() == {}


@pytest.mark.parametrize("killed_after", [1, 5, 12, 13])
def test_a_killed_comparison_goes_on_to_the_same_answer(tmp_path, killed_after):
    shift = {"inverse": math.log(1.05)}
    whole = run(tmp_path, Drawn(shift), key="whole")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Drawn(shift, die_after=killed_after))
    with open(Log(tmp_path / "logs", "k").path, "ab") as stream:
        stream.write(b'{"cell": "torn')  # killed while it wrote
    resumed = Drawn(shift)
    done = run(tmp_path, resumed)
    assert len(done.pairs) == len(whole.pairs)
    assert len(resumed.calls) == len(whole.pairs) - killed_after
    cut_off, *others = resumed.known  # the round that was measured before is there, and of no other pair
    assert list(cut_off) == [0]
    assert not any(others)
    assert {name: s.p for name, s in done.states.items()} == {name: s.p for name, s in whole.states.items()}
    assert done.verdicts() == whole.verdicts()


def test_another_key_is_another_comparison(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Drawn(die_after=2))
    other = Drawn()
    run(tmp_path, other, key="other")
    assert len(other.calls) == SCHEDULE[0] * len(CELLS)


def test_no_pair_is_begun_after_the_minutes(tmp_path):
    """Of rows with too few pairs for a look nothing is known, which is no pass."""
    drawn = Drawn(sd=0.1)
    done = run(tmp_path, drawn, Options(QUICK, minutes=1e-9))
    assert len(drawn.calls) == 1
    assert {v.word for v in done.verdicts().values()} == {"open"}
    assert done.status() == 2
    (told,) = table.lines(done)
    assert told.startswith(f"{CELLS[0].name}: of 3 of its rows there are 1 pairs at most, {SCHEDULE[0]} tell something")
    assert "3 open" in table.summary(done)


def test_the_pairs_of_the_first_look_are_measured_however_long_they_take(tmp_path):
    drawn = Drawn(sd=0.1)
    run(tmp_path, drawn, Options(QUICK, minutes=1e-9, least=SCHEDULE[0]))
    assert len(drawn.calls) == SCHEDULE[0] * len(CELLS)


@pytest.mark.parametrize("damaged", [b"\0\0", b"5", b"[]"])
def test_a_damaged_line_ends_what_is_kept(tmp_path, damaged):
    log = Log(tmp_path, "k")
    log.add({"cell": "a"})
    log.add_round(0, {"relative": []})
    with open(log.path, "ab") as stream:
        stream.write(damaged + b'\n{"cell": "b"}\n')
    again = Log(tmp_path, "k")
    assert again.read() == [{"cell": "a"}]
    assert again.rounds == {0: {"relative": []}}
    again.add({"cell": "c"})
    assert Log(tmp_path, "k").read() == [{"cell": "a"}, {"cell": "c"}]


def test_a_row_that_neither_side_has_is_told(tmp_path):
    done = run(tmp_path, Drawn(), Options(QUICK, asked=("relative", "typo")))
    assert table.lines(done) == ["typo: none of the cells has a ratio of it"]
    assert done.status() == 2


@pytest.mark.parametrize("kind", ["wrong", "over_budget", "skipped"])
def test_a_row_that_was_asked_for_and_that_neither_side_has_right_is_no_pass(tmp_path, kind):
    """Beside another one that was compared; where it was not asked for it is told, and no more."""
    for asked, status in ((("relative", "inverse"), 2), ((), 0)):
        done = comparison.Comparison(sides(tmp_path), CELLS, Options(QUICK, asked=asked))
        for _ in range(SCHEDULE[0]):
            found = Drawn(lose={"relative": kind})(
                {}, CELLS[0], QUICK, first="base", asked=asked, timed=(), policy={}, seed=0
            )
            found["outcomes"]["base"]["relative"]["outcome"] = kind
            done.take(CELLS[0].name, found)
        assert done.status() == status
        assert table.lines(done)[0].startswith(f"{CELLS[0].name}: relative: base {kind}")


@pytest.mark.parametrize("right", [True, False])
def test_a_row_of_one_side_alone_fails_nothing(tmp_path, right):
    done = comparison.Comparison(sides(tmp_path), CELLS, Options(QUICK))
    for _ in range(SCHEDULE[0]):
        found = Drawn()({}, CELLS[0], QUICK, first="base", asked=(), timed=(), policy={}, seed=0)
        del found["outcomes"]["head"]["inverse"], found["rows"]["inverse"]
        found["names"]["head"] = [row for row in found["names"]["head"] if row != "inverse"]
        if not right:
            found["outcomes"]["base"]["inverse"] |= {"outcome": "wrong", "reason": "planted"}
        done.take(CELLS[0].name, found)
    become = "" if right else ", and there it is wrong (planted)"
    assert table.lines(done) == [f"{CELLS[0].name}: inverse: only base has it{become}"]
    assert done.status() == 0


def test_one_comparison_is_one_process(tmp_path):
    with Log(tmp_path, "k").alone():
        with pytest.raises(
            ValueError, match=r"^this comparison is in the hands of process \d+; allowed: one at a time$"
        ):
            Log(tmp_path, "k").alone().__enter__()
        with Log(tmp_path, "other").alone():
            pass
    with Log(tmp_path, "k").alone():
        pass


def test_equal_sides_are_named(tmp_path):
    done = run(tmp_path, Drawn())
    assert table.title(done) == "head two over base one"
    done.sides = sides(tmp_path, "a")
    assert table.title(done) == "head two over base one: equal sides (A/A)"
