"""Labels of ticks: plain numbers, seconds and bytes in the unit that fits."""


def write_memory(value: float) -> str:
    """A tick label in bytes."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= factor * 0.999:
            return f"{value / factor:,.3g} {unit}"
    return f"{write_tick(value)} B"


def write_tick(value: float, seconds: bool = False) -> str:
    """A tick label: 10 µs, 0.1, 1,000."""
    if not seconds:
        return f"{value:,.0f}" if value >= 1 else f"{value:.10f}".rstrip("0") if value >= 1e-4 else f"{value:.0e}"
    for factor, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if value >= factor * 0.999:
            return f"{value / factor:,.0f} {unit}"
    return f"{value:g} s"
