"""Study: densities learned by the relative gradient beside flows from a library (Gresele et al. 2020, table 1)."""

from collections.abc import Sequence
from itertools import groupby

from ..densities import OURS
from ..digest.densities import Reached
from ..digest.studies import StudyDigest
from ..plots.densities import SHARES, draw_densities
from ..statistics import Estimate
from ..text import count, write_list, write_seconds, write_share, write_size
from .blocks import Block, Cell, Figure, Figures, Heading, Table, Text, columns, tabulate
from .study_parts import compare, name_data, order_studies, tell_origin

TITLE = "Densities by the relative gradient, and by flows from a library"
# The pictures, the tables at hand, the paper's.
ORDER = ("modes", "sine", "moons", "rings", "digits", "breast_cancer", "wine", "diabetes", "iris")
PAPERS = ("power", "gas", "hepmass", "miniboone", "bsds300", "mnist")
NAMES = {OURS: "relative", "lu": "LU flow, zuko", "maf": "MAF, zuko"}
# Table 1 of the paper, nats as printed: dimension, the relative gradient's with two deviations, MAF (5), the best flow.
PUBLISHED = {
    "POWER": (6, "0.065", "0.013", "-0.458", "0.375"),
    "GAS": (8, "6.978", "0.020", "7.042", "8.357"),
    "HEPMASS": (21, "-21.958", "0.019", "-19.400", "-18.368"),
    "MINIBOONE": (43, "-13.372", "0.450", "-11.816", "-11.795"),
    "BSDS300": (63, "151.12", "0.28", "149.22", "153.28"),
    "MNIST": (784, "-1375.2", "1.4", "-1300.5", "-1038.5"),
}
_CAPTION = (
    "As figure 2 of Gresele et al. 2020: the palest region is the smallest that holds 95 % of the learned mass, the "
    "darkest holds 20 %"
)
_EXPLAINED = (
    "Mean log-likelihood of test samples in nats a dimension, higher is better. Bundled tables are standardised by "
    "the training samples, the paper's prepared as published: figures of two data sets do not compare. Rate and epoch "
    "are those of the highest likelihood of the samples that validate, seed by seed; no test sample has a say in "
    "them. Means over the seeds with a t interval, of folds widened for what they share (Nadeau and Bengio 2003); "
    "differences are paired by seed. A Gaussian has the training samples' mean and covariance. In equal time: of what "
    "every training had within the seconds of the quickest. Below a rate: how many seeds chose it, the median of the "
    "epochs that they chose and of the seconds until then. Times of a step are over relative's, paired by epoch. "
    "Whether ours are competitive is [claim RG5](claims.html#rg5)."
)
_PUBLISHED_EXPLAINED = (
    "From the paper, where models have similar numbers of parameters. Its data sets come with no package: `python -m "
    "benchmarks study {name} --data power --folder FOLDER` trains on one of them. The tables above are others, "
    "and their figures do not compare with these."
)


def show(studies: Sequence[StudyDigest]) -> list[Block]:
    """The pictures, the models on every table, the paper's table, then what each study was."""
    studies, first = order_studies(studies, (*ORDER, *PAPERS))
    figure = _draw(first)
    blocks: list[Block] = [] if figure is None else [Figures(_CAPTION, (figure,))]
    tables = [table for table in (_tabulate_planes(studies), _tabulate(studies)) if table.rows]
    blocks += [
        *tables,
        Text(_EXPLAINED, "note"),
        _tabulate_published(studies),
        Text(_PUBLISHED_EXPLAINED.format(name=studies[0].name), "note"),
    ]
    # Data sets that were trained on alike are told together.
    for told, alike in groupby(studies, key=_describe):
        group = list(alike)
        heading = Heading(write_list(name_data(study, studies) for study in group))
        blocks += [heading, Text(told), *(tell_origin(study) for study in group)]
    return blocks


def _describe(study: StudyDigest) -> str:
    setting = study.settings
    rates = sorted({method.settings["rate"] for method in study.methods})
    split = f"one of {setting['folds']} folds a seed" if setting["folds"] else "the same for all seeds"
    return (
        f"{setting['train']:,} samples of dimension {write_size(setting['d'])} to train on, {setting['valid']:,} to "
        f"validate, {setting['test']:,} to test, {split}; {count(study.epochs, 'epoch')} of "
        f"{count(setting['steps'], 'step')} from {count(len(study.seeds), 'seed')}, batches of {setting['batch']}; "
        f"L = {setting['L']}: {setting['architecture']} (least slope {setting['alpha']:g}), hidden units "
        f"of deviation {setting['spread']:g} at the start; {setting['optimiser']} at rates of "
        f"{write_list([f'{rate:g}' for rate in rates])}, the same for every model."
    )


def _tabulate_planes(studies: Sequence[StudyDigest]) -> Table:
    """Where the truth is known: how far what was learned falls short of it."""
    return tabulate(
        f"study-{studies[0].name}-planes",
        "In the plane, where the density is known",
        [(study, found) for study in studies for found in study.reached if found.short is not None],
        ("place", "Data", lambda pair: name_data(pair[0], studies)),
        ("value", "Nats a dimension", lambda pair: _write(pair[1].value), True),
        ("gained", "Over a Gaussian", lambda pair: _write(pair[1].gained), True),
        ("short", "Short of the truth", lambda pair: _write(pair[1].short), True),
        ("rate", "Rate", lambda pair: _write_rate(*pair), True),
    )


def _tabulate(studies: Sequence[StudyDigest]) -> Table:
    return tabulate(
        f"study-{studies[0].name}",
        "Held-out log-likelihood at equal parameters",
        [(study, found) for study in studies for found in study.reached if found.short is None],
        ("place", "Data", lambda pair: name_data(pair[0], studies)),
        ("row", "Model", lambda pair: _name_model(pair[1])),
        ("value", "Nats a dimension", lambda pair: _write(pair[1].value), True),
        ("gained", "Over a Gaussian", lambda pair: _write(pair[1].gained), True),
        ("ahead", "Relative minus it", lambda pair: _write(pair[1].ahead), True),
        ("ahead_timed", "In equal time", lambda pair: _write(pair[1].ahead_timed), True),
        ("rate", "Rate", lambda pair: _write_rate(*pair), True),
        ("ratio", "Time of a step", lambda pair: compare(pair[0].method(pair[1].method)), True),
    )


def _name_model(found: Reached) -> Cell:
    return Cell(NAMES.get(found.model, found.model), note=count(found.parameters, "parameter"))


def _write_rate(study: StudyDigest, found: Reached) -> Cell:
    when = f"epoch {found.epoch:g}, {write_seconds(found.spent_s)}"
    return Cell(f"{found.rate:g}", note=f"{found.times} of {len(study.seeds)} seeds\n{when}")


def _write(value: Estimate | None) -> Cell:
    if value is None:
        return Cell("–")
    return Cell(f"{value.value:.3f}", note="" if value.undetermined else f"{value.low:.3f} to {value.high:.3f}")


def _tabulate_published(studies: Sequence[StudyDigest]) -> Table:
    """Each of the paper's data sets, and ours where it was trained on."""
    rows = []
    for name, (d, ours, spread, maf, best) in PUBLISHED.items():
        here = [found for study in studies if study.data == name.lower() for found in study.reached]
        mine = next((found for found in here if found.model == OURS), None)
        rows.append(
            {
                "row": Cell(name),
                "d": Cell(f"{d}"),
                "ours": Cell(f"{ours} ± {spread}", note=f"{float(ours) / d:.3f} a dimension"),
                "maf": Cell(maf, note=f"{float(maf) / d:.3f} a dimension"),
                "best": Cell(best, note=f"{float(best) / d:.3f} a dimension"),
                "ahead": Cell(f"{(float(ours) - float(maf)) / d:+.3f}", note="a dimension"),
                "here": Cell("not run") if mine is None else _write(mine.value),
            }
        )
    heads = columns(
        ("row", "Data"),
        ("d", "D", True),
        ("ours", "Relative", True),
        ("maf", "MAF (5)", True),
        ("best", "Best of seven flows", True),
        ("ahead", "Relative minus MAF (5)", True),
        ("here", "Relative here, a dimension", True),
    )
    # Where none of them was trained on here, a column would say so six times.
    ran = any(row["here"].text != "not run" for row in rows)
    shown = heads if ran else heads[:-1]
    return Table("published-gresele-table-1", "Table 1 of Gresele et al. 2020, in nats", shown, tuple(rows))


def _draw(studies: Sequence[StudyDigest]) -> Figure | None:
    """Samples and learned density of every data set in the plane."""
    planes, told = [], []
    for study in studies:
        found = next((found for found in study.reached if found.model == OURS), None)
        if study.picture is None or found is None:
            continue
        planes.append((study.data, study.picture))
        told.append(f"{study.data} {found.short.value:.3f}" if found.short is not None else study.data)
    if not planes:
        return None
    shares = write_list(write_share(share) for share in SHARES)
    alt = (
        "Samples in the plane, each beside the density that was learned of them, darker in the smallest regions that "
        f"hold {shares} of its mass. Held-out nats a dimension short of the truth's: {', '.join(told)}."
    )
    title = f"Samples, and the density learned of them: {write_list(data for data, _ in planes)}"
    name = f"study-{studies[0].name}-planes"
    return Figure(name, title, draw_densities(name, alt, planes), alt)
