"""Study: learning a function through its Jacobian, as in section 5 of Lorraine and Hossain 2022."""

import math
from collections.abc import Sequence

from ..digest.studies import StudyDigest, StudyMethod
from ..plots import Line
from ..plots.functions import draw_functions
from ..plots.study import draw_study
from ..statistics import Estimate
from ..text import count, write_error
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, tabulate
from .study_parts import Measure, describe_ends, end_cell, make_panel, name_data, order_studies, tell_costs, tell_origin

TITLE = "Learning a function through its Jacobian"
CONTROL = "unconstrained"
PUBLISHED = {"exp": "figure 1", "abs": "figure 2"}
LOSS = Measure("test_loss", "Test loss")
TARGETS = {"exp": ("exp(x)", math.exp), "abs": ("|x|", abs)}
LIMITS = {"exp": (-2.5, 6.0), "abs": (-2.0, 2.5)}
# In the order of the figures.
ORDER = ("exp", "abs", "plane")
_EXPLAINED = (
    "Time is that of one step, evaluations are those of a whole training on the way forward; medians, ranges over the "
    "seeds; ratios are paired by step. Slopes: the least and the largest over a grid of [-2, 2] and all seeds, after "
    "training and before."
)
_MORE = {
    "exp": "Round trip: the largest |x(y(x)) − x| on that grid, x(y) by the ODE of the inverse.",
    "plane": (
        "In the plane slopes are singular values: entries within [-1, 1] allow a norm up to 2. Path gap: the relative "
        "difference of the results of two paths with the same ends, 0 only where J is the Jacobian of something."
    ),
}


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """What was learned beside the target, the losses of all data sets, then costs and slopes of each."""
    blocks: list[Block] = []
    studies, first = order_studies(studies, ORDER)
    figures = [figure for study in first if (figure := _draw_learned(study)) is not None]
    losses = _draw_losses(first)
    figures += [losses] if losses is not None else []
    if figures:
        blocks.append(Figures("As figures 1 to 3 of Lorraine and Hossain 2022", tuple(figures)))
    for study in studies:
        blocks += [
            Heading(name_data(study, studies)),
            Text(_describe(study)),
            _tabulate(study),
            Text(" ".join([_EXPLAINED, _MORE.get(study.data, "")]).strip(), "note"),
            tell_origin(study),
        ]
    return blocks


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    return (
        f"{setting['train']} points in [-1, 1], {setting['test']} in [-2, 2] to test; "
        f"{count(study.epochs, 'full-batch step')} of {setting['optimiser']} at {setting['learning_rate']:g} from "
        f"{count(len(study.seeds), 'seed')} (seeds {study.seeds[0]} to {study.seeds[-1]}); {setting['H']} hidden "
        f"units, J = {setting['J']} but for {CONTROL}. dopri5_fixed keeps the tolerance {setting['tol_fixed']:g}; "
        f"dopri5_annealed begins with {setting['tol_start']:g} and halves it whenever the loss is below it."
    )


def _tabulate(study: StudyDigest) -> Table:
    known = {
        "exp": (("round_trip", "Round trip"), ("inverse", "Inverse against log")),
        "plane": (("gap", "Path gap"),),
    }
    learned = (("slopes", "Slopes"), *known.get(study.data, ()))
    return tabulate(
        f"study-{study.key}",
        f"What each rule costs and reaches: {study.data}",
        study.methods,
        *tell_costs(study, "Method", "Time of a step"),
        ("evaluations", "Evaluations", lambda m: f"{m.evaluations.value:,.0f}", True),
        ("tol", "Last tolerance", lambda m: end_cell(m, "tol", small=True), True),
        ("loss", "Training loss", lambda m: end_cell(m, "loss"), True),
        ("test", "Test loss", lambda m: end_cell(m, "test_loss"), True),
        *((key, label, lambda m, key=key: _tell_learned(m).get(key, ""), True) for key, label in learned),
    )


def _tell_learned(method: StudyMethod) -> dict[str, Cell]:
    learned = method.learned
    if learned is None:
        return {}
    (low, high), (least, most) = learned.before_slopes, learned.after_slopes
    return {
        "slopes": Cell(f"{least:.3g} to {most:.3g}", note=f"before:\n{low:.3g} to {high:.3g}"),
        "round_trip": Cell(write_error(learned.round_trip)),
        "inverse": Cell(write_error(learned.inverse_error)),
        "gap": end_cell(method, "path_gap"),
    }


def _draw_losses(studies: Sequence[StudyDigest]) -> Figure | None:
    """A panel for each data set."""
    panels = [make_panel(study, LOSS, f"{study.data}: test loss") for study in studies]
    panels = [panel for panel in panels if panel.lines]
    if not panels:
        return None
    name = f"study-{studies[0].name.removesuffix('-training')}-losses"
    alt = f"Over seconds of training. {describe_ends(panels)}."
    title = "Test loss over the seconds of training, median and range of the seeds"
    return Figure(name, title, draw_study(name, alt, panels, shared=False), alt)


def _draw_learned(study: StudyDigest) -> Figure | None:
    """The target, the function before and after training, its inverse: of the constrained J, and of the control."""
    if study.data not in TARGETS:
        return None
    label, target = TARGETS[study.data]
    panels, told = [], []
    for name in (study.baseline, CONTROL):
        method = study.method(name)
        if method is None or method.learned is None or not method.learned.x:
            continue
        found = method.learned
        x = found.x
        drawn: list[tuple[str, str, Sequence[float], Sequence[float], bool]] = [
            (label, "c6", x, [target(v) for v in x], True)
        ]
        drawn += [("before", "c4", x, found.before, False), ("after", "c0", x, found.after, False)]
        if found.inverse:
            values = [v for v in found.after if v > 0.02]
            drawn.append(("inverse", "c2", found.after, found.inverse, False))
            drawn.append(("log(y)", "c6", values, [math.log(v) for v in values], True))
        lines = [
            Line(text, colour, list(at), [Estimate(v) for v in y], dashed) for text, colour, at, y, dashed in drawn
        ]
        kind = f"J = {study.settings['J']}" if name == study.baseline else "J as it comes"
        panels.append((f"{name}: {kind}", lines))
        told.append(f"with {name} {found.before[-1]:.3g} before training and {found.after[-1]:.3g} after it")
    if not panels:
        return None
    name = f"study-{study.key}-learned"
    alt = f"{study.data} learned through its Jacobian: at x = 2 the target is {target(2.0):.3g}, {'; '.join(told)}."
    xlabel = "x (of the inverse: y)" if study.data == "exp" else "x"
    svg = draw_functions(name, alt, panels, xlabel, LIMITS[study.data])
    title = f"{label}, learned through its derivative from seed {study.seeds[0]}, as in {PUBLISHED[study.data]}"
    return Figure(name, title, svg, alt)
