#!/bin/sh
# Runs jest with one of its configurations: check, fast, lab or all. With BOOTRELAY_TEST_RESULTS set, writes the result
# as JSON into that directory.
set -eu
which=$1
shift
cd "$(dirname "$0")/.."
npm run --silent build
case $which in fast) config=jest.config.js ;; *) config=jest.$which.config.js ;; esac
if [ -n "${BOOTRELAY_TEST_RESULTS-}" ]; then
    set -- --json "--outputFile=$BOOTRELAY_TEST_RESULTS/$which.json" "$@"
fi
exec node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js \
    --config "$config" --ci "$@"
