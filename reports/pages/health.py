"""Whether these numbers can be trusted, where they come from, and how to read all this."""

import math

from ..digest import Digest
from ..digest.gpu import CardHealth
from ..digest.health import Comparisons, CoverageRow, PlaceHealth
from ..digest.provenance import write_files
from ..statistics import APART
from ..text import count, write_bytes, write_list, write_rate, write_seconds, write_share, write_times
from .blocks import Asset, Block, Cell, Items, Page, Section, Table, Text, columns, tabulate
from .glossary import TERMS
from .holes import tabulate_holes
from .incidents import write_incident
from .naming import name_place
from .provenance import list_commands, show_provenance
from .quality import EXPLAINED, tabulate_quality
from .unmeasured import show_unmeasured

FILE = "health.html"
# Why a session's rounds ended.
_STOPS = {
    **{"narrow": "intervals narrow enough", "stalled": "intervals no longer narrower"},
    **{"rounds": "all rounds done", "budget": "time over"},
}
_COVERAGE = (
    "Each process of a cell is left out in turn and predicted from the others: the share that its 95 % interval held, "
    "of how many, and the interval's reach to one side in the median. Of exponents those that are printed are "
    "checked, where every size of the curve has several processes: their intervals are for the mean of all processes, "
    "and rest elsewhere on what the processes of other cells differ by. A crossover of the process alone is held "
    "against that of the others, over all pairs of methods where both have one. What is checked is a family's own "
    "spread: where it has several processes in few cells, what is printed is as wide as all families of its backend "
    "differ, if that is more; and where too few cells have several processes nothing was checked. Sessions off their "
    "state's speed are not among the times."
)
_STATES = (
    f"A state is of one processor and lasts; within it the speed is within {APART:g} times of its usual one. Of a "
    "session that was off by more, by one thread's time, the seconds do not count where its cell has others. A holds "
    "the most sessions; others are told in times of its speed. No curve joins two of them. Products and copies are "
    "large ones; the canary is a small product that is timed in every round. What one thread takes on the slowest "
    "processor, while each has one, is the machine's; the others are those of a pool on it."
)
_MARGIN = (
    "The margin of a verdict is the larger of 5 % and the A/A noise floor: how far apart two rows over the very same "
    "kernel come out."
)
# Of fewer a coverage of 95 % is anything from 82 to 100 %.
_ENOUGH = 30


def build(digest: Digest) -> tuple[Page, ...]:
    """The page, and the list of files beside it."""
    unmeasured = show_unmeasured(digest)
    sure = (
        _tabulate_coverage(digest),
        Text(_COVERAGE, "note"),
        Text(_write(digest.health.comparisons)),
        tabulate_quality(digest),
        Text(EXPLAINED, "note"),
    )
    sections = (
        Section("incidents", "What happened", tuple(_list_incidents(digest))),
        Section("machine", "The machine while it was measured", tuple(_show_machine(digest))),
        Section("sure", "How sure the intervals are", sure),
        Section("holes", "What gave no time", _show_holes(digest)),
        *([Section("unmeasured", "Not measured", unmeasured)] if unmeasured else ()),
        Section("provenance", "Where the numbers come from", tuple(show_provenance(digest))),
        Section("rebuild", "Measure again, rebuild", (list_commands(digest),)),
        Section("reading", "How to read all this", (Items(TERMS),)),
    )
    files = Asset("files.csv", write_files(digest.health.provenance))
    return (Page(FILE, "Health", _sum_up(digest), sections, assets=(files,)),)


def _sum_up(digest: Digest) -> str:
    warnings = digest.health.warnings
    if not warnings:
        return "Nothing was recorded that makes these numbers less trustworthy."
    if len(warnings) == 1:
        first = write_incident(digest, warnings[0], brief=True)
        return f"One thing makes some of these numbers less trustworthy: {first}."
    return f"{len(warnings)} things make some of these numbers less trustworthy; they stand below."


def _list_incidents(digest: Digest) -> list[Block]:
    warnings, notes = (
        Items(tuple(write_incident(digest, incident) for incident in found))
        for found in (digest.health.warnings, digest.health.notes)
    )
    blocks: list[Block] = [warnings if warnings.items else Text("Every file was read, every session ran undisturbed.")]
    return [*blocks, Text("What else is to be known of them:", "note"), notes] if notes.items else blocks


def _show_machine(digest: Digest) -> list[Block]:
    health = digest.health
    if not any(place.sessions for place in health.places):
        return [Text("No session record was found: nothing is paired, and no verdict is given.", "note")]
    states = [_tabulate_states(digest), Text(_STATES, "note")] if health.states else []
    return [*states, _tabulate_places(digest), Text(_MARGIN, "note")]


def _tabulate_states(digest: Digest) -> Table:
    processors = {(state.place.machine, state.place.device, state.processor) for state in digest.health.states}
    several = len(processors) > len({(machine, device) for machine, device, _ in processors})
    return tabulate(
        "states",
        "States of the machine",
        digest.health.states,
        ("place", "Place", lambda s: name_place(digest, s.place)),
        ("state", "State", lambda s: s.letter),
        *([("processor", "Processor", lambda s: s.processor)] if several else []),
        ("speed", "Speed", lambda s: "1" if s.letter == "A" else write_times(s.speed), True),
        ("products", "Products", lambda s: write_rate(s.gemm_flops_per_s), True),
        ("copy", "Copy", lambda s: _write_copy(s.copy_bytes_per_s), True),
        ("canary", "Canary", lambda s: write_seconds(s.canary_s), True),
        ("alone", "One thread", lambda s: _known(s.one_thread_s, write_seconds(s.one_thread_s)), True),
        ("sessions", "Sessions", lambda s: f"{s.sessions:,}", True),
        ("families", "Families", lambda s: ", ".join(s.families)),
    )


def _write_copy(bytes_per_s: float) -> str:
    return "–" if math.isnan(bytes_per_s) else f"{write_bytes(bytes_per_s)}/s"


def _tabulate_places(digest: Digest) -> Table:
    facts = {
        "A/A noise floor": lambda p: "no twins" if math.isnan(p.noise) else write_share(p.noise),
        "Twins it comes from": lambda p: f"{p.twins:,}",
        "Margin of a verdict": lambda p: write_share(p.margin),
        "Canary, between its quartiles": lambda p: write_share(p.canary),
        "Cores busy with other work, at most": lambda p: _known(p.load, f"{p.load:.2f}"),
        "Time given to others by the host, at most": lambda p: _known(p.steal, write_share(p.steal)),
        "Threads": lambda p: ", ".join(p.threads) or "–",
        "Clock": _write_clock,
        "Timed points checked again on new data": lambda p: _known(p.checked, f"{p.checked:,.0f} of {p.timed:,}"),
        "Rounds ended by": _write_stops,
        "Time in rounds": _write_rounds,
    }
    places = digest.health.places
    rows = tuple(
        {"label": Cell(fact), **{f"p{j}": Cell(write(place)) for j, place in enumerate(places)}}
        for fact, write in facts.items()
    )
    heads = columns(("label", ""), *((f"p{j}", name_place(digest, place.place)) for j, place in enumerate(places)))
    return Table("health", "The machine by place", heads, rows)


def _known(value: float, told: str) -> str:
    return "not recorded" if math.isnan(value) else told


def _write_stops(place: PlaceHealth) -> str:
    told = [f"{_STOPS.get(reason, reason)} in {count(number, 'session')}" for reason, number in place.stops]
    return "; ".join(told) or "–"


def _write_clock(place: PlaceHealth) -> str:
    """The GPU's where one was measured, else the processor's."""
    if place.card is not None:
        return _write_card(place.card)
    low, high = place.mhz
    told = "not known" if math.isnan(low) else f"{low:,.0f} to {high:,.0f} MHz"
    if place.throttled is None:
        return f"{told}, throttling unknown"
    return f"{told}, throttled in {count(place.throttled, 'session')}" if place.throttled else f"{told}, not throttled"


def _write_card(card: CardHealth) -> str:
    """A GPU's clock in its rounds, its power and temperature, and what held it back."""
    low, high = (f"{mhz:,.0f}" for mhz in card.mhz)
    clock = low if low == high else f"{low} to {high}"
    told = [f"{clock} of {card.default_mhz:,.0f} MHz"] if card.mhz[0] > 0 else ["clock not known"]
    told += [f"{card.power_w:.0f} W"] if card.power_w > 0 else []
    told += [f"{card.temperature_c:.0f} °C at most"] if card.temperature_c > 0 else []
    held = [f"{reason} in {count(number, 'session')}" for reason, number in card.reasons]
    return f"{', '.join(told)}; {f'held back by {write_list(held)}' if held else 'nothing held it back'}"


def _write_rounds(place: PlaceHealth) -> str:
    if math.isnan(place.rounds_s) or not place.elapsed_s > 0:
        return "–"
    hours = f"{place.elapsed_s / 3600:.2g} h" if place.elapsed_s >= 3600 else f"{place.elapsed_s / 60:.2g} min"
    return f"{write_share(place.rounds_s / place.elapsed_s)} of {hours} in {count(place.sessions, 'session')}"


def _tabulate_coverage(digest: Digest) -> Table:
    """A line for each family: of what was left out, how much the interval held, and how far that reaches."""
    rows = []
    kinds = list(dict.fromkeys(row.what for row in digest.health.coverage))
    for family in digest.families:
        found = {row.what: row for row in digest.health.coverage if row.family == family.name}
        cells = {f"c{j}": _write_coverage(found[what]) for j, what in enumerate(kinds) if what in found}
        rows.append({"family": Cell(family.name), **cells})
    heads = columns(("family", "Family"), *((f"c{j}", what.capitalize()) for j, what in enumerate(kinds)))
    return Table("coverage", "Left out, and held by the 95 % interval", heads, tuple(rows))


def _write_coverage(row: CoverageRow) -> Cell:
    if row.left_out < _ENOUGH:
        return Cell("–", "off", f"too few to tell: {row.left_out}" if row.left_out else "too few of several processes")
    return Cell(write_share(row.share), "", f"of {row.left_out:,}, within {row.factor:.2f} ×")


def _write(compared: Comparisons) -> str:
    if not compared.total:
        return "No two methods were compared."
    text = (
        f"Of {count(compared.total, 'comparison')} with the fastest gradient of a cell, "
        f"{count(compared.undetermined, 'is', 'are')} undetermined"
    )
    text += f", {compared.for_noise:,} of them only because the noise floor is above 5 %" if compared.for_noise else ""
    if not compared.unpaired:
        return f"{text}."
    return f"{text}; {count(compared.unpaired, 'has', 'have')} no verdict because the two shared no round."


def _show_holes(digest: Digest) -> tuple[Block, ...]:
    table = tabulate_holes(digest)
    if not table.rows:
        return (Text("Nothing: every row ran at every size.", "note"),)
    return Text("Each cell with its own reason is in [the table of all points](explore.html).", "note"), table
