#!/bin/bash
# Installs, with apt-get, the programs that the tests and the demo run, or the PROGRAM:PACKAGE pairs that are given.
# Does nothing when they are all there.
set -euo pipefail

needs=("$@")
[ $# -gt 0 ] || needs=(
  make:make
  gcc:gcc               # the race detector is cgo
  ovsdb-server:openvswitch-common
  ovs-pki:openvswitch-common
  ovs-vswitchd:openvswitch-switch
  vtep-ctl:openvswitch-vtep
  ip:iproute2
  ethtool:ethtool
  ping:iputils-ping
  ps:procps
  openssl:openssl
  promtool:prometheus
  patch:patch
)

PATH=$PATH:/usr/sbin:/sbin # not every user has them, the programs are there all the same
packages=() programs=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null && continue
  programs+=("${need%%:*}") packages+=("${need#*:}")
done
[ -e /usr/include/stdlib.h ] || { programs+=(stdlib.h) packages+=(libc6-dev); }
[ ${#packages[@]} -gt 0 ] || exit 0
[[ " ${packages[*]} " != *" chromium "* ]] || packages+=(fonts-dejavu-core) # a browser without fonts shows nothing

echo "deps: missing ${programs[*]}" >&2
fail() { echo "deps: $1; install these yourself: ${packages[*]}" >&2; exit 1; }
command -v apt-get >/dev/null || fail "no apt-get here"
root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "installing needs root and there is no sudo"
  root=(sudo)
fi

# The packages' services are not wanted: the tests start daemons of their own. Debian asks this file first.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '"${root[@]}" rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
  "${root[@]}" chmod 755 $policy
fi
install() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null; }
# A fresh machine has no package lists, or stale ones.
install || { "${root[@]}" apt-get update -qq && install; } || fail "apt-get failed"
