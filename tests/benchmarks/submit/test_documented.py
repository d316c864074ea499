"""The page for a cluster's user: every command on it is one, and every option of the command is on it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.__main__ import _parser

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/cluster.md").read_text()
COMMANDS = re.findall(r"^python -m benchmarks (.+?)(?:\s+#.*)?$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_documented_command_is_understood(command):
    assert callable(_parser().parse_args(shlex.split(command)).command)


def test_every_option_is_documented():
    assert len(COMMANDS) >= 7
    (commands,) = (action for action in _parser()._actions if action.choices and "submit" in action.choices)
    options = {name for action in commands.choices["submit"]._actions for name in action.option_strings}
    assert {name for name in options - {"-h", "--help"} if f"`{name}" not in PAGE} == set()
