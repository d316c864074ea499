"""Names of places and series as the pages write them, from the digest."""

from ..digest import Digest, FamilyDigest
from ..digest.series import Measured
from ..families import FAMILIES
from ..points import Place
from ..text import write_size


def name_place(digest: Digest, place: Place) -> str:
    """`torch, cpu, float32`; the machine only where the report has several."""
    words = [place.backend, place.device, place.dtype]
    return ", ".join([*words, place.machine] if len(digest.about.machines) > 1 else words)


def name_series(digest: Digest, family: FamilyDigest, series: Measured) -> str:
    """The place, with the fixed sizes and the machine's state that tell series of the family apart."""
    fixed = dict(series.fixed)
    words = [f"{letter} = {write_size(fixed[letter])}" for letter in family.letters if letter in fixed]
    state = [f"state {series.state}"] if series.state else []
    return ", ".join([name_place(digest, series.place), *words, *state])


def name_letter(family: FamilyDigest, letter: str) -> str:
    """`contraction gamma`: a size with what it is."""
    return f"{FAMILIES[family.name].size(letter).name} {letter}".strip()


def name_backend(backend: str) -> str:
    """`JAX` as its makers write it."""
    return {"jax": "JAX"}.get(backend, backend)


def capital(words: str) -> str:
    """The words as a sentence or a label begins."""
    return words[0].upper() + words[1:]
