"""What the command line of ``compare`` takes, and what it refuses."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from benchmarks.compare import comparison
from benchmarks.compare.pair import SIDES
from benchmarks.harness.cell import FIRST
from benchmarks.harness.policy import ALLOCATORS, WAITING


def test_what_is_asked_for_and_a_policy_reach_the_comparison(monkeypatch, tmp_path):
    """Both sides' memory is kept and their waiting threads spin for a moment only, unless the user says otherwise."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("BENCH_ALLOCATOR", raising=False)
    reached, forms = [], []

    def stop(both, cells, options, log, policy, follow):
        reached.append((options, policy))
        forms.append([both[side].settings.form for side in SIDES])
        raise ValueError("far enough")

    monkeypatch.setattr(comparison, "run", stop)
    asked = ["compare", "--cell", "logdet torch D=12 B=8", "--method", "relative", "--threshold", "7", "--minutes", "2"]
    for waiting in ("default", "passive"):
        monkeypatch.setenv("BENCH_WAITING", waiting)
        assert main([*asked, *(["--head", "form=allocating"] if waiting == "passive" else [])]) == 2
    (options, policy), (_, passive) = reached
    assert (options.threshold, options.minutes, options.asked) == (pytest.approx(0.07), 2, ("relative",))
    kept = ALLOCATORS["kept"]
    # A form of one side alone is compared with the method's first one.
    assert forms == [[None, None], [FIRST, "allocating"]]
    assert policy.items() >= (kept | comparison.SPIN_BRIEFLY).items()
    assert passive.items() >= (kept | WAITING["passive"]).items()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "commit 'nowhere' is unknown"),
        (["--cell", "logdet"], "cell 'logdet' is none; allowed: FAMILY BACKEND SIZE=VALUE"),
        (["--cell", "logdet torch D"], "size 'D' is not NAME=VALUE"),
        (["--cell", "logdet torch", "--method", "none"], "row of these cells 'none'"),
        (["--threshold", "0"], "threshold 0; allowed: a number above zero"),
        (["--keep"], "--keep and the working tree; allowed: two commits that differ in nothing else"),
        (["--minutes", "-1"], "minutes -1; allowed: a number above zero"),
        (["--json", "nowhere/x.json"], "file 'nowhere/x.json' cannot be written; allowed: one in a folder that exists"),
        (["--base", "BENCH_WAITING=passive"], "setting 'BENCH_WAITING=passive' is both sides'; allowed: threads=N, or"),
        (["--base", "threads=none"], "setting 'threads=none' is unknown"),
        (["--head", "form=graph"], "form of logdet on torch and cpu 'graph'"),
        (["--head", "form=jit", "--cell", "logdet torch", "--method", "relative"], "form of relative on torch and cpu"),
        (
            ["--head", "form=compiled", "--cell", "logdet torch", "--method", "relative:compiled"],
            "row 'relative:compiled' names a form, and the sides do; allowed: its method, relative",
        ),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_status_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["compare", *arguments]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
