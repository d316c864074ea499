"""Study: the experiments of Lorraine and Hossain 2022, section 5."""

import math

from ..plots import Line
from ..plots.functions import draw_functions
from ..statistics import Estimate
from ..studies import Study, epoch_ratios, final, summarise_seeds
from ..text import count, write_error, write_estimate
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns, spread
from .training_curves import Measure, cost_cells, draw_curves

BASELINE = "gauss_legendre"
CONTROL = "unconstrained"
FIGURES = {"exp": "figure 1", "abs": "figure 2"}
CURVES = {"exp": "the top of figure 3", "abs": "the bottom of figure 3", "plane": "figure 3"}
LOSSES = (Measure("loss", "training loss"), Measure("test_loss", "test loss"))
HEADS = columns(("x", "x", True), ("target", "Target", True), ("before", "Before", True), ("after", "After", True))
TARGETS = {"exp": ("exp(x)", math.exp), "abs": ("|x|", abs)}


def show(study: Study, key: str, first: bool) -> list[Block]:
    """What was learned beside the target, the losses over the steps, slopes, evaluations and times."""
    figures = _draw_learned(study, key)
    return [
        Heading(f"Learning {study.data} through its Jacobian, machine {study.machine}"),
        Text(_describe(study)),
        _tabulate_costs(study, key),
        _tabulate_slopes(study, key),
        Text(_explain(study), "note"),
        *([Figures(f"As {FIGURES[study.data]}: seed {study.seeds[0]}", tuple(figures))] if figures else []),
        Figures(
            f"As {CURVES[study.data]}: losses over the seconds of training",
            tuple(draw_curves(study, f"study-integral-{key}", LOSSES, unit="step")),
        ),
    ]


def _describe(study: Study) -> str:
    setting = study.setting
    return (
        f"{setting('train')} points in [-1, 1], {setting('test')} in [-2, 2] to test; "
        f"{count(study.epochs, 'full-batch step')} of {setting('optimiser')} at {setting('learning_rate'):g} from "
        f"{count(len(study.seeds), 'seed')} (seeds {study.seeds[0]} to {study.seeds[-1]}); {setting('H')} hidden "
        f"units, J = {setting('J')} but for {CONTROL}. dopri5_fixed keeps the tolerance {setting('tol_fixed'):g}; "
        f"dopri5_annealed begins with {setting('tol_start'):g} and halves it whenever the loss is below it."
    )


def _explain(study: Study) -> str:
    words = (
        "Time is that of one step, evaluations are those of a whole training on the way forward; medians, ranges over "
        "the seeds; ratios are paired by step. Slopes: the smallest and the largest over a grid of [-2, 2], over all "
        "seeds."
    )
    if study.data == "exp":
        return f"{words} Round trip: the largest |x(y(x)) − x| on that grid, x(y) by the ODE of the inverse."
    if study.data == "plane":
        return (
            f"{words} In the plane they are singular values: entries within [-1, 1] allow a norm up to 2. Path gap: "
            "the relative difference of the results of two paths with the same ends, 0 only where J is the Jacobian of "
            "something."
        )
    return words


def _tabulate_costs(study: Study, key: str) -> Table:
    ratios, rows = epoch_ratios(study, BASELINE), []
    for method in study.methods:
        spent = summarise_seeds([_total(study, method, seed, "evaluations") for seed in study.seeds])
        train, test, tol = (final(study, method, name) for name in ("loss", "test_loss", "tol"))
        rows.append(
            {
                "row": Cell(method, {"data": study.data, "machine": study.machine, "method": method}),
                **cost_cells(study, method, ratios.get(method), BASELINE),
                "evaluations": Cell(write_estimate(spent), spread("evaluations_of_a_training", spent)),
                "tol": Cell(write_error(tol.value) if tol else "–", spread("tolerance_at_the_end", tol)),
                "loss": Cell(write_estimate(train) if train else "–", spread("loss", train)),
                "test": Cell(write_estimate(test) if test else "–", spread("test_loss", test)),
            }
        )
    heads = columns(
        ("row", "Method"),
        ("seconds", "Time of a step", True),
        ("ratio", f"Over {BASELINE}", True),
        ("evaluations", "Evaluations", True),
        ("tol", "Last tolerance", True),
        ("loss", "Training loss", True),
        ("test", "Test loss", True),
    )
    return Table(f"study-integral-{key}", f"What each rule costs and reaches: {study.data}", heads, tuple(rows))


def _total(study: Study, method: str, seed: int, name: str) -> float:
    return sum(row[name] for row in study.of(method) if row["seed"] == seed)


def _tabulate_slopes(study: Study, key: str) -> Table:
    rows = []
    for method in study.methods:
        cells = {"row": Cell(method, {"method": method})}
        for when in ("initial", "final"):
            found = [row[when] for row in study.of(method) if row.get(when)]
            least, most = min(f["slope_min"] for f in found), max(f["slope_max"] for f in found)
            cells[when] = Cell(f"{least:.3g} to {most:.3g}", {f"{when}_slope_min": least, f"{when}_slope_max": most})
        ends = [row["final"] for row in study.of(method) if row.get("final")]
        for name in ("round_trip", "inverse_error"):
            known = [end[name] for end in ends if end.get(name) is not None]
            cells[name] = Cell(write_error(max(known)) if known else "–", {name: max(known) if known else None})
        gap = final(study, method, "path_gap")
        cells["gap"] = Cell(write_estimate(gap) if gap else "–", spread("path_gap", gap))
        rows.append(cells)
    specs = [("row", "Method"), ("initial", "Slopes before", True), ("final", "Slopes after", True)]
    specs += {
        "exp": [("round_trip", "Round trip", True), ("inverse_error", "Inverse against log", True)],
        "plane": [("gap", "Path gap", True)],
    }.get(study.data, [])
    caption = f"Slopes over [-2, 2] before and after training: {study.data}"
    return Table(f"study-integral-{key}-slopes", caption, columns(*specs), tuple(rows))


def _draw_learned(study: Study, key: str) -> list[Figure]:
    """The target, the function before and after training, its inverse, of the constrained J and of the control."""
    if study.data not in TARGETS:
        return []
    figures, (label, target) = [], TARGETS[study.data]
    for method in (BASELINE, CONTROL):
        rows = [row for row in study.of(method) if row["seed"] == study.seeds[0]] if method in study.methods else []
        before = next((row["initial"] for row in rows if row.get("initial")), None)
        after = next((row["final"] for row in rows if row.get("final")), None)
        if before is None or after is None:
            continue
        x = after["x"]
        drawn = [(label, "c6", x, [target(v) for v in x], True), ("before", "c4", x, before["y"], False)]
        drawn.append(("after", "c0", x, after["y"], False))
        if after.get("inverse"):
            drawn.append(("inverse", "c2", after["y"], after["inverse"], False))
            values = [v for v in after["y"] if v > 0.02]
            drawn.append(("log(y)", "c6", values, [math.log(v) for v in values], True))
        lines = [Line(n, c, list(at), [_bare(v) for v in values], dashed) for n, c, at, values, dashed in drawn]
        name = f"study-integral-{key}-{method}".replace("_", "-")
        alt = (
            f"{study.data} learned with {method}: at x = 2 the target is {target(2.0):.3g}, the function before "
            f"training {before['y'][-1]:.3g} and after it {after['y'][-1]:.3g}."
        )
        rows = tuple(
            {
                "x": Cell(f"{v:.3g}", {"x": v}),
                **{key: Cell(f"{y:.4g}", {key: y}) for key, y in zip(("target", "before", "after"), values)},
            }
            for v, *values in zip(x, map(target, x), before["y"], after["y"], strict=True)
        )
        limits = (-2.5, 6.0) if study.data == "exp" else (-2.0, 2.5)
        figures.append(
            Figure(
                name,
                f"{method}: {'J = ' + str(study.setting('J')) if method == BASELINE else 'J as it comes'}",
                draw_functions(name, alt, lines, xlabel="x (of the inverse: y)", ylabel="y", limits=limits),
                alt,
                Table(name, "The functions on the grid", HEADS, rows, folded=True),
            )
        )
    return figures


def _bare(value: float) -> Estimate:
    return Estimate(value, math.nan, math.nan)
