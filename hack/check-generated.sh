#!/bin/bash
# Fails when `go generate` changes, adds or removes a file. Compares with the tree as it is, committed or not.
set -euo pipefail
cd "$(dirname "$0")/.."
sums() { git ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null | sort -u; }
before=$(sums)
go generate ./...
after=$(sums)
[ "$before" = "$after" ] && exit 0
echo "generated files were not up to date:" >&2
diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>] [0-9a-f]*  /  /p' | sort -u >&2
exit 1
