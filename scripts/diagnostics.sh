#!/usr/bin/env bash
# What the Effect language service has to say about the packages, the examples and the end-to-end tests. All of them are
# read as one project: each by itself would read Effect and the packages below it again.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
report=$(node_modules/.bin/effect-language-service diagnostics --strict --format text \
  --project scripts/tsconfig.diagnostics.json 2>&1)
code=$?
echo "$report"
# Without the plugin in its tsconfig the service reads nothing, and reports that nothing is wrong.
case "$report" in *"Checked 0 files"* | *"out of 0 files"*) code=1 ;; esac
exit $code
