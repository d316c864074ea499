"""Where the numbers come from, and how to get them again."""

from collections import Counter
from functools import partial

from ..digest import Digest
from ..digest.provenance import Provenance, Source
from ..text import count, write_list
from .blocks import Block, Cell, Items, Table, Text, tabulate
from .naming import name_environment, name_place

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
    first = {source.machine: source for source in reversed(provenance.sources)}

    def name(source: Source) -> Cell:
        # A machine's facts stand where it is named first.
        return Cell(source.machine, note=", ".join(source.machine_facts) if first[source.machine] is source else "")

    return tabulate(
        "sources",
        "What was measured where",
        provenance.sources,
        ("machine", "Machine", name),
        ("environment", "Environment", lambda s: name_environment(s.environment)),
        ("commit", "Commit", lambda s: f"`{s.commit[:8]}`" if s.commit else "no commit"),
        ("profile", "Profile", lambda s: s.profile or "–"),
        ("device", "Device", lambda s: s.device),
        ("sessions", "Sessions", lambda s: f"{s.sessions:,}", True),
        ("asv", "asv file", lambda s: "yes" if s.asv else "no"),
    )


def _tabulate_facts(digest: Digest) -> Table:
    places, name = {place.place for place in digest.health.places}, partial(name_place, digest)
    return tabulate(
        "environment",
        "Environment",
        digest.health.provenance.facts,
        ("fact", "Fact", lambda f: f.name.removesuffix("_bytes").replace("_", " ")),
        ("value", "Value", lambda f: "; ".join(f.values)),
        ("where", "Where", lambda f: "everywhere" if set(f.places) == places else "; ".join(map(name, f.places))),
        folded=True,
    )


def list_commands(digest: Digest) -> Items:
    """How to get the same again."""
    commit = next((source.commit[:8] for source in digest.health.provenance.sources if source.commit), "COMMIT")
    gpu = any(machine.gpus for machine in digest.about.machines)
    machine = f" --machine {digest.about.machines[0].name}" if len(digest.about.machines) == 1 else ""
    rebuild = f"python -m reports --results {digest.about.results}{machine}"
    return Items(
        (
            "Measure: `python -m benchmarks run` (through asv; `--profile` and `--device` choose what).",
            *(["On a GPU: `make cuda`, the most valuable cells first."] if gpu else []),
            f"Rebuild these pages from result files alone: `{rebuild}`. The same files give the same bytes.",
            f"One commit: `python -m reports --commit {commit}`.",
        )
    )
