"""What is refused of a run on Slurm, in one line: by us, and by Slurm."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from tests.benchmarks.submit.mocked import submit


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--slurm", "partition"), "--slurm 'partition' is not NAME=VALUE"),
        (("--slurm", "time=1:00:00"), "--slurm time=1:00:00 is no limit; allowed: whole minutes"),
        (("--workers", "0"), "--workers 0 is no number of jobs"),
        (("--executor", "pbs"), "unknown executor 'pbs'; allowed: slurm, local"),
        (("--family", "flow"), "unknown family 'flow'"),
        (("--partial",), "--partial is an option of --merge"),
    ],
)
def test_wrong_input_is_one_line(cluster, capsys, arguments, says):
    assert submit(*arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--status", "beef"), "no submitted run 'beef' of machine 'hpc' in "),
        (("--resume", "--executor", "local"), "--executor is no option of --resume: the run has its own"),
        (("--resume", "--profile", "smoke"), "--profile is no option of --resume: the run has its own"),
        (("--status", "--workers", "2"), "--workers is no option of --status: the run has its own"),
        (("--merge", "--device", "cuda"), "--device is no option of --merge: the run has its own"),
    ],
)
def test_of_a_run_that_is_there_only_the_sending_changes(cluster, capsys, arguments, says):
    assert submit() == 0
    jobs = dict(cluster.queue)
    capsys.readouterr()
    assert main(["submit", "--machine", "hpc", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said
    assert cluster.queue == jobs


def test_what_slurm_refuses_is_one_line_and_nothing_is_lost(cluster, tmp_path, capsys):
    cluster.refusal = "sbatch: error: Batch job submission failed:\nInvalid partition name specified"
    assert submit("--slurm", "partition=none") == 2
    said = capsys.readouterr().err
    assert said == (
        "benchmarks: Slurm takes no job: sbatch: error: Batch job submission failed: Invalid partition name specified\n"
    )
    cluster.refusal = ""
    assert main(["submit", "--resume", "--slurm", "partition=gpu"]) == 0
    assert len(cluster.queue) == 3


def test_a_run_needs_a_name_for_its_nodes_and_submitit(cluster, monkeypatch, capsys):
    assert main(["submit", "--profile", "smoke", "--executor", "slurm"]) == 2
    assert "--machine is missing" in capsys.readouterr().err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["submit"]) == 2
    assert capsys.readouterr().err == (
        "benchmarks: submit needs submitit; install it with: pip install 'jacobench[cluster]'\n"
    )
