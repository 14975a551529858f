#!/usr/bin/env bash
# What the Effect language service has to say about each package, the examples and the end-to-end tests.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
code=0
for project in packages/*/tsconfig.json examples/tsconfig.json e2e/tsconfig.json; do
  [ -f "$project" ] || continue
  echo "== $project"
  report=$(node_modules/.bin/effect-language-service diagnostics --strict --format text --project "$project" 2>&1) || code=1
  echo "$report"
  # Without the plugin in its tsconfig the service reads nothing, and reports that nothing is wrong.
  case "$report" in *"Checked 0 files"* | *"out of 0 files"*) code=1 ;; esac
done
exit $code
