"""Study: the ordinary against the relative gradient from the same starts (Gresele et al. 2020, figure 1, right)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..ascents import SHARE
from ..digest.ascents import Climbed
from ..digest.studies import StudyDigest, StudyMethod
from ..plots.study import Panel, draw_study
from ..statistics import Estimate
from ..text import count, write_list, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns, tabulate
from .study_parts import (
    Measure,
    compare,
    describe_ends,
    end_cell,
    make_panel,
    name_data,
    order_studies,
    stack,
    tell_origin,
)

TITLE = "Ascending the likelihood by the ordinary and the relative gradient"
LOSS = Measure("loss", "Training loss")
# The paper's first.
ORDER = ("moons", "mixture", "diabetes", "digits")
OPTIMISERS = {"gd": "plain descent", "adam": "Adam"}


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """The losses of all data sets over the iterations, then ends and costs at the best and at every rate."""
    studies, first = order_studies(studies, ORDER)
    figure = _draw(first)
    blocks: list[Block] = [] if figure is None else [Figures("As figure 1 (right) of Gresele et al. 2020", (figure,))]
    for study in studies:
        blocks += [
            Heading(name_data(study, studies)),
            Text(_describe(study)),
            _tabulate(study),
            Text(_EXPLAINED, "note"),
            _tabulate_rates(study),
            tell_origin(study),
        ]
    return blocks


_EXPLAINED = (
    "Each gradient at its best rate, the one whose loss ends lowest in the median over the starts. Losses are negative "
    "mean log-likelihoods in nats, medians and ranges over the starts; ratios of times are paired by epoch. Iterations "
    f"and seconds are those to {100 * SHARE:g} % of the way from a start to the best likelihood that either gradient "
    "came to from it by the same optimiser: medians over the starts, with intervals at 95 %. A training that did not "
    "come so far counts as at least all that it had; not reached says that most did not. Whether the relative gradient "
    "needs more iterations is [claim RG4](claims.html#rg4)."
)


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    batch = "full batch" if setting["batch"] >= setting["train"] else f"batches of {setting['batch']:,}"
    rates = sorted({method.settings.get("rate", 0.0) for method in study.methods})
    return (
        f"{setting['train']:,} points of dimension {write_size(setting['d'])}, {setting['test']:,} to test, {batch}; "
        f"{count(study.epochs, 'epoch')} of {count(setting['steps'], 'step')} from {count(len(study.seeds), 'start')}; "
        f"L = {setting['L']}: {setting['architecture']}; {setting['optimiser']} at rates from {rates[0]:g} to "
        f"{rates[-1]:g}, the same for both gradients."
    )


def _name(method: StudyMethod) -> str:
    optimiser = method.settings.get("optimiser", "")
    return f"{method.settings.get('gradient', method.name)}, {OPTIMISERS.get(optimiser, optimiser)}"


def _tabulate(study: StudyDigest) -> Table:
    climbed = {found.method: found for found in study.ascents}
    iterations, taken = f"Iterations to {100 * SHARE:g} %", f"Time of {study.settings['steps']} steps"
    return tabulate(
        f"study-{study.key}",
        f"At its best rate: {study.data}",
        [(method, climbed[method.name]) for method in study.methods if method.name in climbed],
        ("row", "Gradient", lambda pair: _name(pair[0])),
        ("rate", "Best rate", lambda pair: _write_rate(*pair), True),
        ("loss", "Training loss", lambda pair: _end(pair[0], "loss"), True),
        ("test", "Test loss", lambda pair: _end(pair[0], "test_loss"), True),
        ("iterations", iterations, lambda pair: _tell_cost(study, pair[1], pair[1].iterations, "{:,.0f}".format), True),
        ("spent", "Seconds", lambda pair: _tell_cost(study, pair[1], pair[1].seconds, write_seconds), True),
        ("seconds", taken, lambda pair: stack(pair[0].seconds, write_seconds), True),
        ("ratio", "Over ordinary, plain descent", lambda pair: compare(pair[0]), True),
    )


def _write_rate(method: StudyMethod, found: Climbed) -> Cell:
    edge = "an end of the grid" if found.edge else ""
    return Cell(f"{method.settings.get('rate', 0):g}", "undecided" if edge else "", edge)


def _tell_cost(study: StudyDigest, found: Climbed, cost: Estimate, write: Callable[[float], str]) -> Cell:
    """The median and its interval; where the likelihood was not reached from all starts, from how many it was."""
    notes = []
    if not cost.undetermined:
        notes.append(f"from {write(cost.low)}" if math.isinf(cost.high) else f"{write(cost.low)} to {write(cost.high)}")
    if found.reached < len(study.seeds):
        notes.append(f"{found.reached} of {count(len(study.seeds), 'start')}")
    return Cell(write(cost.value) if found.median else "not reached", note="\n".join(notes))


def _tabulate_rates(study: StudyDigest) -> Table:
    rows = [{"row": Cell(m.name), "loss": _end(m, "loss"), "test": _end(m, "test_loss")} for m in study.methods]
    heads = columns(("row", "Gradient, optimiser, rate"), ("loss", "Training loss", True), ("test", "Test loss", True))
    return Table(f"study-{study.key}-rates", f"At every rate: {study.data}", heads, tuple(rows), folded=True)


def _end(method: StudyMethod, name: str) -> Cell:
    return end_cell(method, name) if name in method.ends else Cell("diverged", tone="off")


def _draw(studies: Sequence[StudyDigest]) -> Figure | None:
    """A panel for each data set: the loss over the iterations, Adam dashed; what diverged has no line."""
    panels = [panel for study in studies if (panel := _make_panel(study)).lines]
    if not panels:
        return None
    name, alt = f"study-{studies[0].name}", f"Training loss over iterations. {describe_ends(panels, 'iterations')}."
    title = f"Loss over iterations, each gradient at its best rate: {write_list(study.data for study in studies)}"
    return Figure(name, title, draw_study(name, alt, panels, xlabel="iterations"), alt)


def _make_panel(study: StudyDigest) -> Panel:
    # In the colours of the family's rows that compute these gradients.
    colours = {"ordinary": "c1", "relative": "c0"}
    lines = []
    for method in study.methods:
        if not method.best or "loss" not in method.curves:
            continue
        gradient, optimiser = method.settings["gradient"], method.settings["optimiser"]
        label = gradient if optimiser == "gd" else f"{gradient}, {OPTIMISERS.get(optimiser, optimiser)}"
        (line,) = make_panel(study, LOSS, methods=[method.name], names={method.name: label}).lines
        steps = study.settings["steps"]
        taken = {seconds: steps * (j + 1) for j, seconds in enumerate(method.curves["loss"].seconds)}
        colour = colours.get(gradient, line.colour)
        lines.append(replace(line, sizes=[taken[x] for x in line.sizes], colour=colour, dashed=optimiser != "gd"))
    return Panel(f"{study.data}: training loss, nats", lines, linear=True)
