"""What ``asv.conf.json`` says of regressions and of the environment, as asv itself reads it."""

from __future__ import annotations

import importlib.metadata
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from asv._stats import get_weight
from asv.config import Config
from asv.graph import Graph
from asv.plugins.regressions import _GraphDataFilter
from asv.step_detect import detect_regressions, detect_steps
from asv.util import interpolate_command
from asv_runner.statistics import compute_stats

from benchmarks.families import FAMILIES
from benchmarks.harness.pairs import paired_ratios
from benchmarks.harness.record import read_json

ROOT = Path(__file__).resolve().parents[2]
SHOWN_ONLY = {"track_seconds"}


@pytest.fixture(scope="module")
def configuration() -> Config:
    return Config.load(str(ROOT / "asv.conf.json"))


def _regressions(configuration: Config, metric: str, series: list[float], weights: list[float | None] | None = None):
    """The steps up that ``asv publish`` reports of a series of one row, one value a commit."""
    name = f"logdet.Torch.{metric}"
    judge = _GraphDataFilter(configuration, None, {"first": 0})
    graph, entry = Graph(name, {"branch": "main"}), f"{name}('relative', 8, 16, 2, 'float32')"
    if judge._get_start_revision(graph, {"name": name}, entry) is None:
        return None
    threshold = judge._get_threshold(graph, {"name": name}, entry)
    return detect_regressions(detect_steps(series, weights), threshold)[2]


@pytest.mark.parametrize(
    ("metric", "before", "after", "told"),
    [
        ("track_times_yardstick", 1.2, 1.25, False),
        ("track_times_yardstick", 1.2, 1.3, True),
        ("track_error", 2e-7, 2.2e-7, False),
        ("track_error", 2e-7, 1.9e-6, False),
        ("track_error", 2e-7, 2.2e-6, True),
        ("track_outcome", 0, 1, True),
        ("track_outcome", 5, 6, True),
        ("track_products", 100, 101, True),
        ("track_peak_bytes", 10000, 10100, False),
        ("track_peak_bytes", 10000, 10600, True),
        ("track_seconds", 1.0, 2.5, False),
    ],
)
def test_a_step_is_a_regression_where_it_means_something(configuration, metric, before, after, told):
    assert bool(_regressions(configuration, metric, 3 * [before] + 3 * [after])) is told


def _processes() -> list[tuple[np.ndarray, np.ndarray]]:
    """Of every published row of three processes or more each process's log ratio to the yardstick, about their mean,
    stretched to what single processes scatter by, and the width of asv's interval, relative to the value.
    """
    known: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for path in sorted((ROOT / "results").glob("epyc-2core/sessions/*standard/*.session")):
        record = read_json(path)
        yardstick = FAMILIES[record["cell"]["family"]].yardstick
        rows = {name: row for name, row in record["rows"].items() if "samples_s" in row and not row.get("apart")}
        for name, row in rows.items():
            if yardstick in rows and name != yardstick and "~" not in name:
                ratios = paired_ratios(row, rows[yardstick])
                if len(ratios) >= 5:
                    value, stats = compute_stats(list(ratios), 1)
                    width = (stats["ci_99_b"] - stats["ci_99_a"]) / value
                    known.setdefault((path.name.rpartition(".p")[0], name), []).append((math.log(value), width))
    found = [np.array(pairs).T for pairs in known.values() if len(pairs) >= 3]
    return [((logs - logs.mean()) * math.sqrt(logs.size / (logs.size - 1)), widths) for logs, widths in found]


@pytest.mark.slow  # reads all published sessions
def test_how_often_asv_tells_a_step_of_equal_code_and_of_a_slower_one(configuration):
    """What CONTRIBUTING.md says of it: rows whose processes scatter as the published ones, one process a commit, each
    with the weight that ``asv publish`` gives it, by its interval's width.
    """
    processes, generator = _processes(), np.random.default_rng(0)
    assert len(processes) > 500

    def count(commits: int, slower: float, histories: int) -> float:
        told = 0
        for _ in range(histories):
            logs, widths = processes[generator.integers(len(processes))]
            chosen = generator.integers(logs.size, size=commits)
            values = np.exp(logs[chosen])
            values[commits // 2 :] *= 1 + slower
            ends = [{"ci_99_a": v * (1 - w / 2), "ci_99_b": v * (1 + w / 2)} for v, w in zip(values, widths[chosen])]
            weights = [get_weight(interval) for interval in ends]
            told += bool(_regressions(configuration, "track_times_yardstick", [float(v) for v in values], weights))
        return told / histories

    told = {commits: count(commits, 0.0, 1000) for commits in (10, 20, 40)}
    found = [count(20, slower, 300) for slower in (0.1, 0.25, 0.5)]
    assert told == pytest.approx({10: 0.08, 20: 0.03, 40: 0.008}, abs=0.025), (told, found)
    assert found == pytest.approx([0.44, 0.65, 0.78], abs=0.1)


def test_every_metric_has_its_own_threshold():
    """Where several match asv takes the largest, and where none does its own 5 %: neither is meant."""
    from benchmarks import implicit, line_integral, logdet, score

    configuration = Config.load(str(ROOT / "asv.conf.json"))
    patterns = [*configuration.regressions_thresholds, *configuration.regressions_first_commits]
    for module in (logdet, implicit, line_integral, score):
        for metric in (name for name in dir(module.Torch) if name.startswith("track_")):
            name = f"{module.__name__}.Torch.{metric}('relative', 8)@main"
            assert sum(bool(re.match(pattern, name)) for pattern in patterns) == 1, metric


def test_the_name_of_a_series_has_torch_and_jax_and_no_other_library(configuration):
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split())
    named = {name.removeprefix("pip+"): versions for name, versions in configuration.matrix["req"].items()}
    assert set(named) == {"torch", "jax", "jaxlib", "asv_runner"}  # the last is no part of it
    assert named == {name: [pinned[name]] for name in named}


def test_the_environment_has_every_library_and_peer_at_a_pinned_version(configuration):
    """Installed without dependencies, so that none replaces the matrix' torch or jax: all that they need is listed."""
    places = {name: f"/{name}" for name in ("conf_dir", "env_dir", "build_dir", "build_cache_dir", "wheel_file")}
    commands = [*configuration.build_command, *configuration.install_command]
    installed: set[str] = set()
    for command in commands:
        words, *_ = interpolate_command(command, places)
        assert "--no-deps" in words
        if "--constraint" in words:
            at = words.index("--constraint") + 1
            assert words[at] == "/conf_dir/constraints.txt"
            installed |= set(map(_normal, words[at + 1 :]))
    pinned = {_normal(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    assert installed <= pinned
    extras = importlib.metadata.requires("jacobench") or []
    wanted = [line for line in extras if "extra" not in line or re.search(r"extra == .peers.", line)]
    of_the_matrix = _needs(["torch", "jax", "jaxlib"])
    assert _needs([*wanted, "psutil", "threadpoolctl"]) | {"nvidia-ml-py"} <= installed | of_the_matrix


def test_whatever_an_extra_names_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {_normal(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    for extra, lines in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        named = {_normal(re.match(r"[\w.-]+", line)[0]) for line in lines}  # type: ignore[index]
        assert named <= pinned, extra


def _needs(requirements: list[str]) -> set[str]:
    """The names of the requirements and all that they require here."""
    found: set[str] = set()
    waiting = [*requirements]
    while waiting:
        name = _normal(re.match(r"[\w.-]+", waiting.pop())[0])  # type: ignore[index]
        if name not in found:
            found.add(name)
            waiting += [line for line in importlib.metadata.requires(name) or [] if ";" not in line]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
