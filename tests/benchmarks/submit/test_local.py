"""A run on this machine's devices: real jobs, in real processes, of which some are killed."""

from __future__ import annotations

import itertools
import os
import signal

import pytest

from benchmarks.submit import devices, local

LOCAL = ("--executor", "local", "--profile", "smoke", "--machine", "here")


@pytest.mark.long
@pytest.mark.parametrize("count", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_one_of_two_jobs_is_killed_in_mid_cell_and_all_cells_complete_each_alone(tiny, count):
    few = tiny(count)
    child = few.start(*LOCAL, "--workers", "2")
    killed = few.kill_in_mid_cell(at_least=2)
    assert child.wait(timeout=600) == 0
    records = few.records()
    assert len(records) == count
    assert all(record["rows"][few.ROW]["outcome"] == "ok" for record in records.values())
    assert not few.open_cells()
    # The one that was killed was begun a second time, the others once.
    begun = {cell: [event["event"] for event in events].count("running") for cell, events in few.ledgers().items()}
    assert begun == {cell: 1 + (cell == killed) for cell in begun}
    # No session was timed while another one was, though there were two jobs all the time.
    spans = few.spans()
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    waited = [job for job in few.events("job") if any(start < job["up"] < end for start, end in spans)]
    assert len(waited) >= count / 2 - 1  # the second job may begin when the first session is over
    assert {record["job"]["node"] for record in records.values()} == {os.uname().nodename}
    # The report's reader and publish take them as those of any run.
    copied = few.repository.python("-m", "benchmarks", "publish")
    assert copied.returncode == 0, copied.stderr
    assert f": {count} files" in copied.stdout
    again = few.submit("--merge")
    assert again.returncode == 0
    assert " 0 records filed" in again.stdout


@pytest.mark.slow  # six sessions; what is beside what: ``test_standing.py``
def test_sessions_that_were_timed_beside_another_are_found_and_measured_again(tiny):
    """As on a node where every job has a ``/tmp``, and so a lock, of its own."""
    few = tiny(3)
    shared = 'os.environ.get("BENCH_LOCK") or folder / "jacobench.lock"'
    few.repository.replace("benchmarks/harness/lock.py", shared, """f"{os.environ['BENCH_LOCK']}.{os.getpid()}\"""")
    few.repository.commit("a lock for each job")
    done = few.submit(*LOCAL, "--workers", "3", BENCH_THREADS="1")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "beside" in done.stderr
    assert not few.records()
    assert "timed beside" in few.submit("--status").stdout
    # One at a time they are what they should be.
    assert few.submit("--resume", "--workers", "1").returncode == 0
    assert len(few.records()) == 3
    spans = few.spans()
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))


@pytest.mark.slow
def test_a_session_that_takes_its_job_down_twice_is_an_error_and_cancels_nothing(tiny):
    few = tiny(2)
    # The first cell's session kills its job, whose process is the session's parent.
    few.repository.replace(
        "benchmarks/harness/worker.py",
        "    parent = os.getppid()\n",
        "    parent = os.getppid()\n    if '\"D\": 8' in Path(sys.argv[1]).read_text():\n        os.kill(parent, 9)\n",
    )
    few.repository.commit("a deadly cell")
    done = few.submit(*LOCAL)
    assert done.returncode == 0, done.stderr
    first, second = (few.records()[f"{few.cell(D)}.p0.session"] for D in (8, 9))
    assert {(row["outcome"], row["reason"]) for row in first["rows"].values()} == {("error", "took the run down twice")}
    assert second["rows"][few.ROW]["outcome"] == "ok"


@pytest.mark.long
def test_a_job_that_raises_is_lost_and_becomes_an_outcome(tiny):
    few = tiny(2)
    few.repository.replace(
        "benchmarks/harness/session.py",
        "    chosen = policy.chosen()\n",
        '    chosen = policy.chosen()\n    if cell.swept == 8 and any(r == "" for r in rows.values()):\n'
        '        raise RuntimeError("no such luck")\n',
    )
    few.repository.commit("a cell that raises")
    done = few.submit(*LOCAL)
    assert done.returncode == 1
    assert f"lost: {few.cell(8)} process 0 (job " in done.stderr
    assert "RuntimeError: no such luck" in done.stderr
    records = few.records()
    (hole,) = {row["reason"] for row in records[f"{few.cell(8)}.p0.session"]["rows"].values()}
    assert hole.endswith("RuntimeError: no such luck")
    assert records[f"{few.cell(9)}.p0.session"]["rows"][few.ROW]["outcome"] == "ok"
    # Once: what raised would raise again.
    assert len(few.events("job")) == 2


def test_a_tree_that_is_changed_is_refused(tiny):
    few = tiny(1)
    with open(few.repository.folder / "bench_core/logdet/__init__.py", "a") as stream:
        stream.write("# changed\n")
    done = few.submit(*LOCAL)
    assert done.returncode == 2
    assert done.stderr == (
        "benchmarks: bench_core or benchmarks are changed: commit them first; jobs read the checkout when they begin\n"
    )
    assert not few.results.exists()


@pytest.mark.long
@pytest.mark.parametrize(("end", "count"), [("terminated", 3), pytest.param("killed", 5, marks=pytest.mark.slow)])
def test_a_run_that_is_cut_off_leaves_nothing_behind_and_goes_on(tiny, end, count):
    few = tiny(count)
    child = few.start(*LOCAL, "--workers", "2")
    few.until(lambda: few.events("done") and few.in_flight(), "in the second session")
    if end == "terminated":
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=300) == 143
        assert not few.processes()
    else:
        child.kill()
        child.wait()
        # What was begun ends in order, and nothing new begins.
        few.until(lambda: not few.processes(), "over")
    assert not few.records()
    kept = {event["sha256"] for event in few.events("done")}
    assert kept
    status = few.submit("--status")
    assert status.returncode == 1
    assert f"{len(kept)} done" in status.stdout
    partial = few.submit("--merge", "--partial")
    assert partial.returncode == 1
    assert len(few.records()) == len(kept)
    assert len(few.open_cells()) == count - len(kept)
    done = few.submit(*LOCAL)  # the same command
    assert done.returncode == 0, done.stderr
    assert "going on with run" in done.stdout
    assert len(few.records()) == count
    assert not few.open_cells()
    # What was done was not measured again.
    assert kept <= {event["sha256"] for event in few.events("done")}
    assert len(few.events("done")) == count
    assert few.submit("--status").returncode == 0
    over = few.submit("--resume")
    assert over.returncode == 2
    assert "was merged as a whole" in over.stderr


def test_cards_are_those_that_the_user_lets_be_seen(monkeypatch):
    monkeypatch.setattr(devices.gpu, "count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert devices.visible_cards() == ("0", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-5a, 3")
    assert devices.visible_cards() == ("GPU-5a", "3")
    monkeypatch.setattr(devices.gpu, "count", lambda: 0)
    assert devices.visible_cards() == ()


@pytest.mark.parametrize(
    ("device", "workers", "cards", "expected"),
    [
        ("cpu", None, (), [None]),
        ("cpu", 2, (), [None, None]),
        ("cuda", None, ("0", "3"), ["0", "3"]),
        ("cuda", 1, ("0", "3"), ["0"]),
        ("cuda", 3, ("0", "3"), "--workers 3 at 2 CUDA devices; allowed: one job a device"),
        ("cuda", None, (), "no CUDA device is visible here"),
    ],
)
def test_there_is_one_job_a_device(monkeypatch, device, workers, cards, expected):
    monkeypatch.setattr(local, "visible_cards", lambda: cards)
    if isinstance(expected, str):
        with pytest.raises(ValueError, match=expected):
            local.places(device, workers)
    else:
        assert local.places(device, workers) == expected
