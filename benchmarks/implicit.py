"""asv: gradients through a fixed point."""

import math

from benchmarks._door import _Door, classes


class _Implicit(_Door):
    """Adds the products of a call."""

    def track_products(self, method, *sizes):
        """Vector-Jacobian and Jacobian-vector products per sample, and evaluations of T by a forward solver."""
        rows = [row["products"] for row in self._rows(method, sizes) if row.get("products")]
        return max((sum(row[kind] for kind in ("vjps", "jvps", "evaluations")) for row in rows), default=math.nan)

    track_products.unit = "products"


globals().update(classes("implicit", _Implicit))
