"""Log-determinant gradients: over the dimension, with two layers; and beside what a user would pick instead, over the
batch, the layers and the condition of W.
"""

from typing import Any

from benchmarks.families._family import FULL_D, Family, Sweep


def _sweeps(D: tuple[int, ...], B: tuple[int, ...] = (100,)) -> dict[str, Sweep]:
    return {"": Sweep({"D": D, "B": B, "L": (2,)})}


# Where a call takes seconds to minutes: the ordinary gradients as far as there are sizes, and the autodiff through each
# sample's Jacobian to where memory ends.
_PATIENT = ("relative", "inverse", "slogdet_autodiff", "jacobian_autodiff")
_PATIENT_D = tuple(D for D in FULL_D if D >= 1000)
# And as who lacks that memory would run it, a few samples at a time, beside it.
_PATIENT_JACOBIANS = (1000, 2000, 3000)
_DEEP = {"B": (100,), "L": (3,)}

# The sizes that fill a card, the paper's largest among them: there the precision of the products is what they cost.
_CARD_D = (1000, 4000, 8192, 20000)

# Other models and other questions, which the main sweep does without: the suite's own, and libraries'.
_OTHERS = ("lu_layer", "inverse_tracked", "ordinary_with_value", "relative_layer")
_ESTIMATES = (
    *("hutchinson_cg_1", "hutchinson_cg_10", "hutchinson_cg_100"),
    *("self_normalizing_1", "self_normalizing_10", "free_form_10"),
)
_LIBRARIES = (
    *("nflows_lu", "normflows_lu_permute", "torchflows_lu", "zuko_lu"),
    *("matfree_slq_1", "matfree_slq_10", "matfree_slq_100"),
)
# What they are compared with: the suite's gradient, its exact rivals, and the yardstick.
_RIVALS = (
    *("relative", "relative_published", "transposed", "inverse", "slogdet_autodiff", "slogdet", "gemm_floor"),
    *(*_OTHERS, *_ESTIMATES, *_LIBRARIES),
)
# The Jacobian of every sample, all of them at once and a few at a time: as far as a call takes less than a second.
_JACOBIANS = ("jacobian_autodiff", "jacobian_autodiff_chunked")
# Whose order of products the batch may turn.
_ORDERS = ("relative", "relative_published", "transposed", "gemm_floor")


def _beside(rivals: tuple[int, ...], wide: tuple[int, ...] = ()) -> dict[str, Sweep]:
    """One layer beside other parameterisations and libraries, over the dimension; the Jacobian's autodiff a few samples
    at a time, of three layers, for of one every sample's Jacobian is W, whose LU a compiler takes out of the loop; over
    the batch, below and above the dimension; over the layers; over the condition of W, where a row's error is the
    answer.

    One process a cell, for how much processes differ the main sweep tells; but all of them for the rivals, rows that
    the main sweep does not have.
    """

    def sweep(sizes: dict[str, tuple[Any, ...]], only: tuple[str, ...], processes: float = 1 / 3) -> Sweep:
        return Sweep(sizes, only=only, process_share=processes, forms=False)

    one = {"L": (1,)}
    return {
        "Rivals": sweep({"D": rivals, "B": (100,), **one}, _RIVALS, processes=1.0),
        "Jacobians": sweep({"D": tuple(D for D in rivals if D <= 300)} | _DEEP, ("gemm_floor", *_JACOBIANS)),
        # At B = 100 they are among the rivals.
        "Batch": sweep({"D": (100, 1000), "B": (1, 1000, 10000), **one}, (*_ORDERS, "inverse")),
        "BatchWide": sweep({"D": wide, "B": (1, 100, 1000, 10000), **one}, _ORDERS),
        "Layers": sweep({"D": (100,), "B": (100,), "L": (8, 32)}, (*_ORDERS, "inverse", "lu_layer")),
        "Condition": sweep(
            {"D": (100,), "B": (100,), **one, "condition": (1.0, 1e2, 1e4, 1e6)},
            (*_RIVALS, "jacobian_autodiff", "relative_step", "value_tracking"),
        ),
    }


_BESIDE = _beside((100, 300, 1000, 3000), wide=(4000,))
# Two a decade; beyond 6,000 the ordinary gradients are over the budget of a call.
_STANDARD_D = (10, 32, 100, 320, 1000, 3000, 6000, 20000)

LOGDET = Family(
    name="logdet",
    swept="D",
    # The products that no exact gradient does without.
    yardstick="gemm_floor",
    sweeps={
        "smoke": _sweeps((8, 12), (16,)),
        # Of standard's, so that each has a neighbour there; four are the fewest that a curve is drawn through.
        "quick": _sweeps((10, 100, 320, 1000)),
        "standard": {**_sweeps(_STANDARD_D), **_beside((100, 1000))},
        "full": {**_sweeps(FULL_D), **_BESIDE},
        "patient": {
            **_sweeps(_PATIENT_D),
            "Jacobians": Sweep({"D": _PATIENT_JACOBIANS} | _DEEP, only=_JACOBIANS),
        },
        "card": {
            **_sweeps(tuple(sorted({*FULL_D, *_CARD_D}))),
            "Precisions": Sweep({"D": _CARD_D, "B": (100,), "L": (2,)}, dtypes=("tf32", "bfloat16", "float64")),
            **_BESIDE,
        },
    },
    rows={"patient": (*_PATIENT, *_JACOBIANS[1:])},
    apart=(*_OTHERS, *_ESTIMATES, *_LIBRARIES, "jacobian_autodiff_chunked"),
    # The suite's gradient and its exact rival. The other six would be two thirds of the longest session: torch compiles
    # them for 28 of 42 s. On a card one row, at every size from where launches are all of a call to where they hide
    # behind it: there it stops paying. An H200's host compiled it in 8 s at D = 100; every size is compiled anew.
    compiled={"standard": ("relative", "inverse"), "card": ("relative",)},
    compiled_up_to={"card": 4096},
)
