"""Study: psi against phi on one denoising objective (Saremi 2019)."""

import math

from ..plots import Line, assign_colours
from ..plots.field import draw_field
from ..statistics import Estimate
from ..studies import Study, epoch_ratios, final, reach, summarise_seeds
from ..text import count, write_error, write_estimate, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns, spread
from .training_curves import Measure, cost_cells, draw_curves

BASELINE = "psi_2"
# Columns of the picture's table: a point, the field and the score there.
GRID = {"y1": "y₁", "y2": "y₂", "g1": "g₁", "g2": "g₂", "score1": "score₁", "score2": "score₂"}
PICTURED = ("psi_2", "phi_2")
CURVES = (Measure("test_loss", "test loss"), Measure("asymmetry", "asymmetry", least=1e-6))


def show(study: Study, key: str, first: bool) -> list[Block]:
    """Costs and curls, the loss and the asymmetry over time, the learned field where it can be drawn."""
    blocks: list[Block] = [
        Heading(f"Denoising {study.data}, machine {study.machine}: psi against phi"),
        Text(_describe(study)),
        _tabulate(study, key),
        Text(_explain(study), "note"),
        Figures(
            "Test loss and asymmetry over the seconds of training",
            tuple(draw_curves(study, f"study-score-{key}", CURVES, head="Network")),
        ),
    ]
    fields = [figure for method in PICTURED if (figure := _draw_field(study, key, method)) is not None]
    if fields:
        blocks.append(Figures("The learned field beside the score of the smoothed density", tuple(fields)))
    return blocks


def _describe(study: Study) -> str:
    setting = study.setting
    return (
        f"{setting('train'):,} samples of dimension {write_size(setting('d'))}, {setting('test'):,} to test; "
        f"{count(study.epochs, 'epoch')} from {count(len(study.seeds), 'seed')}, batch {setting('batch')}, "
        f"{setting('optimiser')} at {setting('learning_rate'):g}, noise of standard deviation {setting('sigma'):g}, "
        f"H = {setting('H')}."
    )


def _explain(study: Study) -> str:
    target, _ = reach(study, "test_loss")
    return (
        "Asymmetry: |J − Jᵀ| / (2 |J|) in the Frobenius norm, 0 of a gradient and 1 of a pure rotation. At equal loss: "
        f"after the first epoch at which the median test loss is at most {target:.4g}, what every method reaches. "
        f"Medians and, over the seeds, ranges; ratios are paired by epoch. psi_diagonal is a gradient by construction: "
        "what its asymmetry shows is rounding."
    )


def _tabulate(study: Study, key: str) -> Table:
    ratios, (_, reached), rows = epoch_ratios(study, BASELINE), reach(study, "test_loss"), []
    for method in study.methods:
        epoch = reached.get(method)
        loss, wrong = (final(study, method, name) for name in ("test_loss", "score_error"))
        at = [row for row in study.of(method) if row["epoch"] == epoch]
        equal = summarise_seeds([row["asymmetry"] for row in at]).value if at else math.nan
        rows.append(
            {
                "row": Cell(method, {"data": study.data, "machine": study.machine, "method": method}),
                **cost_cells(study, method, ratios.get(method), BASELINE),
                "loss": Cell(write_estimate(loss) if loss else "–", spread("test_loss", loss)),
                "asymmetry": Cell(*_both(final(study, method, "asymmetry"), "asymmetry")),
                "equal": Cell(
                    f"{write_error(equal)} after {epoch}" if epoch else "–",
                    {"asymmetry_at_equal_loss": equal, "epoch_of_equal_loss": epoch},
                ),
                "error": Cell(write_estimate(wrong) if wrong else "–", spread("score_error", wrong)),
            }
        )
    heads = columns(
        ("row", "Network"),
        ("seconds", "Time of an epoch", True),
        ("ratio", f"Over {BASELINE}", True),
        ("loss", "Test loss", True),
        ("asymmetry", "Asymmetry", True),
        ("equal", "at equal loss", True),
        ("error", "Error of the score", True),
    )
    return Table(
        f"study-score-{key}",
        f"What each network costs and how far from a gradient it is: {study.data}",
        heads,
        tuple(rows),
    )


def _both(value: Estimate | None, name: str) -> tuple[str, dict]:
    if value is None:
        return "–", spread(name, value)
    told = write_error(value.value)
    if not value.undetermined:
        told += f" [{write_error(value.low)}, {write_error(value.high)}]"
    return told, spread(name, value)


def _draw_field(study: Study, key: str, method: str) -> Figure | None:
    found = [row["field"] for row in study.of(method) if row.get("field")] if method in study.methods else []
    if not found:
        return None
    field, palette = found[0], assign_colours(study.methods)
    name = f"study-score-{key}-field-{method}".replace("_", "-")
    alt = f"Arrows of {method} (seed {study.seeds[0]}) over those of the score of the smoothed {study.data}, on a grid."
    labels = [Line("score", "c6", [], []), Line(method, palette[method], [], [])]
    rows = tuple(
        {key: Cell(f"{value:.4g}", {key: value}) for key, value in zip(GRID, (*point, *g, *score), strict=True)}
        for point, g, score in zip(field["points"], field["g"], field["score"], strict=True)
    )
    heads = columns(*((key, label, True) for key, label in GRID.items()))
    table = Table(name, "The field on the grid", heads, rows, folded=True)
    svg = draw_field(name, alt, field["points"], field["g"], field["score"], labels)
    return Figure(name, f"{study.data}: {method} over the true score", svg, alt, table)
