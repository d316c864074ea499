"""What whole trainings cost and what they reach, beside the papers' own figures."""

from importlib import import_module

from ..digest import Digest
from ..digest.studies import write_study
from ..families import TRAININGS
from ..group import group_by
from ..text import count
from .blocks import Asset, Items, Page, Section, missing

FILE = "studies.html"
# A module of each study's name here, in the order of the families they belong to.
SHOWN = {name: import_module(f".study_{name.replace('-', '_')}", __package__) for name in TRAININGS}


def build(digest: Digest) -> tuple[Page, ...]:
    """A section for each kind of study that was run, and a CSV for each study."""
    if not digest.studies:
        commands = tuple(f"{module.TITLE}: `python -m benchmarks study {name}`" for name, module in SHOWN.items())
        section = Section("studies", "What can be run", (Items(commands),))
        return (Page(FILE, "Studies", "No training study was run yet.", (section,)),)
    known = group_by(digest.studies, lambda study: study.name)
    sections = tuple(
        Section(name, module.TITLE, tuple(module.show(known[name])))
        if name in known
        else missing(name, module.TITLE, f"Not run: `python -m benchmarks study {name}`.")
        for name, module in SHOWN.items()
    )
    lead = (
        f"{count(len(digest.studies), 'training study', 'training studies')} of {count(len(known), 'kind')}: what an "
        "epoch costs, what a training reaches, beside the papers' figures."
    )
    assets = tuple(Asset(f"study-{study.key}.csv", write_study(study)) for study in digest.studies)
    return (Page(FILE, "Studies", lead, sections, assets=assets),)
