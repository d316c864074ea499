"""What ``asv publish`` has written becomes a site that needs no network and has a tab for the report.

    python -m reports.site.assemble SITE PACKAGES

SITE is asv's folder, with the report in ``SITE/report``; PACKAGES is the ``node_modules`` that ``npm ci`` has filled,
each package checked against its hash in ``package-lock.json``.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

# asv's remote files by their last part, and where the same lies in its package. (Of flot its readable source, and of
# stupidtable a later version, are what the registry has.)
LOCAL = {
    "jquery-3.3.1.min.js": "jquery/dist/jquery.min.js",
    "jquery.flot.min.js": "flot/jquery.flot.js",
    "jquery.flot.time.min.js": "flot/jquery.flot.time.js",
    "jquery.flot.selection.min.js": "flot/jquery.flot.selection.js",
    "jquery.flot.categories.min.js": "flot/jquery.flot.categories.js",
    "jquery.flot.orderBars.js": "flot-orderbars/js/jquery.flot.orderBars.js",
    "stupidtable.min.js": "stupid-table-plugin/stupidtable.min.js",
    "md5.min.js": "blueimp-md5/js/md5.min.js",
    "bootstrap.min.js": "bootstrap/dist/js/bootstrap.min.js",
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
}
_SCRIPT = re.compile(r'<script\s[^>]*src="(https?:[^"]+)"[^>]*></script>')
_STYLE = re.compile(r'<link\s[^>]*rel="stylesheet"[^>]*href="(https?:[^"]+)"[^>]*>')
_LAST_TAB = re.compile(r'(<li id="nav-li-regressions">.*?</li>)')
_TAB = r'\1\n        <li id="nav-li-report"><a href="report/index.html">Report</a></li>'


def assemble(site: Path, packages: Path) -> None:
    """Rewrite ``site/index.html``; the files that it loads go below ``site/vendor``.

    Raises
    ------
    ValueError
        in one line, where the site, its report or a package is missing, or asv loads what is not known here
    """
    page = site / "index.html"
    for wanted, made_by in ((page, "asv publish"), (site / "report/index.html", "python -m reports")):
        if not wanted.is_file():
            raise ValueError(f"{wanted} is missing; {made_by} writes it")

    def at(address: str) -> str:
        """The local name of a remote file, which is put there."""
        name = address.rpartition("/")[2]
        if name not in LOCAL:
            raise ValueError(f"asv's page loads {address}, which is not known here; known: {', '.join(LOCAL)}")
        source, target = packages / LOCAL[name], site / "vendor" / LOCAL[name]
        if not source.is_file():
            raise ValueError(f"{source} is missing; npm ci fetches it")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return f"vendor/{LOCAL[name]}"

    text = page.read_text(encoding="utf-8")
    text = _SCRIPT.sub(lambda found: f'<script src="{at(found[1])}"></script>', text)
    text = _STYLE.sub(lambda found: f'<link rel="stylesheet" href="{at(found[1])}">', text)
    text, tabs = _LAST_TAB.subn(_TAB, text)
    if tabs != 1:
        raise ValueError(f"{page} has {tabs} tabs for regressions; known: pages of asv 0.6 that have one")
    page.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Assemble; 0 if it did, 2 with one line on stderr if it could not."""
    if len(arguments) != 2:
        print("reports: usage: python -m reports.site.assemble SITE PACKAGES", file=sys.stderr)
        return 2
    try:
        assemble(*map(Path, arguments))
    except ValueError as error:
        print(f"reports: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
