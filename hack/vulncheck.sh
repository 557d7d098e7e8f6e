#!/bin/bash
# govulncheck, except that a vulnerability database out of reach is said and forgiven.
set -uo pipefail
cd "$(dirname "$0")/.."
output=$(go tool govulncheck ./... 2>&1)
code=$?
printf '%s\n' "$output"
[ $code -eq 0 ] && exit 0
# 3 means vulnerabilities were found; anything else is only forgiven when the network is to blame.
if [ $code -ne 3 ] && grep -qE 'vuln\.go\.dev|dial tcp|no such host|Forbidden|proxyconnect' <<<"$output"; then
  echo "govulncheck did not run: the vulnerability database was not reached" >&2
  exit 0
fi
exit $code
