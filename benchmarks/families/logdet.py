"""Log-determinant gradients: over the dimension, with two layers."""

from benchmarks.families._family import STANDARD_D, Family, Sweep


def _sweeps(D: tuple[int, ...], B: tuple[int, ...] = (100,)) -> dict[str, Sweep]:
    return {"": Sweep({"D": D, "B": B, "L": (2,)})}


# Where a call takes seconds to minutes: the ordinary gradients as far as there are sizes, and the autodiff through each
# sample's Jacobian to where memory ends.
_PATIENT = ("relative", "inverse", "slogdet_autodiff", "jacobian_autodiff")
_PATIENT_D = tuple(D for D in STANDARD_D if D >= 1000)

# The sizes that fill a card, the paper's largest among them; there lower precisions are what the products are for.
_CARD_D = (1000, 4000, 8192, 20000)

LOGDET = Family(
    name="logdet",
    swept="D",
    # The products that no exact gradient does without.
    yardstick="gemm_floor",
    sweeps={
        "smoke": _sweeps((8, 12), (16,)),
        "quick": _sweeps((10, 30, 100, 300, 1000, 2000)),
        "standard": _sweeps(STANDARD_D),
        "full": _sweeps(STANDARD_D, (1, 10, 100, 1000)),
        "patient": _sweeps(_PATIENT_D),
        "card": {
            **_sweeps(tuple(sorted({*STANDARD_D, *_CARD_D}))),
            "Lower": Sweep({"D": _CARD_D, "B": (100,), "L": (2,)}, dtypes=("tf32", "bfloat16")),
        },
    },
    rows={"patient": _PATIENT},
    # The suite's gradient and its exact rival. The other six would be two thirds of the longest session: torch compiles
    # them for 28 of 42 s.
    compiled={"quick": ("relative", "inverse"), "card": ("relative",)},
)
