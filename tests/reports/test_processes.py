"""In processes of their own: other tests load libraries beside which nothing is forked."""

import subprocess
import sys

import pytest

START = """
import os, sys
from reports import processes
from reports.processes import map_apart
processes._count_processors = lambda: 2
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", START + script], capture_output=True, text=True, timeout=60)


def test_items_are_shared_among_processes_and_results_keep_their_order():
    told = run(
        "import time\n"
        "known = {1: 'one'}\n"  # what was there before is there
        "def work(k):\n"
        "    time.sleep(0.3 if k == 0 else 0)\n"
        "    return k, os.getpid(), known[1]\n"
        "found = map_apart(work, range(5))\n"
        "assert [(k, word) for k, _, word in found] == [(k, 'one') for k in range(5)], found\n"
        "assert len({pid for _, pid, _ in found} | {os.getpid()}) == 6, found\n"
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "reason", ["processes._count_processors = lambda: 1", "sys.modules['torch'] = None", "sys.platform = 'darwin'"]
)
def test_where_nothing_is_forked_all_is_done_here(reason):
    told = run(f"{reason}\nassert set(map_apart(lambda k: os.getpid(), range(3))) == {{os.getpid()}}\n")
    assert told.returncode == 0, told.stderr


def test_an_error_is_raised_here_and_nothing_lives_on():
    told = run(
        "import time\n"
        "def work(k):\n"
        "    if k: raise ValueError(f'no {k}')\n"
        "    time.sleep(600)\n"
        "try: map_apart(work, range(2))\n"
        "except ValueError as error: print(error)\n"
    )
    assert (told.returncode, told.stdout) == (0, "no 1\n"), told.stderr


def test_a_process_that_dies_is_told_in_one_line():
    told = run("map_apart(lambda k: os._exit(7) if k else k, range(2))\n")
    assert told.returncode == 1
    last = told.stderr.strip().splitlines()[-1]
    assert last == "ChildProcessError: a part of the report ended without a result (exit status 7)"


def test_an_interruption_is_one_of_this_process():
    told = run(
        "import signal, threading, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background ignores it
        "os.setsid()\n"
        "threading.Timer(0.5, lambda: os.killpg(0, signal.SIGINT)).start()\n"
        "try: map_apart(lambda k: time.sleep(600), range(2))\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "interrupted\n", "")


def test_an_interruption_while_a_process_starts_leaves_none():
    """It comes as the fork does, before anything knows of it."""
    told = run(
        "import multiprocessing.popen_fork as popen, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "launch = popen.Popen._launch\n"
        "def interrupt(self, process):\n"
        "    launch(self, process)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "popen.Popen._launch = interrupt\n"
        "try: map_apart(lambda k: time.sleep(600), range(2))\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, "interrupted\n", "")
