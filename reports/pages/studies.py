"""What whole trainings cost and what they reach, beside the papers' own figures."""

from importlib import import_module

from ..digest import Digest
from ..digest.studies import write_study
from ..families import TRAININGS
from ..text import count
from .blocks import Asset, Items, Page, Section, missing

FILE = "studies.html"
# A module of each study's name here, in the order of the families they belong to.
SHOWN = {name: import_module(f".study_{name.replace('-', '_')}", __package__) for name in TRAININGS}


def build(digest: Digest) -> tuple[Page, ...]:
    """A section for each kind of study that was run, and a CSV for each study."""
    sections = []
    for name, module in SHOWN.items():
        found = [study for study in digest.studies if study.name == name]
        sections.append(
            Section(name, module.TITLE, tuple(module.show(found)))
            if found
            else missing(name, module.TITLE, f"Not run: `python -m benchmarks study {name}`.")
        )
    kinds = count(len({study.name for study in digest.studies}), "kind")
    lead = (
        f"{count(len(digest.studies), 'training study', 'training studies')} of {kinds}: what an epoch costs, what a "
        "training reaches, beside the papers' figures."
        if digest.studies
        else "No training study was run yet."
    )
    if not digest.studies:
        commands = Items(
            tuple(f"{module.TITLE}: `python -m benchmarks study {name}`" for name, module in SHOWN.items())
        )
        sections = [Section("studies", "What can be run", (commands,))]
    assets = tuple(Asset(f"study-{study.key}.csv", write_study(study)) for study in digest.studies)
    return (Page(FILE, "Studies", lead, tuple(sections), assets=assets),)
