#!/bin/bash
# Runs every fuzz target of the module for FUZZTIME (default 30s) each; stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
for package in $(go list ./...); do
  listed=$(go test -list '^Fuzz' "$package")
  for target in $(grep '^Fuzz' <<<"$listed" || true); do
    echo "== $package $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" "$package"
  done
done
