"""The first page: the form and its answer, a card a family, the claims in a line each, health if it matters."""

from collections.abc import Sequence

from ..arithmetic import OPEN
from ..digest import Digest
from ..digest.about import Machine
from ..families import FAMILIES
from ..text import count, write_list
from .blocks import Cell, Contents, Items, Page, Section, Text, tabulate
from .cards import build_card
from .claims import TONES, tally, write_ours
from .form import build_form
from .incidents import write_incident
from .lent import SETTLE, say_lent
from .naming import name_backend
from .unmeasured import count_unmeasured

TITLE = "Which gradient, at your size?"
# Warnings on the first page; the others are a click away.
MOST = 5


def build(digest: Digest) -> tuple[Page, ...]:
    """The first page."""
    sections = (
        _build_answer(digest),
        _build_families(digest),
        _build_claims(digest),
        *_build_health(digest),
        _build_more(),
    )
    return (Page("index.html", TITLE, write_lead(digest), sections),)


def write_lead(digest: Digest) -> str:
    """What this is and on which machine, in one sentence."""
    rows = {(family.name, row.name) for family in digest.families for series in family.series for row in series.rows}
    about = digest.about
    described = [describe_machine(machine) + _describe_states(digest, machine) for machine in about.machines]
    machines = write_list(described) or "no machine"
    kinds = f"{len(digest.families)} kinds of gradients and integrals that need a Jacobian"
    if len(digest.families) == 1:
        title = FAMILIES[digest.families[0].name].title
        kinds = title[0].lower() + title[1:]
    return (
        f"jacobench timed {len(rows)} ways to compute {kinds}, side by side and checked for correctness, on "
        f"{machines}, {_say_when(about.first, about.last)}."
    )


def describe_machine(machine: Machine) -> str:
    """Its processors, or its cards, with what they have and what ran on them."""
    versions = ", ".join(f"{name_backend(name)} {version}" for name, version in machine.versions)
    versions += f", `XLA_FLAGS={machine.xla_flags}`" if machine.xla_flags else ""
    cores = f"{machine.cores} cores, " if machine.cores else ""
    memory = f"{machine.memory_bytes / 1e9:.0f} GB, " if machine.memory_bytes else ""
    if machine.gpus and machine.devices == ("cuda",):
        driver = f"driver {machine.driver}; " if machine.driver else ""
        host = f"host {write_list(machine.processors)}, {cores}{memory}".removesuffix(", ")
        return f"{write_list(machine.gpus)} ({driver}{host}; {versions})"
    devices = [f"{name}: {write_list(machine.gpus)}" if name == "cuda" else name for name in machine.devices]
    return f"{write_list(_tell_apart(machine.processors))} ({cores}{memory}{write_list(devices)}; {versions})"


def _tell_apart(processors: Sequence[str]) -> list[str]:
    """Their names; one that is the beginning of another's says that the rest of it is not known."""
    return [
        f"{name} (family not recorded)" if any(other.startswith(f"{name} (") for other in processors) else name
        for name in processors
    ]


def _describe_states(digest: Digest, machine: Machine) -> str:
    """At how many speeds it ran; nothing where no session recorded one."""
    speeds = max((len(letters) for _, _, letters in machine.states), default=1)
    if len(machine.processors) > 1:
        return ", never joined on a curve ([states](health.html))"
    if speeds > 1:
        return f", which ran at up to {speeds} speeds ([states](health.html))"
    if not any(state.place.machine == machine.name for state in digest.health.states):
        return ""
    here = [x for x in digest.health.warnings if "place" in x.values and x.values["place"].machine == machine.name]
    moved, slower = (sum(len(x.values["cells"]) for x in here if x.kind == kind) for kind in ("moved", "disturbed"))
    told = [f"changed during {count(moved, 'cell')}"] * (moved > 0) + [f"was lower in {slower}"] * (slower > 0)
    if told:
        cells = "" if moved else " cell" if slower == 1 else " cells"
        return f", whose speed {' and '.join(told)}{cells} ([its state](health.html))"
    return ", which ran at one speed throughout ([its state](health.html))"


def _say_when(first: str, last: str) -> str:
    days = list(dict.fromkeys(day[:10] for day in (first, last) if day))
    if not days:
        return "at a time that was not recorded"
    return f"from {days[0]} to {days[1]}" if len(days) > 1 else f"on {days[0]}"


def _build_answer(digest: Digest) -> Section:
    blocks = (
        build_form(digest),
        Text(
            "How much slower than the best a choice may be is its *regret*: an upper bound at 95 %, over all "
            f"candidates at once. Above {100 * OPEN:.0f} % the choice is *undetermined*, and {SETTLE} measures where "
            "that would be settled. `value [low, high]` is a 95 % interval unless another share stands beside it, "
            "`[–]` where none is known. *Exact* methods differ from the true answer only by rounding. In names, "
            "`:compiled` marks a row compiled by `torch.compile`, `_published` what a paper's public code does, and a "
            f"number at the end a setting such as the terms of a series.{_say_graph(digest)}",
            "note",
        ),
    )
    return Section("answer", "The answer", blocks)


def _say_graph(digest: Digest) -> str:
    forms = {row.form for family in digest.families for series in family.series for row in series.rows}
    told = {
        "graph": " `:graph` is a row replayed as a CUDA graph.",
        "launched": " `:launched` is JAX's without XLA's command buffers, its CUDA graphs.",
    }
    return "".join(words for form, words in told.items() if form in forms)


def _build_families(digest: Digest) -> Section:
    cards = tuple(build_card(family) for family in digest.families)
    yardsticks = write_list(f"`{FAMILIES[family.name].yardstick}`" for family in digest.families)
    rows = [row for family in digest.families for series in family.series for row in series.rows]
    known = any(cell.seconds and not cell.seconds.undetermined for row in rows for cell in row.ran)
    points = "medians with their 95 % interval, often smaller than the point" if known else "medians of one process"
    guide = Text(
        f"Points are {points}; a cross is where memory ended a row, a triangle where time did. The dotted *roofline* "
        f"is the time that the work of a row taken as yardstick ({yardsticks}) would take at the speed of arithmetic "
        "and memory measured beside it.",
        "note",
    )
    missing = count_unmeasured(digest)
    told = (Text(missing, "note"),) if missing else ()
    return Section("families", "The families at a glance", (guide, *cards, *told))


def _build_claims(digest: Digest) -> Section:
    """A line a claim."""
    table = tabulate(
        "claims",
        f"{count(len(digest.claims), 'claim')} of the papers: {', '.join(tally(digest.claims))}",
        digest.claims,
        ("id", "Claim", lambda c: Cell(f"[{c.id}](claims.html#{c.id.lower()})", note=c.paper)),
        ("words", "What the paper says", lambda c: c.short),
        ("printed", "The paper's figure", lambda c: c.printed),
        ("ours", "Here", write_ours),
        ("verdict", "Verdict", lambda c: Cell(c.verdict, tone=TONES[c.verdict])),
        ("why", "What decided it", lambda c: c.decided),
    )
    lent = " Intervals of one process rest on the lent spread named above." if say_lent(digest.families) else ""
    guide = Text(f"The rules, the thresholds and all evidence are on [the claims' page](claims.html).{lent}", "note")
    return Section("claims", "The papers' claims on this machine", (table, guide))


def _build_health(digest: Digest) -> tuple[Section, ...]:
    """What makes the numbers less trustworthy; nothing where nothing does."""
    warnings = [write_incident(digest, incident, brief=True) for incident in digest.health.warnings]
    if not warnings:
        return ()
    more = f"{count(len(warnings) - MOST, 'more warning')} and the" if len(warnings) > MOST else "The"
    told = Text(f"{more} whole record: [the health of the run](health.html).", "note")
    return (Section("health", "What makes these numbers less sure", (Items(tuple(warnings[:MOST])), told)),)


def _build_more() -> Section:
    files = (
        ("points.csv", "every measured point, a line each"),
        ("digest.json", "all that these pages say, as data"),
        ("index.md", "this page as Markdown"),
    )
    return Section("more", "Behind it", (Contents(files),))
