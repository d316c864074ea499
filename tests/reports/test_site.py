"""``make site``: asv's pages of a tiny repository, with a report in them, from ``asv publish`` to the browser."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asv
import pytest
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.results import Results
from asv.runner import BenchmarkResult

from reports.site.assemble import LOCAL, assemble, main

PAGES = Path(asv.__file__).parent / "www"
ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "reports/site"
NAME = "logdet.Torch.track_times_yardstick"
STEPPED = [1.2, 1.2, 1.2, 1.7, 1.7, 1.7]


@pytest.fixture
def packages(tmp_path) -> Path:
    """Stands for what npm fetches: each file says its own name."""
    for place in LOCAL.values():
        path = tmp_path / "node_modules" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(place)
    return tmp_path / "node_modules"


@pytest.fixture
def site(tmp_path) -> Path:
    """asv's pages and a report."""
    shutil.copytree(PAGES, tmp_path / "site")
    (tmp_path / "site/report").mkdir()
    (tmp_path / "site/report/index.html").write_text("<title>The report</title>")
    return tmp_path / "site"


def test_asvs_pages_load_nothing_from_the_network_and_have_a_tab_for_the_report(site, packages):
    assert main([str(site), str(packages)]) == 0
    text = (site / "index.html").read_text()
    loaded = re.findall(r'<(?:script|link)\b[^>]*(?:src|href)="([^"]+)"', text)
    assert set(LOCAL.values()) < {name.removeprefix("vendor/") for name in loaded}
    for name in loaded:
        assert name == "regressions.xml" or (site / name).is_file()  # asv publish writes that one
    for place in LOCAL.values():
        assert (site / "vendor" / place).read_text() == place
    assert text.count('<a href="report/index.html">Report</a>') == 1


def test_what_is_missing_or_unknown_is_one_line(site, packages, capsys):
    (packages / LOCAL["md5.min.js"]).unlink()
    assert main([str(site), str(packages)]) == 2
    assert "blueimp-md5/js/md5.min.js is missing; npm ci fetches it" in capsys.readouterr().err
    page = site / "index.html"
    page.write_text(page.read_text().replace("md5.min.js", "sha.min.js"))
    with pytest.raises(ValueError, match=r"loads https://\S+/sha.min.js, which is not known here"):
        assemble(site, packages)
    (site / "report/index.html").unlink()
    with pytest.raises(ValueError, match=r"report/index.html is missing; python -m reports writes it"):
        assemble(site, packages)


def test_every_package_has_a_hash():
    lock = json.loads((SOURCE / "package-lock.json").read_text())["packages"]
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    assert {place.split("/")[0] for place in LOCAL.values()} == set(wanted)
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
        assert lock[f"node_modules/{name}"]["integrity"].startswith("sha512-")


def _copy_makefile(folder: Path) -> None:
    """With an environment that counts as made: what runs the tests is all that it needs."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv/installed").touch()


def _make(folder: Path, session: dict[str, Any], write_session: Callable[..., object]) -> Path:
    """``make site`` in a repository of six commits, with asv's results of one row that steps, and one session."""
    who = {f"GIT_{role}_{what}": f"tester{at}" for role in ("AUTHOR", "COMMITTER") for what, at in _WHO}
    environment = os.environ | who | {"HOME": str(folder)}

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()

    places = {"results_dir": "results-local", "html_dir": "site", "benchmark_dir": "benchmarks"}
    configuration = {"version": 1, "project": "tiny", "repo": ".", "dvcs": "git", "branches": ["main"], **places}
    (folder / "asv.conf.json").write_text(json.dumps(configuration))
    git("init", "--quiet", "--initial-branch=main")
    row = {"name": NAME, "params": [["'relative'"], ["100"]], "param_names": ["method", "D"], "type": "track"}
    benchmark = row | {"unit": "times yardstick", "version": "1", "code": ""}
    machine = folder / "results-local/here"
    machine.mkdir(parents=True)
    (machine / "machine.json").write_text(json.dumps({"machine": "here", "version": 1}))
    for number, value in enumerate(STEPPED):
        git("commit", "--quiet", "--allow-empty", "--message", str(number))
        date = 1000 * int(git("show", "--no-patch", "--format=%ct"))
        found = Results({"machine": "here"}, {}, git("rev-parse", "HEAD"), date + number, "3.11", "env", {})
        found.add_result(benchmark, BenchmarkResult([value], [None], [None], 0, "", b""), datetime.now(UTC))
        found.save(str(folder / "results-local"))
    Benchmarks(Config.from_json(configuration | {"results_dir": str(folder / "results-local")}), [benchmark]).save()
    write_session(folder / "results-local", session, "here")
    _copy_makefile(folder)
    shutil.copytree(
        ROOT / "reports", folder / "reports", ignore=shutil.ignore_patterns("node_modules", "output", "__*__")
    )
    made = ["make", f"BIN={Path(sys.executable).parent}", "site"]
    done = subprocess.run(made, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.parametrize(("measured", "chosen"), [(True, "results-local"), (False, "results")])
def test_without_results_of_ones_own_asv_reads_what_is_published(tmp_path, measured, chosen):
    """asv ends where the folder that it reads has no list of benchmarks, as in a fresh clone."""
    _copy_makefile(tmp_path)
    (tmp_path / "results-local").mkdir()  # the records of a run without asv
    if measured:
        (tmp_path / "results-local/benchmarks.json").touch()
    for name in ("asv", "python", "npm"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $1 $BENCH_RESULTS"\n')
        (tmp_path / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    environment.pop("BENCH_RESULTS", None)
    made = ["make", "--silent", f"BIN={tmp_path}", "site"]
    done = subprocess.run(made, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert f"asv publish {chosen}\n" in done.stdout, done.stdout + done.stderr


_WHO = (("NAME", ""), ("EMAIL", "@example.org"))


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


@pytest.mark.slow
def test_a_reader_without_network_walks_the_site(browser, synthetic, tmp_path):
    """Grid, one graph, one regression, the report."""
    if shutil.which("npm") is None:
        pytest.skip("no npm in PATH")
    session = synthetic.make_session(64, rows=("relative", "inverse"), rounds=8)
    site = _make(tmp_path, session, synthetic.write_session)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    context = browser.new_context()
    outside: list[str] = []
    messages: list[str] = []
    try:
        context.route(
            lambda url: not url.startswith(address), lambda route: (outside.append(route.request.url), route.abort())
        )
        page = context.new_page()
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.goto(address)
        page.get_by_text("track_times_yardstick").first.wait_for()
        page.goto(f"{address}#{NAME}?p-method=%27relative%27&p-D=100")
        page.locator("#main-graph canvas").first.wait_for()
        page.get_by_role("link", name="Regressions").click()
        page.locator("#regressions-body tbody tr").first.wait_for()
        assert "1.42x" in page.locator("#regressions-body tbody").first.inner_text()
        page.get_by_role("link", name="Report").click()
        page.get_by_role("heading", name="Which gradient, at your size?").wait_for()
    finally:
        context.close()
        server.shutdown()
        server.server_close()
    assert outside == []
    assert messages == []
