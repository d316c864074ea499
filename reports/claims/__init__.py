"""What the papers claim, one file each: `rg1.py` holds claim RG1 as data and the function that tests it.

Every module of this folder whose name does not start with an underscore has a `CLAIM`. To add one, write the file: the
digest, the scoreboard and the Markdown twin follow.
"""

import pkgutil
from importlib import import_module

from ..families import FAMILIES
from ._claim import Claim, Evidence, Sentence
from ._rule import CONFIDENCE, ERROR_RATE, find_effect, share_error, sum_up


def list_claims() -> tuple[Claim, ...]:
    """The claims of all files here, in the project's order of families and then by their names."""
    names = [found.name for found in pkgutil.iter_modules(__path__) if not found.name.startswith("_")]
    claims = [import_module(f"{__name__}.{name}").CLAIM for name in names]
    return tuple(sorted(claims, key=lambda claim: (FAMILIES[claim.family].order, claim.id)))
