"""The findings' figures of the other families against the committed results."""

import pytest

from reports.digest.studies import digest_studies

from .test_findings import NEAR, read_sentence

SEVERAL = ("torch", "jax")


@pytest.fixture(scope="module")
def ratio(committed):
    """Of two rows, at a size, in the one series of a backend that has these fixed sizes."""

    def of(family, backend, a, b, size, **fixed):
        found = [
            known
            for series in committed.series(family)
            if series.place.backend == backend and dict(series.fixed).items() >= fixed.items()
            if (known := committed.ratio(series, size, a, b)) is not None
        ]
        (known,) = found
        return [known.value, known.low, known.high]

    return of


@pytest.mark.parametrize(
    ("begin", "end", "row"),
    [
        ("as it does alone, in", "times the time", "dopri5_per_sample_0.001"),
        ("with sixteen nodes of Gauss–Legendre, in", "of `dopri5`'s time", "gauss_legendre_16"),
    ],
)
def test_one_hard_sample_among_easy_ones(ratio, begin, end, row):
    want = [ratio("line_integral", each, row, "dopri5_direct_0.001", 10, J="uneven") for each in SEVERAL]
    assert read_sentence(begin, end) == pytest.approx([number for each in want for number in each], rel=NEAR)


def test_truncations_compiled(ratio):
    want = [
        ratio("implicit", "torch", f"{row}:compiled", row, 100, B=128) for row in ("gmres_5", "bicgstab_5", "neumann_5")
    ]
    told = read_sentence(
        "Compiled (torch, D = 100, B = 128) `gmres_5`, `bicgstab_5` and `neumann_5` take", "times as long"
    )
    assert told == pytest.approx([number for each in want for number in each], rel=NEAR)


def test_sliced_score_matching_in_training(committed):
    (study,) = [s for s in digest_studies(committed) if (s.name, s.data) == ("score-training", "mixture")]
    (sliced,) = [method for method in study.methods if method.name == "psi_2_sliced"]
    told = read_sentence("on the mixture, its epochs take", "times as long and")
    assert told == pytest.approx([sliced.ratio.value, sliced.ratio.low, sliced.ratio.high], rel=NEAR)
