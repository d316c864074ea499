"""Study: psi against phi on one denoising objective (Saremi 2019)."""

import math
from collections.abc import Sequence

from ..digest.studies import StudyDigest, StudyMethod
from ..plots.study import draw_study
from ..text import count, write_error, write_size
from .blocks import Block, Figure, Figures, Heading, Table, Text, tabulate
from .study_parts import Measure, describe_ends, end_cell, make_panel, name_data, tell_costs, tell_origin

TITLE = "Denoising: ψ, which is a gradient field or is not, against φ"
MEASURES = (Measure("test_loss", "Test loss"), Measure("asymmetry", "Asymmetry", least=1e-6))


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """Loss and asymmetry over time, then the costs on each data set."""
    first = [study for study in studies if study.machine == studies[0].machine]
    figures = tuple(_draw(study) for study in first)
    blocks: list[Block] = [Figures("Loss and asymmetry over the seconds of training", figures)]
    for study in studies:
        target, reached = _reach(study)
        blocks += [
            Heading(name_data(study, studies)),
            Text(_describe(study)),
            _tabulate(study, reached),
            Text(_explain(target), "note"),
            tell_origin(study),
        ]
    return blocks


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    return (
        f"{setting['train']:,} samples of dimension {write_size(setting['d'])}, {setting['test']:,} to test; "
        f"{count(study.epochs, 'epoch')} from {count(len(study.seeds), 'seed')}, batch {setting['batch']}, "
        f"{setting['optimiser']} at {setting['learning_rate']:g}, noise of standard deviation {setting['sigma']:g}, "
        f"H = {setting['H']}."
    )


def _explain(target: float) -> str:
    return (
        "Asymmetry: |J − Jᵀ| / (2 |J|) in the Frobenius norm, 0 of a gradient and 1 of a pure rotation. At equal loss: "
        f"after the first epoch at which the median test loss is at most {target:.4g}, what every method reaches. "
        "Medians and, over the seeds, ranges; ratios are paired by epoch. psi_2_sliced learns by sliced score matching "
        "from the noisy samples alone. psi_diagonal is a gradient by construction: what its asymmetry shows is "
        "rounding."
    )


def _reach(study: StudyDigest) -> tuple[float, dict[str, int]]:
    """The test loss that every method reaches, and the first epoch (from 0) after which each has."""
    medians = {
        m.name: [v.value for v in m.curves["test_loss"].values] for m in study.methods if "test_loss" in m.curves
    }
    target = max((min(values) for values in medians.values()), default=math.nan)
    return target, {name: next(j for j, v in enumerate(values) if v <= target) for name, values in medians.items()}


def _tabulate(study: StudyDigest, reached: dict[str, int]) -> Table:
    return tabulate(
        f"study-{study.key}",
        f"What each network costs and how far from a gradient it is: {study.data}",
        study.methods,
        *tell_costs(study, "Network", "Time of an epoch"),
        ("loss", "Test loss", lambda m: end_cell(m, "test_loss"), True),
        ("asymmetry", "Asymmetry", lambda m: end_cell(m, "asymmetry", small=True), True),
        ("equal", "at equal loss", lambda m: _write_equal(m, reached.get(m.name)), True),
        ("error", "Error of the score", lambda m: end_cell(m, "score_error"), True),
    )


def _write_equal(method: StudyMethod, epoch: int | None) -> str:
    curve = method.curves.get("asymmetry")
    if epoch is None or curve is None or epoch >= len(curve.values):
        return "–"
    return f"{write_error(curve.values[epoch].value)} after {epoch + 1}"


def _draw(study: StudyDigest) -> Figure:
    panels = [panel for measure in MEASURES if (panel := make_panel(study, measure)).lines]
    name, alt = f"study-{study.key}", f"On {study.data}, over seconds of training. {describe_ends(panels)}."
    title = f"Test loss and asymmetry on {study.data}: median and range of {count(len(study.seeds), 'seed')}"
    return Figure(name, title, draw_study(name, alt, panels), alt)
