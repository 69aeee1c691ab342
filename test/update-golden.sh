#!/bin/sh
# Writes all goldens anew, and only then puts them in the place of the old ones: whatever interrupts it, one of both is whole.
set -eu
cd "$(dirname "$0")"
# An earlier run may have been interrupted between the two renames at the end.
[ -d golden ] || mv golden.old golden
rm -rf golden.new golden.old
export NEW_GOLDEN="$PWD/golden.new"
# shellcheck disable=SC2046 # one word for each test file: their names have no spaces
if ! sh run-jest.sh fast $(cd .. && grep -rl 'expectGolden(' test --include='*.test.ts'); then
    rm -rf golden.new
    echo 'golden: the tests failed, test/golden is as it was' >&2
    exit 1
fi
mv golden golden.old
mv golden.new golden
rm -rf golden.old
