"""What is peculiar to a family in the report, declared once: `logdet.py` has its descriptor, all that is told of it.

Every module of this folder whose name does not start with an underscore has a `FAMILY`. To add one, write the file.
"""

import pkgutil
from importlib import import_module

from ._family import Contest, Family, Goals, Qualities, Question, Retraction, Training


def _list_families() -> list[Family]:
    names = [found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")]
    return sorted((import_module(f"{__name__}.{name}").FAMILY for name in names), key=lambda family: family.order)


# In the project's order.
FAMILIES: dict[str, Family] = {family.name: family for family in _list_families()}
TRAININGS: dict[str, Training] = {study.name: study for family in FAMILIES.values() for study in family.trainings}
