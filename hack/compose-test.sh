#!/bin/bash
# Brings docker-compose.yml up, drives it with bin/bordergw from this machine, looks into the switches' databases, and
# takes everything down. Installs what is missing of docker.io, docker-compose and debootstrap; starts a dockerd of its
# own where none answers. Needs root for that.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "== $*"; }
die() { echo "compose-test: $*" >&2; exit 1; }

work=$(mktemp -d)
dockerd_pid= had_bridge= forwarding=
compose() { docker-compose -p bordergw-test "$@"; }

cleanup() {
  local code=$?
  set +e
  [ $code -eq 0 ] || compose logs --no-color --tail=20
  say "taking it down"
  compose down -v --remove-orphans --timeout 5 >/dev/null 2>&1
  docker image rm -f bordergw:compose-test >/dev/null 2>&1
  stop_dockerd
  rm -rf "$work"
  exit $code
}
trap cleanup EXIT

# start_dockerd FLAG...: succeeds when it answers. Its sockets and state are its own; what it changes besides is noted.
start_dockerd() {
  forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
  local table
  for table in filter nat; do iptables-save -t $table || true; done >"$work/iptables" # there may be no packet filter
  [ -e /sys/class/net/docker0 ] && had_bridge=1
  dockerd --host "unix://$work/docker.sock" --data-root "$work/data" --exec-root "$work/exec" \
    --pidfile "$work/dockerd.pid" "$@" >"$work/dockerd.log" 2>&1 &
  dockerd_pid=$!
  for _ in {1..60}; do
    docker info >/dev/null 2>&1 && return 0
    kill -0 $dockerd_pid 2>/dev/null || break
    sleep 0.5
  done
  tail -2 "$work/dockerd.log" >&2
  stop_dockerd
  return 1
}

stop_dockerd() {
  [ -n "$dockerd_pid" ] || return 0
  kill "$dockerd_pid" 2>/dev/null || true
  wait "$dockerd_pid" || true
  dockerd_pid=
  awk -v dir="$work/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount
  [ -n "$had_bridge" ] || ip link del docker0 2>/dev/null || true
  [ ! -s "$work/iptables" ] || iptables-restore "$work/iptables" || true
  echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
}

need_dockerd() {
  docker info >/dev/null 2>&1 && return
  [ "$(id -u)" -eq 0 ] || die "no dockerd answers, and only root can start one"
  hack/deps.sh dockerd:docker.io
  export DOCKER_HOST=unix://$work/docker.sock
  # Restricted machines lack overlay mounts, or a packet filter: ports are then published by the userland proxy alone.
  local flags
  for flags in "" "--storage-driver=vfs" "--storage-driver=vfs --iptables=false --ip6tables=false"; do
    say "starting dockerd $flags"
    # shellcheck disable=SC2086 # several words
    start_dockerd $flags && return
  done
  die "dockerd does not start"
}

# A base image from the registry or, where that is out of reach, from the distribution's packages.
need_base() {
  BASE=${BASE:-debian:bookworm-slim}
  export BASE
  docker image inspect "$BASE" >/dev/null 2>&1 && return
  timeout 60 docker pull -q "$BASE" && return
  say "no registry: making a base image with debootstrap"
  hack/deps.sh debootstrap:debootstrap
  local mirror
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' 2>/dev/null | head -1)
  debootstrap --variant=minbase --include=openvswitch-common,openvswitch-vtep bookworm "$work/root" \
    ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
  BASE=bordergw-base:debootstrap
  tar -C "$work/root" -c . | docker import - "$BASE" >/dev/null
  rm -rf "$work/root"
}

# row SWITCH TEXT ARGS...: what vtep-ctl prints in the switch's container contains TEXT.
row() {
  local switch=$1 text=$2 out
  shift 2
  out=$(compose exec -T "$switch" vtep-ctl --db=tcp:127.0.0.1:6640 "$@")
  echo "$switch: vtep-ctl $*: $(tr -s '\n ' ' ' <<<"$out")"
  grep -qF -- "$text" <<<"$out" || die "$switch: vtep-ctl $*: no $text"
}

hack/deps.sh docker:docker.io docker-compose:docker-compose
need_dockerd
need_base
say "docker-compose up"
# Its own image, and any free port: a daemon of the user's may have the usual ones. Not every client has BuildKit.
export IMAGE=bordergw:compose-test BORDERGW_PORT=0 DOCKER_BUILDKIT=0
docker build --build-arg "BASE=$BASE" -t "$IMAGE" . >"$work/build.log" 2>&1 || { cat "$work/build.log" >&2; die "no image"; }
compose up -d --no-build

say "driving it from this machine"
BORDERGW_URL=http://$(compose port controller 9696)
export BORDERGW_URL
for _ in {1..60}; do
  bin/bordergw network list >/dev/null 2>&1 && break
  sleep 0.5
done
bin/bordergw device create --name sw1 --management-ip 198.18.69.11 --management-port 6640
bin/bordergw device create --name sw2 --management-ip 198.18.69.12 --management-port 6640
bin/bordergw network create net1 --segmentation-id 5001 --id 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01
bin/bordergw gateway create gw1 --device 'name=sw1,interface_names=p1|100' --device 'name=sw2,interface_names=p2|200'
bin/bordergw connection create gw1 net1
bin/bordergw wait --for=Programmed --timeout 30s

say "what the switches hold"
for switch in sw1 sw2; do row $switch 5001 get Logical_Switch 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01 tunnel_key; done
row sw1 "0100 3a3b6f4e" list-bindings sw1 p1
row sw2 "0200 3a3b6f4e" list-bindings sw2 p2
row sw1 10.250.1.2 list-remote-macs 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01
row sw2 10.250.1.1 list-remote-macs 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01
say "compose-test passed"
