"""Streams that are not UTF-8: what they cannot write is spelt out."""

import codecs
import io
import sys

# A unit or a name must stay what it is: a question mark in the place of µ would leave a second or a microsecond.
SPELT = {
    **{"µ": "u", "×": "x", "·": ".", "–": "-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "√": "sqrt"},
    **{"φ": "phi", "ψ": "psi", "γ": "gamma", "∇": "grad ", "ᵀ": "^T", "²": "^2", "³": "^3"},
    **{"±": "+-", "ε": "epsilon", "κ": "kappa"},
    **{"“": '"', "”": '"', "’": "'"},
}
HANDLER = "reports-spelt"


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(SPELT.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _spell)


def tolerate() -> None:
    """Let stdout and stderr spell out what their encoding has not. Every entry point calls this first."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
