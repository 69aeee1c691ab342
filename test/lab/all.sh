#!/bin/sh
# `npm run lab:all`: everything that needs the lab, on every release. All tests of the lab, then the table of releases in
# docs/lab.md, sid among them: it moves, so that what fails here keeps no change from landing.
# Exit code 1: something failed; all of it ran nevertheless.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0
sh test/setup.sh && sh test/lab/make.sh || exit 1
sh test/run-jest.sh lab || status=1
releases=' trixie-arm64' # made by make.sh
for release in bookworm trixie sid; do
    if sh test/lab/release.sh "$release" ordinary; then releases="$releases $release"; else status=1; fi
done
# Ordinary systems of all three are among these.
sh test/run-jest.sh all || status=1
# shellcheck disable=SC2086 # a list
node test/lab/release-table.js --until=multi-user $releases || status=1
exit "$status"
