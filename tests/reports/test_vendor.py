"""Libraries that the pages ship are the registry's, unchanged, each with its licence."""

import hashlib
import json
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "reports" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("library", MANIFEST)
def test_files_are_those_of_the_manifest(library):
    facts = MANIFEST[library]
    assert set(facts) == {"name", "version", "licence", "address", "integrity", "files"}
    assert facts["address"] == f"https://registry.npmjs.org/{facts['name']}/-/{facts['name']}-{facts['version']}.tgz"
    assert facts["integrity"].startswith("sha512-")
    assert {path.name for path in (VENDOR / library).iterdir()} == set(facts["files"])
    for name, file in facts["files"].items():
        assert hashlib.sha256((VENDOR / library / name).read_bytes()).hexdigest() == file["sha256"], name


@pytest.mark.parametrize("library", MANIFEST)
def test_licences_and_versions_are_told_in_the_files(library):
    facts = MANIFEST[library]
    licence = (VENDOR / library / "LICENSE").read_text(encoding="utf-8")
    assert facts["licence"] == "MIT"
    assert "Permission is hereby granted, free of charge" in licence
    (script,) = (VENDOR / library).glob("*.js")
    assert facts["version"] in script.read_text(encoding="utf-8")[:200]


def test_no_folder_without_an_entry():
    assert {path.name for path in VENDOR.iterdir() if path.is_dir()} == set(MANIFEST)


def test_no_library_asks_the_network_by_itself():
    """Addresses in them are of their own sites, in comments and messages; nothing is loaded from one."""
    for path in VENDOR.glob("*/*.js"):
        assert not re.search(r"\bfetch\(|importScripts|new WebSocket|sendBeacon", path.read_text(encoding="utf-8"))
