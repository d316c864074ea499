"""Study: the ordinary against the relative gradient from the same starts (Gresele et al. 2020)."""

from collections.abc import Sequence

from ..digest.studies import StudyDigest, StudyMethod
from ..plots import Line, assign_colours
from ..plots.study import Panel, draw_study
from ..text import count, write_list, write_seconds, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns
from .study_parts import describe_ends, end_cell, tell_origin

TITLE = "Fitting a density by the ordinary and by the relative gradient"
OPTIMISERS = {"gd": "plain descent", "adam": "Adam"}
GRADIENTS = ("ordinary", "relative")
# The paper's data; the others go beyond it.
PUBLISHED = "moons"
# Another density in the plane tells the same.
DRAWN = (PUBLISHED, "digits")


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """Likelihood over iterations, each gradient at its best rate, then what each ends with on each data set."""
    first = [study for study in studies if study.machine == studies[0].machine]
    caption = "As figure 1 (right): the negative log-likelihood over iterations, each gradient at its best rate"
    blocks: list[Block] = [Figures(caption, tuple(_draw(study) for study in first if study.data in DRAWN))]
    for study in studies:
        blocks += [
            Heading(f"{study.data}, machine {study.machine}"),
            Text(_describe(study)),
            _tabulate(study),
            tell_origin(study),
        ]
    note = (
        "Best: the rate of the declared grid whose training loss ends lowest in the median over the starts. Losses are "
        "nats a sample, in float64: medians and ranges over the starts. The verdict stands with claim RG4."
    )
    return [*blocks, Text(note, "note")]


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    batch = "full batch" if setting["batch"] >= setting["train"] else f"batch {setting['batch']}"
    beyond = "" if study.data == PUBLISHED else " Beyond the paper."
    return (
        f"{setting['train']:,} samples of dimension {write_size(setting['d'])}, {setting['test']:,} to test; L = "
        f"{setting['L']}, {batch}, {study.epochs * setting['steps']:,} iterations from "
        f"{count(len(study.seeds), 'start')}.{beyond}"
    )


def list_best(study: StudyDigest) -> list[tuple[str, str, float, StudyMethod]]:
    """(gradient, optimiser, rate, method) at its best rate, of each gradient and optimiser that kept the numbers."""
    found = []
    for optimiser in OPTIMISERS:
        for gradient in GRADIENTS:
            known = [m for m in study.methods if m.name.startswith(f"{gradient}_{optimiser}_") and "loss" in m.ends]
            if known:
                best = min(known, key=lambda method: (method.ends["loss"].value, method.name))
                found.append((gradient, optimiser, float(best.name.rsplit("_", 1)[1]), best))
    return found


def _tabulate(study: StudyDigest) -> Table:
    rows = []
    for gradient, optimiser, rate, method in list_best(study):
        tried = [m for m in study.methods if m.name.startswith(f"{gradient}_{optimiser}_")]
        left = [m.name.rsplit("_", 1)[1] for m in tried if "loss" not in m.ends]
        rows.append(
            {
                "row": Cell(gradient),
                "how": Cell(OPTIMISERS[optimiser]),
                "rate": Cell(f"{rate:g}", note=f"no numbers at {write_list(left)}" if left else ""),
                "loss": end_cell(method, "loss"),
                "test": end_cell(method, "test_loss"),
                "seconds": Cell(write_seconds(method.seconds)),
            }
        )
    heads = columns(
        ("row", "Gradient"),
        ("how", "By"),
        ("rate", "Best rate", True),
        ("loss", "Training loss", True),
        ("test", "Test loss", True),
        ("seconds", f"Time of {study.settings['steps']} iterations", True),
    )
    return Table(f"study-{study.key}", f"What either gradient ends with: {study.data}", heads, tuple(rows))


def _draw(study: StudyDigest) -> Figure:
    palette, steps, panels = assign_colours(GRADIENTS), study.settings["steps"], []
    for optimiser, words in OPTIMISERS.items():
        lines = []
        for gradient, known, rate, method in list_best(study):
            curve = method.curves.get("loss")
            if known == optimiser and curve is not None:
                iterations = [steps * (epoch + 1) for epoch in range(len(curve.values))]
                lines.append(Line(f"{gradient}, {rate:g}", palette[gradient], iterations, list(curve.values)))
        if lines:
            panels.append(Panel(words[0].upper() + words[1:], lines))
    name = f"study-{study.key}"
    alt = f"On {study.data}, over iterations. {describe_ends(panels, 'iterations')}."
    title = f"{study.data}: median and range of {count(len(study.seeds), 'start')}"
    return Figure(name, title, draw_study(name, alt, panels, axis="iterations"), alt)
