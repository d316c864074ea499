"""Study: psi against phi on one denoising objective (Saremi 2019)."""

import math

from ..plots import Line, assign_colours
from ..plots.field import draw_field
from ..plots.study import draw_study
from ..statistics import Estimate
from ..studies import Study, curve, epoch_ratios, epoch_seconds, final, reach
from ..text import count, write_error, write_estimate, write_ratio, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns, spread

BASELINE = "psi_2"
PICTURED = ("psi_2", "phi_2")


def show(study: Study, key: str, first: bool) -> list[Block]:
    """Costs and curls, the loss and the asymmetry over time, the learned field where it can be drawn."""
    blocks: list[Block] = [
        Heading(f"Denoising {study.data}, machine {study.machine}: psi against phi"),
        Text(_describe(study)),
        _tabulate(study, key),
        Text(_explain(study), "note"),
        Figures("Test loss and asymmetry over the seconds of training", tuple(_draw_curves(study, key))),
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
        ratio, epoch = ratios.get(method), reached.get(method)
        loss, wrong = (final(study, method, name) for name in ("test_loss", "score_error"))
        at = [row for row in study.of(method) if row["epoch"] == epoch]
        equal = _middle([row["asymmetry"] for row in at])
        rows.append(
            {
                "row": Cell(method, {"data": study.data, "machine": study.machine, "method": method}),
                "seconds": Cell(
                    write_seconds(epoch_seconds(study, method)), spread("seconds", epoch_seconds(study, method))
                ),
                "ratio": Cell(
                    f"{write_ratio(ratio)} ×" if ratio else "1", spread("ratio", ratio) | {"baseline": BASELINE}
                ),
                "loss": Cell(write_estimate(loss) if loss else "–", spread("test_loss", loss)),
                "asymmetry": Cell(
                    *_both(final(study, method, "asymmetry"), "asymmetry"),
                ),
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


def _middle(values: list[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else math.nan


def _draw_curves(study: Study, key: str) -> list[Figure]:
    palette, figures = assign_colours(study.methods), []
    for name, what in (("test_loss", "test loss"), ("asymmetry", "asymmetry")):
        lines, table = [], []
        for method in study.methods:
            seconds, values = curve(study, method, name)
            # A gradient's asymmetry is rounding: it would squeeze the others into a line.
            if not seconds or (name == "asymmetry" and max(v.value for v in values) < 1e-6):
                continue
            kept = _thin(len(seconds))
            lines.append(Line(method, palette[method], [seconds[j] for j in kept], [values[j] for j in kept]))
            table += [
                {
                    "row": Cell(method, {"method": method}),
                    "epoch": Cell(str(epoch), {"epoch": epoch}),
                    "seconds": Cell(write_seconds(x), {"seconds": x}),
                    "value": Cell(write_estimate(v), spread(name, v)),
                }
                for epoch, (x, v) in enumerate(zip(seconds, values, strict=True), 1)
            ]
        if not lines:
            continue
        full = f"study-score-{key}-{name}".replace("_", "-")
        ends = "; ".join(f"{line.label} {line.values[-1].value:.3g} after {line.sizes[-1]:.3g} s" for line in lines)
        alt = f"{what.capitalize()} against seconds of training on {study.data}: {ends}."
        heads = columns(
            ("row", "Network"), ("epoch", "Epoch", True), ("seconds", "Seconds", True), ("value", what, True)
        )
        figures.append(
            Figure(
                full,
                f"{study.data}: {what}, median and range of {count(len(study.seeds), 'seed')}",
                draw_study(full, alt, lines, what),
                alt,
                Table(full, f"{what.capitalize()} by epoch", heads, tuple(table), folded=True),
            )
        )
    return figures


def _thin(number: int) -> list[int]:
    """Epochs to mark on a logarithmic axis: all of the first, then ever fewer."""
    kept, j = [], 0
    while j < number - 1:
        kept.append(j)
        j = max(j + 1, round(1.25 * (j + 1)) - 1)
    return [*kept, number - 1]


def _draw_field(study: Study, key: str, method: str) -> Figure | None:
    found = [row["field"] for row in study.of(method) if row.get("field")] if method in study.methods else []
    if not found:
        return None
    field, palette = found[0], assign_colours(study.methods)
    name = f"study-score-{key}-field-{method}".replace("_", "-")
    alt = f"Arrows of {method} (seed {study.seeds[0]}) over those of the score of the smoothed {study.data}, on a grid."
    labels = [Line("score", "c6", [], []), Line(method, palette[method], [], [])]
    rows = tuple(
        {"row": Cell("", {"y1": p[0], "y2": p[1], "g1": g[0], "g2": g[1], "score1": s[0], "score2": s[1]})}
        for p, g, s in zip(field["points"], field["g"], field["score"], strict=True)
    )
    table = Table(
        name,
        "The field on the grid",
        columns(("row", "Point")),
        (),
        folded=True,
        lines=tuple(r["row"].data for r in rows),
    )
    svg = draw_field(name, alt, field["points"], field["g"], field["score"], labels)
    return Figure(name, f"{study.data}: {method} over the true score", svg, alt, table)
