"""Networks that stand for a gradient: over the dimension with two hidden layers, and over their number; what estimates
their curl, and their objectives.
"""

from benchmarks.families._family import Family, Sweep

# Several probes a sample, and the rival of denoising.
_APART = (
    *("curl_probes_4", "curl_probes_16", "curl_rademacher_1", "curl_rademacher_4", "curl_rademacher_16"),
    "sliced",
)
_CURL = Sweep(
    {"d": (32, 256), "H": (96,), "L": (2,), "B": (128,)},
    only=("psi", "psi_closed_form", "curl_jvp_vjp", "curl_published", "curl_dense", *_APART),
)


def _sweeps(
    d: tuple[int, ...], H: tuple[int, ...], deep: tuple[int, ...], wide: tuple[int, ...], L: tuple[int, ...]
) -> dict[str, Sweep]:
    return {
        "": Sweep({"d": d, "H": H, "L": (2,), "B": (128,)}),
        "Depth": Sweep({"d": deep, "H": wide, "L": L, "B": (128,)}),
    }


_FULL = _sweeps(
    (2, 8, 16, 32, 64, 128, 256, 512, 1024, 2048), (64, 256), deep=(64, 512), wide=(64, 256), L=(1, 3, 4)
) | {"Curl": _CURL}

SCORE = Family(
    name="score",
    swept="d",
    # A step of the ordinary network of this size: forward and back once.
    yardstick="psi",
    sweeps={
        "smoke": _sweeps((2,), (8,), (2,), (8,), (2,)),
        # All above compiled_up_to: torch takes 20 s to compile the four rows.
        "quick": _sweeps((16, 64, 512), (64,), (), (), ()),
        "standard": _sweeps((2, 16, 64, 256, 512, 2048), (64,), (64, 512), (64,), (1, 4)) | {"Curl": _CURL},
        "full": _FULL,
        "card": _FULL,
    },
    apart=_APART,
    rows={"smoke": ("psi", "phi", "curl_jvp_vjp")},
    # torch compiles its rows anew in every process.
    row_share=0.5,
    process_share=1 / 3,
    anchors=dict.fromkeys(("standard", "full"), (16, 512)),
)
