#!/bin/sh
# Compares HEAD with BASE and keeps what was found: the whole job of .github/workflows/compare.yml, for any other CI.
#
#   ci/compare.sh BASE [HEAD] [further options of python -m benchmarks compare]
#
# PYTHON  interpreter of an environment with the suite   [python]
# OUT     folder for compare.json, compare.md and bencher.json (Bencher's metric format) [compare-results]
# Exit status: 0 no slowdown, 1 a settled slowdown, 2 what could not be compared.
set -eu
: "${1:?usage: ci/compare.sh BASE [HEAD] [options]}"
cd "$(dirname "$0")/.."
out=${OUT:-compare-results}
mkdir -p "$out"
rm -f "$out/compare.md" "$out/compare.json" "$out/bencher.json"
status=0
"${PYTHON:-python}" -m benchmarks compare "$@" \
    --json "$out/compare.json" --markdown "$out/compare.md" --bencher "$out/bencher.json" || status=$?
# GitHub shows this file beside the job.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$out/compare.md" ]; then
    cat "$out/compare.md" >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
