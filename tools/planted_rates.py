"""How often `python -m benchmarks compare` tells a planted slowdown: the column *told* of docs/compare.md.

    .venv/bin/python tools/planted_rates.py 24 --times 20 --load 30 --minutes 3

plants a product of 24 rows of the batch with W in torch's `relative`, in a clone of HEAD, and compares the two commits
at D = 1,000, all rows of the cell (or `--method`'s), 20 times with nothing beside it and 20 times with a process that
takes one core from the 30th second on, one after the other. A comparison ends once the rows that run the kernel are
told (what it would go on for is whether they are beyond the threshold), at its own end, or when its minutes are spent.
Each is kept as JSON in FOLDER, and a second call goes on after the last; one that was cut off begins anew.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KERNEL = "bench_core/logdet/torch/relative.py"
AFTER = "    pre, deltas, turned = backpropagate_turned(x, weights, biases, alpha)\n"
BATCH = 100
PLANTED = ("relative", "relative:allocating")
# The command in a process of its own; once the planted rows are told, all rows are settled.
COMPARE = f"""
import sys
from dataclasses import replace
from benchmarks.__main__ import main
from benchmarks.compare import verdict
judge = verdict.judge
def judge_told(states, threshold):
    found = judge(states, threshold)
    planted = [v for name, v in found.items() if name.rpartition(chr(0))[2] in {PLANTED}]
    told = bool(planted) and all(v.word == "slower" for v in planted)
    return {{name: replace(v, settled=v.settled or told) for name, v in found.items()}}
verdict.judge = judge_told
sys.exit(main(sys.argv[1:]))
"""
# It ends with who has started it, however that ends: what is measured later must not have it beside it.
BUSY = "import os, time\nparent = os.getppid()\ntime.sleep({:g})\nwhile os.getppid() == parent: pass"


def plant(folder: Path, rows: int) -> None:
    """A clone of HEAD in `folder`, and on it a commit with the product planted."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    kernel = folder / KERNEL
    text = kernel.read_text(encoding="utf-8")
    assert AFTER in text, f"{KERNEL} has no line to plant after"
    whole, rest = divmod(rows, BATCH)
    products = "".join(
        f"    x[:{number}] @ weights[0]  # planted\n" for number in [BATCH] * whole + [rest] * (rest > 0)
    )
    kernel.write_text(text.replace(AFTER, AFTER + products), encoding="utf-8")
    who = ("-c", "user.name=planted", "-c", "user.email=planted@localhost")
    subprocess.run(["git", *who, "commit", "--quiet", "-am", f"{rows} rows planted"], cwd=folder, check=True)


@contextmanager
def load(seconds: float | None) -> Iterator[None]:
    """A process that takes a core from so many seconds on."""
    if seconds is None:
        yield
        return
    busy = subprocess.Popen([sys.executable, "-c", BUSY.format(seconds)])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()


def measure(folder: Path, saved: Path, seconds: float | None, further: list[str]) -> None:
    """One comparison, kept in `saved`."""
    part = saved.with_suffix(".part")
    command = [sys.executable, "-c", COMPARE, "compare", "HEAD~1", "HEAD", "--cell", "logdet torch D=1000"]
    command += ["--json", str(part), *further]
    # Pairs of a comparison that was cut off, under another load perhaps, are none of this one's.
    with tempfile.TemporaryDirectory(prefix="planted") as cache, saved.with_suffix(".log").open("w") as log:
        environment = os.environ | {"XDG_CACHE_HOME": cache}
        with load(seconds):
            subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    if not part.exists():
        raise SystemExit(f"no answer; {saved.with_suffix('.log')} says why")
    part.rename(saved)


def tell(saved: Path) -> tuple[bool, list[str], float]:
    """Whether the planted rows are told slower, what else is told, and how long it took; prints them."""
    found = json.loads(saved.read_text(encoding="utf-8"))
    rows = {row["row"]: row for row in found["rows"]}
    planted = [name for name in PLANTED if name in rows]
    told = bool(planted) and all(rows[name]["verdict"] == "slower" for name in planted)
    others = [name for name, row in rows.items() if name not in PLANTED and row["verdict"] in ("slower", "faster")]
    ratios = "; ".join(f"{n} {rows[n]['verdict']} {rows[n]['ratio']:.3f}, {rows[n]['pairs']} pairs" for n in planted)
    print(f"{saved.stem}: {found['elapsed_s']:.0f} s, status {found['status']}, {ratios}; besides {others}", flush=True)
    return told, others, found["elapsed_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, help="rows, of batches of 100, that are multiplied once more")
    parser.add_argument("--method", action="append", default=[], help="only this row; repeat", metavar="ROW")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--load", type=float, help="second from which a process takes one core; without it none does")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--out", type=Path, default=Path("planted-rates"), metavar="FOLDER")
    given = parser.parse_args()
    for name, number in (("rows", given.rows), ("times", given.times)):
        if number < 1:
            parser.error(f"{name} {number}; allowed: 1 or more")
    for ends in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ends, lambda *_: sys.exit(143))  # what is running ends with it
    further = ["--minutes", f"{given.minutes:g}", *(word for row in given.method for word in ("--method", row))]
    head = subprocess.check_output(["git", "rev-parse", "--short=8", "HEAD"], cwd=ROOT, text=True).strip()
    what = f"{head}-{given.rows}-{'+'.join(given.method) or 'all'}-{given.minutes:g}min"
    given.out.mkdir(parents=True, exist_ok=True)
    conditions = {"quiet": None} | ({f"loaded-{given.load:g}": given.load} if given.load is not None else {})
    found: dict[str, list[tuple[bool, list[str], float]]] = {name: [] for name in conditions}
    with tempfile.TemporaryDirectory(prefix="planted") as scratch:
        clone = Path(scratch) / "clone"
        plant(clone, given.rows)
        for number in range(1, given.times + 1):
            for name, seconds in conditions.items():
                saved = given.out.absolute() / f"{what}-{name}-{number}.json"
                if not saved.exists():
                    measure(clone, saved, seconds, further)
                found[name].append(tell(saved))
    for name, results in found.items():
        told, besides = sum(each[0] for each in results), sum(bool(each[1]) for each in results)
        took = [each[2] for each in results]
        print(
            f"{name}: told in {told} of {len(results)}, other rows in {besides}; "
            f"{min(took):.0f} to {max(took):.0f} s, median {statistics.median(took):.0f}"
        )


if __name__ == "__main__":
    main()
