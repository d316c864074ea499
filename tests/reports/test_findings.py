"""The findings' tables of the log-det gradients against the committed results."""

import json
import re
from pathlib import Path

import pytest

from reports.points import Series

ROOT = Path(__file__).parents[2]
FINDINGS = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
# They have two or three digits; an interval's end moves by as much where other cells are measured.
NEAR = 0.06
LIBRARIES = ("nflows_lu", "normflows_lu_permute", "torchflows_lu", "zuko_lu")
RIVALS = {
    "`inverse`": "inverse",
    "`inverse_tracked`": "inverse_tracked",
    "`lu_layer`": "lu_layer",
    "normflows": "normflows_lu_permute",
    "nflows": "nflows_lu",
    "torchflows": "torchflows_lu",
    "zuko": "zuko_lu",
    "a self-normalizing layer": "self_normalizing_10",
    "Hutchinson's estimate, 1 probe": "hutchinson_cg_1",
    "the same, 100 probes": "hutchinson_cg_100",
    "`relative` through its autograd layer": "relative_layer",
}


def read_numbers(label: str, column: int, heading: str = "## Log-determinant gradients") -> list[float]:
    """Of a cell of the line with this label, columns from one on, of the first table below a heading."""
    table = FINDINGS.partition(heading)[2].partition("\n|")[2].partition("\n\n")[0]
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {label} |")]
    cell = line.strip("| ").split(" | ")[column]
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", cell)]


def read_sentence(begin: str, end: str, text: str = FINDINGS) -> list[float]:
    """The numbers of what stands between two phrases, wherever its lines break."""
    text = " ".join(text.split())
    (_, found), *more = [(at, text[at.end() :]) for at in re.finditer(re.escape(begin), text)]
    assert not more, f"{begin!r} stands there twice"
    assert end in found, f"{end!r} does not follow {begin!r}"
    return [float(number) for number in re.findall(r"\d+\.?\d*", found.partition(end)[0])]


class Told:
    """What the results say of a backend's sweep over D at B = 100, or of another series."""

    def __init__(self, analysis, backend: str, L: int, family: str = "logdet", **fixed: object):
        self.analysis = analysis
        wanted = (fixed or {"B": 100}) | {"L": L}
        (self.series,) = [s for s in analysis.series(family) if self._is_meant(s, backend, wanted)]

    @staticmethod
    def _is_meant(series: Series, backend: str, wanted: dict[str, object]) -> bool:
        return series.place.backend == backend and dict(series.fixed) == wanted

    def seconds(self, row: str, D: float, unit: float = 1.0) -> list[float]:
        value = self.analysis.point(self.series, D, row).seconds
        return [value.value / unit, value.low / unit, value.high / unit]

    def ratio(self, a: str, b: str, D: float) -> list[float]:
        found = self.analysis.ratio(self.series, D, a, b)
        return [] if found is None else [found.value, found.low, found.high]

    def speedup(self, D: float) -> float:
        return self.ratio("inverse", "relative", D)[0]

    def gigabytes(self, row: str, D: float = 20000.0) -> float:
        return self.analysis.point(self.series, D, row).peak_bytes / 1e9


@pytest.mark.parametrize(("backend", "column"), [("torch", 1), ("jax", 2)])
def test_the_main_table(committed, backend, column):
    told = Told(committed, backend, 2)
    digest = json.loads((ROOT / "reports/published/epyc-2core/digest.json").read_text(encoding="utf-8"))
    (rules,) = [family["rules"] for family in digest["families"] if family["name"] == "logdet"]
    known = [dict(zip(rules["columns"], row, strict=True)) for row in rules["rows"]]
    key = committed.key(told.series)
    (rule,) = [each for each in known if (each["series"], each["question"]) == (key, "gradient")]
    # A bound is rounded up.
    assert read_numbers("rule for any exact gradient (it loses at most)", column)[-2:] == [
        pytest.approx(100 * rule["worst"] + 0.5, abs=0.501),
        rule["at"],
    ]
    ended = committed.first_failure(told.series, "jacobian_autodiff")
    assert ended.outcome == "oom"
    expected = {
        "`relative` at D = 1,000 / 20,000": [*told.seconds("relative", 1000, 1e-3), *told.seconds("relative", 20000)],
        "over its floor of products (aimed at: 1.05), D = 1,000 / 2,000 / 4,000 / 10,000": [
            told.ratio("relative", "gemm_floor", D)[0] for D in (1000, 2000, 4000, 10000)
        ],
        "times faster than `inverse`, D = 100 / 1,000 / 4,000 / 6,000": [
            *(told.speedup(D) for D in (100, 1000, 4000)),
            *told.ratio("inverse", "relative", 6000),
        ],
        "the same at D = 10,000 / 20,000, one call of `inverse`": [
            number for D in (10000, 20000) for number in (told.speedup(D), told.seconds("inverse", D)[0])
        ],
        "autodiff through every sample's Jacobian": [
            *(*told.ratio("jacobian_autodiff", "relative", 100), 100),
            *(told.seconds("jacobian_autodiff", 2000)[0], 2000, ended.size),
        ],
        "fresh memory in every call, D = 4,000 / 20,000": [
            number for D in (4000, 20000) for number in told.ratio("relative:allocating", "relative", D)
        ],
        "the update in place at D = 20,000": [
            *told.ratio("relative_step", "relative", 20000),
            *map(told.gigabytes, ("relative_step", "relative")),
        ],
    }
    for label, numbers in expected.items():
        assert read_numbers(label, column) == pytest.approx(numbers, rel=NEAR), label


def test_what_a_user_would_pick_instead(committed):
    told = Told(committed, "torch", 1)
    for label, row in RIVALS.items():
        for column, D in ((1, 1000), (2, 3000)):
            found = read_numbers(label, column, "## Beside what a user would pick instead")
            assert found == pytest.approx(told.ratio(row, "relative", D), rel=NEAR), label
    libraries = [told.ratio(row, "relative", 1000)[0] for row in LIBRARIES]
    label = "LU layers of libraries (one layer, D = 1,000), over `relative`"
    assert read_numbers(label, 1) == pytest.approx(libraries, rel=NEAR)


def test_a_few_samples_at_a_time(committed):
    backends = [Told(committed, backend, 3) for backend in ("torch", "jax")]
    rows = "jacobian_autodiff_chunked", "jacobian_autodiff"
    expected = [1e3 * told.gigabytes(row, 300) for row in rows for told in backends]
    slower = [told.seconds(rows[0], 300)[0] / told.seconds(rows[1], 300)[0] for told in backends]
    found = read_sentence("A few samples at a time, the Jacobian's autodiff needs", "times as long (medians")
    assert found == pytest.approx([*expected, 300, *slower], rel=NEAR)


def test_sliced_score_matching(committed):
    backends = [Told(committed, backend, 2, "score", B=128, H=96) for backend in ("torch", "jax")]
    expected = [number for d in (32, 256) for told in backends for number in told.ratio("sliced", "psi", d)]
    found = read_sentence("which needs no clean data, takes", "(one process)")
    assert found[:6] + found[7:13] == pytest.approx(expected, rel=NEAR)
