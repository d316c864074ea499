#!/bin/sh
# Compares HEAD with BASE and keeps what was found: the whole job of .github/workflows/compare.yml, for any other CI.
#
#   ci/compare.sh BASE [HEAD] [further options of python -m benchmarks compare]
#
# PYTHON  interpreter of an environment with the suite   [python]
# OUT     folder for compare.json, compare.md and bencher.json (Bencher's metric format) [compare-results]
# Exit status: 0 no slowdown, 1 a settled slowdown, 2 what could not be compared (130 and 143: interrupted).
set -eu
: "${1:?usage: ci/compare.sh BASE [HEAD] [options]}"
cd "$(dirname "$0")/.."
out=${OUT:-compare-results}
mkdir -p "$out" || exit 2
rm -f "$out/compare.md" "$out/compare.json" "$out/bencher.json" || exit 2
status=0
"${PYTHON:-python}" -m benchmarks compare "$@" \
    --json "$out/compare.json" --markdown "$out/compare.md" --bencher "$out/bencher.json" || status=$?
# Python's own status of a tree that it cannot import: without an answer there is no slowdown.
if [ "$status" -eq 1 ] && [ ! -s "$out/compare.json" ]; then
    status=2
fi
# GitHub shows this file beside the job.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$out/compare.md" ]; then
    cat "$out/compare.md" >>"$GITHUB_STEP_SUMMARY" || echo "the job's summary cannot be written" >&2
fi
exit "$status"
