#!/bin/sh
# Makes what every npm script needs: the packages of the lock file, and dist/ built from src/. It is quiet if all is there.
set -eu
cd "$(dirname "$0")/.."
if [ ! -e node_modules/.package-lock.json ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
    npm ci --no-audit --no-fund --loglevel=error
fi
npm run --silent build
