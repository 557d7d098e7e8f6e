#!/bin/bash
# The tests of neutron/, the Python package that runs inside of Neutron. With --if-installed a machine without Neutron is
# reported and not an error.
set -euo pipefail
cd "$(dirname "$0")/../neutron"

python=/usr/bin/python3 # Debian's packages are in no other
if ! $python -c 'import neutron, networking_l2gw' 2>/dev/null; then
  [ "${1:-}" = --if-installed ] || { echo "neutron-test: python3-neutron and python3-networking-l2gw are needed" >&2; exit 1; }
  echo "neutron-test: not run: python3-neutron is not installed"
  exit 0
fi
export PYTHONDONTWRITEBYTECODE=1
exec $python -m unittest discover
