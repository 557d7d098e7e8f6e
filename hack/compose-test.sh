#!/bin/bash
# Brings docker-compose.yml up, connects two switches by a network, looks into their databases, asks Prometheus for all
# that the rules and the dashboard ask for, stops a switch, and takes everything down. Installs what is missing of
# docker.io, docker-compose and debootstrap; starts a dockerd of its own where none answers. Needs root for that.
#
# Images come from the registry. Where that is out of reach, base, builder and Prometheus are made of the distribution's
# packages and of this machine's Go; Grafana is no package, so it is left out and its files are only checked by make test.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "== $* (${SECONDS} s)"; }
die() { echo "compose-test: $*" >&2; exit 1; }

work=$(mktemp -d)
dockerd_pid= had_bridge= forwarding= made=
# An image of its own, and any free ports: a daemon of the user's may have the usual ones. Not every client has BuildKit.
COMMIT=$(git rev-parse -q --verify HEAD || true)
export COMMIT IMAGE=bordergw:compose-test BORDERGW_PORT=0 PROMETHEUS_PORT=0 GRAFANA_PORT=0 DOCKER_BUILDKIT=0
compose() { docker-compose -p bordergw-test "$@"; }

cleanup() {
  local code=$?
  set +e
  [ $code -eq 0 ] || compose logs --no-color --tail=20
  say "taking it down"
  compose down -v --remove-orphans --timeout 5 >/dev/null 2>&1
  docker image rm -f "$IMAGE" $made >/dev/null 2>&1
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

# have IMAGE...: all are here, or come from the registry.
have() {
  local image
  for image; do
    docker image inspect "$image" >/dev/null 2>&1 || timeout 300 docker pull -q "$image" || return
  done
}

# default NAME: the image that the compose file has for a variable, unless the environment has another.
default() { echo "${!1:-$(sed -n "s/.*\${$1:-\(.*\)}.*/\1/p" docker-compose.yml | head -1)}"; }

# need_images: services is what can be brought up.
need_images() {
  services="controller sw1 sw2 prometheus"
  if have "$(default BASE)" "$(default BUILDER)" "$(default PROMETHEUS_IMAGE)"; then
    if have "$(default GRAFANA_IMAGE)"; then services+=" grafana"; fi
    return
  fi
  make_images
}

# make_images: the base has Open vSwitch and Prometheus, the builder is the base with this machine's Go and the modules.
make_images() {
  say "no registry: making images with debootstrap and $(go version)"
  hack/deps.sh debootstrap:debootstrap
  local mirror root=$work/root cache
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' 2>/dev/null | head -1)
  debootstrap --variant=minbase --include=openvswitch-common,openvswitch-vtep,prometheus bookworm "$root" \
    ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 || { tail -5 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
  export BASE=bordergw-base:compose-test BUILDER=bordergw-builder:compose-test
  export PROMETHEUS_IMAGE=$BASE
  made="$BASE $BUILDER"
  tar -C "$root" -c . | docker import - "$BASE" >/dev/null
  cp -a "$(go env GOROOT)" "$root/usr/local/"
  cache=$(go env GOMODCACHE)/cache/download
  GOMODCACHE=$root/modules GOPROXY=file://$cache,$(go env GOPROXY) GOFLAGS=-modcacherw GOWORK=off go list -deps ./cmd/bordergw >"$work/modules.log" 2>&1 ||
    { tail -5 "$work/modules.log" >&2; die "no modules"; }
  tar -C "$root" -c . | docker import --change "ENV PATH=/usr/local/$(basename "$(go env GOROOT)")/bin:/usr/bin:/bin" \
    --change "ENV GOMODCACHE=/modules" --change "ENV GOPROXY=off" --change "ENV GOTOOLCHAIN=local" - "$BUILDER" >/dev/null
  rm -rf "$root"
}

bordergw() { compose exec -T controller bordergw "$@"; }

# row SWITCH TEXT ARGS...: what vtep-ctl prints in the switch's container contains TEXT.
row() {
  local switch=$1 text=$2 out
  shift 2
  out=$(compose exec -T "$switch" vtep-ctl --db=tcp:127.0.0.1:6640 "$@")
  echo "$switch: vtep-ctl $*: $(tr -s '\n ' ' ' <<<"$out")"
  grep -qF -- "$text" <<<"$out" || die "$switch: vtep-ctl $*: no $text"
}

# url SERVICE PORT: where this machine reaches it.
url() { echo "http://$(compose port "$1" "$2")"; }

# answers WHAT COMMAND...: it succeeds within 90 s.
answers() {
  local what=$1
  shift
  for _ in {1..180}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.5
  done
  die "$what does not answer"
}

# grafana PATH TEXT: what its API says contains TEXT.
grafana() { curl -sf "$(url grafana 3000)$1" | grep -qF -- "$2"; }

hack/deps.sh docker:docker.io docker-compose:docker-compose curl:curl
need_dockerd
need_images
compose config -q
say "docker-compose up --build -d"
# shellcheck disable=SC2086 # several words
compose up --build -d $services >"$work/up.log" 2>&1 || { tail -40 "$work/up.log" >&2; die "it does not come up"; }

say "two switches and a network"
answers "the controller" bordergw network list
version=$(bordergw version)
echo "$version"
[[ $version == *"$COMMIT"* ]] || die "the version has not the commit $COMMIT"
bordergw device create --name sw1 --management-ip 198.18.69.11 --management-port 6640 -o name
bordergw device create --name sw2 --management-ip 198.18.69.12 --management-port 6640 -o name
bordergw network create net1 --segmentation-id 5001 --id 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01 -o name
bordergw gateway create gw1 --device 'name=sw1,interface_names=p1|100' --device 'name=sw2,interface_names=p2|200' -o name
bordergw connection create gw1 net1 -o name
bordergw wait --for=Programmed --timeout 30s
active=$(bordergw connection list --status ACTIVE)
echo "$active"
grep -q net1 <<<"$active" || die "the connection is not ACTIVE"

say "what the switches hold"
for switch in sw1 sw2; do row $switch 5001 get Logical_Switch 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01 tunnel_key; done
row sw1 "0100 3a3b6f4e" list-bindings sw1 p1
row sw2 "0200 3a3b6f4e" list-bindings sw2 p2
row sw1 10.250.1.2 list-remote-macs 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01
row sw2 10.250.1.1 list-remote-macs 3a3b6f4e-52b5-4f4c-9a0b-0d5a1b6b7c01

check() { go run ./internal/monitoring/checkprometheus -url "$(url prometheus 9090)" "$@"; }
say "a switch goes away, and Prometheus knows it by name"
compose stop sw2
check -alert "BordergwDeviceUnreachable=switch sw2 is unreachable"
say "what Prometheus has: targets, rules, data for each expression of rules and dashboard"
# Nothing here has a certificate, and no request has failed.
check -without 'tls_certificate_expiry|code=~"5'

if [[ $services == *grafana* ]]; then
  say "Grafana has the dashboard, and asks Prometheus"
  answers "Grafana" grafana /api/dashboards/uid/bordergw '"uid":"bordergw"'
  answers "Prometheus through Grafana" grafana '/api/datasources/proxy/uid/prometheus/api/v1/query?query=bordergw_ready' '"success"'
else
  say "no image of Grafana is to be had: make test checks its files"
fi
say "compose-test passed"
