"""Names of places and sizes as the pages write them, from the digest."""

import re

from ..digest import Digest, FamilyDigest
from ..families import FAMILIES
from ..points import Place


def name_place(digest: Digest, place: Place) -> str:
    """`torch, cpu, float32`; the machine only where the report has several."""
    words = [place.backend, place.device, place.dtype]
    return ", ".join([*words, place.machine] if len(digest.about.machines) > 1 else words)


def name_environment(environment: str) -> str:
    """`checkout-py3.11`: asv's name without the device and the profile, which have places of their own."""
    name = re.sub(r"-BENCH_(DEVICE|PROFILE)[a-z]*", "", environment)
    return re.sub(r"^(plain|direct)\b-?", "without asv ", name).strip()


def name_letter(family: FamilyDigest, letter: str) -> str:
    """`contraction gamma`: a size with what it is."""
    return f"{FAMILIES[family.name].size(letter).name} {letter}".strip()


def name_backend(backend: str) -> str:
    """`JAX` as its makers write it."""
    return {"jax": "JAX"}.get(backend, backend)


def capital(words: str) -> str:
    """The words as a sentence or a label begins; a symbol stays as it is: Ψ is not ψ."""
    return words[0].upper() + words[1:] if words[0].isascii() else words
