"""Streams that are not UTF-8: no entry point dies of a dot, an accent or a unit that it wants to print."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODECS = ("ascii", "latin-1")


@pytest.fixture
def accented(tmp_path: Path) -> str:
    """A folder that neither codec can spell."""
    return str(tmp_path / "ergebnisse-ő")


@pytest.mark.parametrize("codec", CODECS)
def test_a_cell(run_python, codec):
    """The reason that it was not measured for is cut off at a character that is not ASCII."""
    code = (
        "import sys; from benchmarks.harness import run, outcome; import benchmarks.__main__ as door; "
        "row = dict(outcome='error', reason=outcome.of_exception(ValueError('long ' * 200))[1], error=None, "
        "peak_bytes=None, first_call_s=None, rounds=[], samples_s=[]); "
        "record = dict(cell=dict(family='logdet', backend='torch', device='cpu', dtype='float32', sizes={}), "
        "rows={'relative': row}, failures=[], stop=None, stages_s={}, process=0, elapsed_s=1.0); "
        "run.measure = lambda *given, **named: [record]; sys.exit(door.main(['cell', 'D=4']))"
    )
    done = run_python("-c", code, PYTHONIOENCODING=codec)
    assert done.returncode == 0, done.stderr
    assert "long long" in done.stdout


@pytest.mark.parametrize("codec", CODECS)
def test_a_run_through_asv(run_python, checkout, codec):
    """A process that prints what asv does, in asv's place."""
    shutil.copy(ROOT / "asv.conf.json", checkout)
    code = (
        "import sys; from benchmarks.harness import asv_run; import benchmarks.__main__ as door; "
        "follow, said = asv_run._follow, 'print(chr(183) + chr(0x2502) + \" Creating environment\")'; "
        "asv_run._follow = lambda command, *more, **named: follow([sys.executable, '-c', said], *more, **named); "
        "sys.exit(door.main(['run', '--profile', 'smoke', '--managed']))"
    )
    done = run_python("-c", code, cwd=checkout, PYTHONIOENCODING=codec)
    assert done.returncode == 0, done.stderr
    assert "Creating environment" in done.stdout
    (log,) = (checkout / ".asv" / "logs").glob("*.log")
    assert log.read_text(encoding="utf-8") == "·│ Creating environment\n"


# The locale's encoding is also that of every pipe that a process reads.
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.mark.parametrize("variables", [{"PYTHONIOENCODING": "ascii"}, ASCII], ids=["stream", "locale"])
def test_a_run_without_asv(run_python, accented, variables):
    code = (
        "import sys; from benchmarks.harness import plain_run; import benchmarks.__main__ as door; "
        "plain_run.measure = lambda *given, **named: []; "
        "sys.exit(door.main(['run', '--plain', '--profile', 'smoke']))"
    )
    done = run_python("-c", code, BENCH_RESULTS=accented, **variables)
    assert done.returncode == 0, done.stderr
    assert "ergebnisse-?" in done.stdout


def test_git_tells_of_a_file_that_the_locale_cannot_spell(run_python, tmp_path):
    repository = tmp_path / "repository"
    (repository / "benchmarks").mkdir(parents=True)
    (repository / "benchmarks/ő.py").touch()
    for command in (["init", "--quiet"], ["config", "core.quotePath", "false"], ["add", "benchmarks"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    code = (
        "import sys; from pathlib import Path; from benchmarks.harness import environment; "
        f"sys.exit(environment.same_code(Path({str(repository)!r}), 'HEAD'))"
    )
    done = run_python("-c", code, **ASCII)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow  # it trains
def test_a_study(run_python, accented):
    arguments = ("--profile", "smoke", "--epochs", "1", "--seeds", "1")
    done = run_python(
        "-m", "benchmarks", "study", "score-training", *arguments, PYTHONIOENCODING="ascii", BENCH_RESULTS=accented
    )
    assert done.returncode == 0, done.stderr
    assert "ergebnisse-?" in done.stdout


def test_help(run_python):
    done = run_python("-m", "benchmarks", "--help", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
