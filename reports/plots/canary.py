"""The canary: a fixed product timed in every round; drift and jumps are the machine's, not the methods'."""

from collections.abc import Sequence

from .style import FAINT, finish, light, make_panel, set_log

# From here a linear axis would flatten everything else.
WILD = 3.0


def draw_canary(name: str, alt: str, traces: Sequence[Sequence[float]]) -> str:
    """Each session's canary relative to the median of all, one after another."""
    figure, axes = make_panel(height=220, right=18)
    start, highest, lowest = 0, 1.1, 0.9
    for j, trace in enumerate(traces):
        axes.plot(
            range(start, start + len(trace)),
            trace,
            color=light("c0" if j % 2 == 0 else "c5"),
            linewidth=0.9,
            marker=".",
            markersize=2.2,
        )
        start += len(trace)
        highest, lowest = max(highest, *trace), min(lowest, *trace)
    axes.axhline(1, color=FAINT, linewidth=0.8, zorder=1)
    axes.set_xlim(-1, start)
    if highest > WILD:
        set_log(axes, x=False)
        axes.set_ylim(lowest / 1.2, highest * 1.3)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    else:
        axes.set_ylim(lowest - 0.02, highest + 0.02)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.2f}")
    axes.set_xlabel("rounds, session after session (colours alternate)")
    axes.set_ylabel("canary / its median")
    return finish(figure, name, alt)
