"""Words for what the project calls by a letter or in lower case."""

_LETTERS = {
    "D": "dimension",
    "d": "dimension",
    "B": "batch",
    "L": "layers",
    "H": "hidden width",
    "J": "kind of Jacobian",
    "T": "kind of map",
    "gamma": "contraction",
    "tol": "tolerance",
}


def name_letter(letter: str) -> str:
    """`contraction gamma`: a size with what it is."""
    return f"{_LETTERS[letter]} {letter}" if letter in _LETTERS else letter


def name_backend(backend: str) -> str:
    """`JAX` as its makers write it."""
    return {"jax": "JAX"}.get(backend, backend)
