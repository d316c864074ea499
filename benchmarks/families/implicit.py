"""Gradients through a fixed point: over the dimension, over contraction and normality, of one sample, of a conv block,
and over the dimensions where calls take seconds; and what else k products can buy.
"""

from benchmarks.families._family import Family, Sweep

# Rows that a network of 20,000 units may be trained with.
_MATRIX_FREE = (
    *("jfb", "neumann_1", "neumann_5", "neumann", "cg", "gmres", "bicgstab", "anderson"),
    *("forward_picard", "parameter_vjp"),
)
# Half of the family: what JAX compiles in quick must take a minute.
_QUICK = (
    *("jfb", "neumann_1", "neumann_5", "neumann_10", "neumann_20", "phantom", "neumann"),
    *("cg", "cg_published", "gmres", "bicgstab", "unrolled_10", "unrolled_100"),
    *("forward_picard", "parameter_vjp"),
)
_SMOKE = ("jfb", "neumann_2", "cg", "gmres", "unrolled_10", "forward_picard", "parameter_vjp")
# JFB through the layer; other truncations than the paper's, solvers that are given the last training step's w, and
# libraries sample by sample whose rows for the whole batch are in every sweep.
_APART = (
    "jfb_layer",
    *(f"{name}_{k}" for name in ("gmres", "bicgstab") for k in (1, 2, 5, 10, 20)),
    *("neumann_warm_1", "neumann_warm_5", "neumann_warm", "gmres_warm", "matfree_lsmr", "matfree_lsmr_vmapped"),
    *("lineax_gmres_vmapped", "optimistix_fixed_point_vmapped"),
    *("jaxopt_bicgstab_vmapped", "jaxopt_gmres_vmapped", "jaxopt_normal_cg_vmapped"),
)
# At equal products: beside the paper's truncations and the solvers that they are cut from, at a size and a batch of
# their own, which no series of the other sweeps has.
_TRUNCATED = Sweep(
    {"D": (400,), "B": (100,), "gamma": (0.9,), "T": ("random", "symmetric", "rotation"), "tol": (1e-6,)},
    ("float64",),
    only=(
        *("jfb", "neumann_1", "neumann_2", "neumann_5", "neumann_10", "neumann_20", "phantom", *_APART),
        *("neumann", "cg", "gmres", "bicgstab", "parameter_vjp"),
    ),
)

# Forms of a fixed number of iterations, compiled where calls are short.
_COMPILED = Sweep(
    {"D": (100,), "B": (128,), "gamma": (0.9,), "T": ("random",), "tol": (1e-6,)},
    ("float64",),
    only=("jfb", "neumann_5", "gmres_5", "bicgstab_5", "parameter_vjp"),
)


def _sweeps(
    D: tuple[int, ...],
    at: int,
    gamma: tuple[float, ...],
    T: tuple[str, ...],
    single: tuple[int, ...],
    conv: tuple[int, ...],
    large: tuple[int, ...] = (),
    B: int = 64,
) -> dict[str, Sweep]:
    """Over the dimension; over contraction and normality at one dimension; one sample; over the size of the conv block.

    In float64: iterative methods are compared at one tolerance, which must not be a matter of rounding. Over the
    dimensions where calls take seconds as a network is trained, in float32 to a residual that its rounding allows, and
    only the rows that need no matrix beside A.
    """
    fixed = {"tol": (1e-6,)}
    exact = ("float64",)
    trained = {"B": (64,), "gamma": (0.9,), "T": ("random",), "tol": (1e-4,)}
    return {
        "": Sweep({"D": D, "B": (B,), "gamma": (0.9,), "T": ("random",), **fixed}, exact),
        "Spectrum": Sweep({"D": (at,), "B": (64,), "gamma": gamma, "T": T, **fixed}, exact),
        "Single": Sweep({"D": single, "B": (1,), "gamma": (0.9,), "T": ("random",), **fixed}, exact),
        "Conv": Sweep({"D": conv, "B": (64,), "gamma": (0.9,), "T": ("conv",), **fixed}, exact),
        "Large": Sweep({"D": large} | trained, ("float32",), _MATRIX_FREE, call_share=1.4),
    }


_GAMMA, _SPECTRA = (0.5, 0.9, 0.99), ("random", "symmetric", "rotation")
_FULL = _sweeps(
    (10, 32, 100, 200, 320, 640, 1000, 2000, 3200),
    320,
    _GAMMA,
    _SPECTRA,
    single=(32, 320, 3200),
    conv=(256, 1024),
    large=(1000, 2000, 5000, 10000, 20000),
) | {"Truncated": _TRUNCATED, "Compiled": _COMPILED}

IMPLICIT = Family(
    name="implicit",
    swept="D",
    # One vector-Jacobian product with the parameters.
    yardstick="parameter_vjp",
    sweeps={
        "smoke": _sweeps((8,), 8, (0.5,), ("symmetric",), single=(8,), conv=(64,), large=(8,), B=4),
        "quick": _sweeps((32, 100, 320), 320, (0.9,), (), single=(320,), conv=()),
        "standard": _sweeps(
            (32, 100, 320, 1000), 320, (0.99,), _SPECTRA[:2], single=(320,), conv=(256,), large=(2000, 10000)
        )
        | {"Compiled": _COMPILED},
        "full": _FULL,
        "card": _FULL,
    },
    rows={"smoke": _SMOKE, "quick": _QUICK},
    apart=_APART,
    # A session has some 30 rows, four times as many as one of logdet, and JAX compiles each of them anew in every
    # process, half a minute a cell: one process, but for the anchors.
    row_share=0.2,
    call_share=0.1,
    process_share=1 / 3,
    anchors={"standard": (32, 2000), "full": (32, 1000)},
)
