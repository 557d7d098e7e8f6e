#!/bin/bash
# Tests dist/build-deb.sh: the same bytes twice, lintian, man pages, the unit's exposure, and in an overlay over this system that
# boots a systemd of its own (systemd-nspawn): install, use, upgrade, remove, purge (hack/deb-test-inside.sh). Nothing of this
# system changes. That part needs root, and is left out for others, and with BORDERGW_NO_NETNS=1.
# BORDERGW_DEB_BOOT=if-possible: where no systemd can be booted, that part is left out, and said to be.
# BORDERGW_DEB_ROOT=DIR: the root directory of another system with systemd, such as debootstrap makes, instead of this one's.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "== $* (${SECONDS} s)"; }
die() { echo "deb-test: $*" >&2; exit 1; }

hack/deps.sh lintian:lintian mandoc:mandoc systemd-nspawn:systemd-container systemd-analyze:systemd openssl:openssl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/share"

say "two builds, the second one with another umask, time zone, home and place for temporary files"
OUT=$work/one dist/build-deb.sh >/dev/null
(
  umask 077
  mkdir "$work/tmp"
  gocache=$(go env GOCACHE) gomodcache=$(go env GOMODCACHE)
  HOME=$work/home GOCACHE=$gocache GOMODCACHE=$gomodcache TMPDIR=$work/tmp TZ=Asia/Tokyo LC_ALL=C.UTF-8 OUT=$work/two dist/build-deb.sh >/dev/null
)
deb=$(echo "$work"/one/*.deb)
cmp "$deb" "$work/two/${deb##*/}" || die "two builds of one commit differ"

say "lintian"
lintian --allow-root --fail-on error,warning "$deb" || die "lintian has complaints"

say "man pages, exposure of the unit"
tree=$work/tree
dpkg-deb -x "$deb" "$tree"
find "$tree/usr/share/man" -name '*.gz' -exec gunzip {} +
mandoc -T lint -W warning "$tree"/usr/share/man/man?/* || die "mandoc has complaints"
# In tenths.
systemd-analyze security --offline=true --no-pager --threshold=15 "$tree/lib/systemd/system/bordergw.service" | tail -1

say "make install goes where it is told"
BINARY=$tree/usr/bin/bordergw DESTDIR=$work/local dist/install.sh
grep -q '^ExecStart=/usr/local/bin/bordergw serve --config /etc/bordergw/bordergw.yaml' "$work/local/usr/local/lib/systemd/system/bordergw.service"
echo '# mine' >"$work/local/etc/bordergw/bordergw.yaml"
BINARY=$tree/usr/bin/bordergw DESTDIR=$work/local dist/install.sh
[ "$(cat "$work/local/etc/bordergw/bordergw.yaml")" = '# mine' ] || die "make install overwrites a configuration"

[ "${BORDERGW_NO_NETNS:-}" != 1 ] || { say "BORDERGW_NO_NETNS=1: the test of the installation is left out"; exit 0; }
[ "$(id -u)" -eq 0 ] || { say "not root: the test of the installation is left out"; exit 0; }

# A newer package, to upgrade to: the same with another version.
dpkg-deb -R "$deb" "$work/next"
version=$(dpkg-deb -f "$deb" Version)
sed -i "s/^Version: .*/Version: $version+next/" "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group -Znone --build "$work/next" "$work/share/new.deb" >/dev/null
cp "$deb" "$work/share/old.deb"
install -m 755 hack/deb-test-inside.sh "$work/share/inside"
# The drop-in that the guide shows.
sed -n '/^ *AmbientCapabilities=/,/^$/p' docs/install.md | sed 's/^ *//; 1i [Service]' >"$work/share/low-port.conf"
(
  cd "$work/share"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bordergw -keyout key.pem -out cert.pem 2>/dev/null
)

# boot LOWER: a tree of its own over LOWER, in which a systemd runs the script inside. Called in a mount namespace.
boot() {
  local top=$work/top
  mkdir "$top"
  mount -t tmpfs tmpfs "$top" # not everything can be the upper layer of an overlay
  mkdir "$top"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$top/upper,workdir=$top/work" "$top/root"
  local root=$top/root
  # Only what is tested runs, not the services of this system. What could keep it from running is not of the test, either.
  rm -f "$root/usr/sbin/policy-rc.d" "$root/var/lib/man-db/auto-update"
  cat >"$root/etc/systemd/system/deb-test.target" <<'EOF'
[Unit]
Requires=sysinit.target deb-test.service
After=sysinit.target
EOF
  cat >"$root/etc/systemd/system/deb-test.service" <<'EOF'
[Unit]
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
TimeoutStartSec=120
ExecStart=/bin/sh -c '/deb-test/inside >/deb-test/log 2>&1; echo $? >/deb-test/rc'
EOF
  say "in a chroot, as where images are made: install and purge"
  mkdir -p "$root/deb-test"
  mount --bind "$work/share" "$root/deb-test"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  chroot "$root" /deb-test/inside chroot </dev/null
  umount "$root/proc" "$root/dev" "$root/deb-test"

  say "on a systemd that has booted: install, use, upgrade, remove, purge"
  mkdir -p /run/systemd/nspawn
  mount -t tmpfs tmpfs /run/systemd/nspawn # it wants one there
  local nspawn="systemd-nspawn -q -D $root --register=no --keep-unit --private-network --link-journal=no --bind=$work/share:/deb-test --machine=deb-test"
  # The console is a terminal: without one systemd does not start.
  timeout 180 script -qec "$nspawn -b -- --unit=deb-test.target" "$work/console" </dev/null >/dev/null || true
  [ ! -e "$work/share/log" ] || cat "$work/share/log"
  if [ ! -e "$work/share/rc" ]; then
    tail -20 "$work/console" >&2
    [ "${BORDERGW_DEB_BOOT:-}" = if-possible ] || die "systemd-nspawn does not boot here"
    say "NOT TESTED, as systemd-nspawn does not boot here: use, upgrade and removal on a systemd that runs"
    return
  fi
  [ "$(cat "$work/share/rc")" = 0 ] || die "the test of the installation failed"
}
export -f boot say die
export work
unshare --mount --propagation private bash -euo pipefail -c 'boot "$1"' boot "${BORDERGW_DEB_ROOT:-/}"
say "deb-test passed"
