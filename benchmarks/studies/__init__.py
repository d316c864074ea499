"""Studies: what whole trainings cost and what they reach, ``python -m benchmarks study NAME``.

A study is one module with ``DATA``, what it can be run on, and ``prepare``, which makes a :class:`._run.Study` of
the command's options; ``_run.py`` trains it, shows progress, resumes it and writes the record. To add a study, write
the module and add its line here.
"""

from __future__ import annotations

import argparse
import importlib
import shlex

from bench_core.method import check_choice, check_size

STUDIES = {
    "logdet-training": "logdet_training",
    "logdet-density": "logdet_density",
    "implicit-training": "implicit_training",
    "line-integral-training": "line_integral_training",
    "score-training": "score_training",
}
PROFILES = ("smoke", "quick", "standard")


def add_command(commands: argparse._SubParsersAction) -> None:
    """The subcommand ``study``."""
    parser = commands.add_parser(
        "study", help="train every method of a study, with progress; resumes a run that was cut off"
    )
    parser.add_argument("study", help=f"{', '.join(STUDIES)}")
    parser.add_argument("--data", help="what is learned, by name [default: the study's first]")
    parser.add_argument("--folder", help="folder with the files of the images or tables, where they are not built in")
    parser.add_argument("--epochs", type=int, help="epochs of every training [default: the profile's]")
    parser.add_argument("--seeds", type=int, help="trainings of every method [default: the profile's]")
    parser.add_argument("--profile", default="standard", help=f"{', '.join(PROFILES)} [default: standard]")
    parser.add_argument("--machine", help="name that the record is filed under [default: the host's name]")
    parser.set_defaults(command=_study)


def _study(parsed: argparse.Namespace) -> int:
    module = importlib.import_module(
        f"benchmarks.studies.{STUDIES[check_choice('study', parsed.study, tuple(STUDIES))]}"
    )
    check_choice("profile", parsed.profile, PROFILES)
    for name in ("epochs", "seeds"):
        if getattr(parsed, name) is not None:
            check_size(name, getattr(parsed, name))
    data = check_choice(f"data of {parsed.study}", parsed.data or module.DATA[0], module.DATA)
    study = module.prepare(parsed.profile, data, parsed.folder, parsed.epochs, parsed.seeds)

    from benchmarks.studies import _run

    return _run.run(study, parsed.machine, _spell(parsed, data))


def _spell(parsed: argparse.Namespace, data: str) -> str:
    """The command that runs the study again."""
    words = ["python", "-m", "benchmarks", "study", parsed.study, "--data", data, "--profile", parsed.profile]
    for name in ("folder", "epochs", "seeds", "machine"):
        if getattr(parsed, name) is not None:
            words += [f"--{name}", str(getattr(parsed, name))]
    return shlex.join(words)
