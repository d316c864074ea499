"""Where the numbers come from, and how to get them again."""

from collections import Counter

from ..digest import Digest
from ..digest.provenance import Provenance
from ..text import count, write_list
from .blocks import Block, Cell, Items, Table, Text, columns
from .naming import name_place

# Kinds of files by what they are called in a sentence.
_KINDS = {
    **{"session": "session record", "study": "study record", "sharding": "record of several devices"},
    **{"asv result": "asv file", "machine": "machine file"},
}


def show_provenance(digest: Digest) -> list[Block]:
    """Sources, seeds, files and the environment."""
    provenance = digest.health.provenance
    kinds = Counter(file.kind for file in provenance.files)
    told = [count(number, _KINDS.get(kind, kind)) for kind, number in sorted(kinds.items())]
    about = digest.about
    return [
        _tabulate_sources(provenance),
        Text(
            f"{count(about.sessions, 'session')} from {about.first or '–'} to {about.last or '–'}. Seeds: "
            f"{write_list(provenance.seeds) or '–'}. Version of the way of measuring (ruler): "
            f"{write_list(map(str, about.rulers)) or '–'}."
        ),
        Text(
            f"{count(len(provenance.files), 'file')} were read: {write_list(told)}. Their paths and SHA-256 are in "
            "[files.csv](files.csv)."
        ),
        *_say_gpu(digest),
        _tabulate_facts(digest),
    ]


def _say_gpu(digest: Digest) -> list[Block]:
    """The card of each machine that has one, and what its products were told; nothing without one."""
    facts = [fact for fact in digest.health.provenance.facts if fact.name == "matmul_precision"]
    told = []
    for machine in digest.about.machines:
        here = {place for fact in facts for place in fact.places if place.machine == machine.name}
        products = [
            f"{', '.join(fact.values)} in {write_list(name_place(digest, p) for p in fact.places if p in here)}"
            for fact in facts
            if any(place in here and place.device == "cuda" for place in fact.places)
        ]
        if machine.gpus:
            words = [f"GPU of {machine.name}: {write_list(machine.gpus)}"]
            words += [f"driver {machine.driver}"] if machine.driver else []
            words += [f"JAX with `XLA_FLAGS={machine.xla_flags}`"] if machine.xla_flags else []
            words += [f"precision of products: {'; '.join(products)}"] if products else []
            told.append(Text(f"{', '.join(words)}."))
    return told


def _tabulate_sources(provenance: Provenance) -> Table:
    # A machine's facts stand where it is named first.
    first = {source.machine: j for j, source in reversed(list(enumerate(provenance.sources)))}
    rows = [
        {
            "machine": Cell(source.machine, note=", ".join(source.machine_facts) if first[source.machine] == j else ""),
            "environment": Cell(source.environment),
            "commit": Cell(f"`{source.commit[:8]}`" if source.commit else "no commit"),
            "profile": Cell(source.profile or "–"),
            "device": Cell(source.device),
            "sessions": Cell(f"{source.sessions:,}"),
            "asv": Cell("yes" if source.asv else "no"),
        }
        for j, source in enumerate(provenance.sources)
    ]
    heads = columns(
        ("machine", "Machine"),
        ("environment", "Environment"),
        ("commit", "Commit"),
        ("profile", "Profile"),
        ("device", "Device"),
        ("sessions", "Sessions", True),
        ("asv", "asv file"),
    )
    return Table("sources", "What was measured where", heads, tuple(rows))


def _tabulate_facts(digest: Digest) -> Table:
    places = {place.place for place in digest.health.places}
    rows = [
        {
            "fact": Cell(fact.name.removesuffix("_bytes").replace("_", " ")),
            "value": Cell("; ".join(fact.values)),
            "where": Cell(
                "everywhere"
                if set(fact.places) == places
                else "; ".join(name_place(digest, place) for place in fact.places)
            ),
        }
        for fact in digest.health.provenance.facts
    ]
    heads = columns(("fact", "Fact"), ("value", "Value"), ("where", "Where"))
    return Table("environment", "Environment", heads, tuple(rows), folded=True)


def _has_gpu(digest: Digest) -> bool:
    return any(machine.gpus for machine in digest.about.machines)


def list_commands(digest: Digest) -> Items:
    """How to get the same again."""
    commit = next((source.commit[:8] for source in digest.health.provenance.sources if source.commit), "COMMIT")
    return Items(
        (
            "Measure: `python -m benchmarks run` (through asv; `--profile` and `--device` choose what).",
            *(["On a GPU: `make cuda`, the most valuable cells first."] if _has_gpu(digest) else []),
            (
                f"Rebuild these pages from result files alone: `python -m reports --results {digest.about.results}`. "
                "The same files give the same bytes."
            ),
            f"One commit: `python -m reports --commit {commit}`.",
        )
    )
