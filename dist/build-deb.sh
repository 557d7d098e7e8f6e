#!/bin/bash
# Makes dist/bordergw_VERSION_ARCH.deb: the program, its unit, account, configuration, man pages, completions, examples.
# VERSION is the tag that git describes, or of a commit without one 0~git and its time. GOARCH builds for another machine.
# The same commit gives the same bytes: all times in it are those of the commit (SOURCE_DATE_EPOCH). Needs dpkg-deb and Go.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC CGO_ENABLED=0

MAINTAINER=${MAINTAINER:-bordergw maintainers <maintainers@bordergw.example>}
commit=$(git rev-parse -q --verify HEAD 2>/dev/null || true)
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  if [ -n "$commit" ]; then SOURCE_DATE_EPOCH=$(git log -1 --format=%ct); else SOURCE_DATE_EPOCH=$(stat -c %Y CHANGELOG.md); fi
fi
export SOURCE_DATE_EPOCH

# describe: the version, with no dash, which would set a revision of Debian's apart. 1.2.3~rc1 is before 1.2.3, and 1.2.3+4.gabc behind.
describe() {
  local tag at
  at=0~git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)
  if tag=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null); then
    sed -E 's/^v//; s/-(alpha|beta|rc)/~\1/; s/-([0-9]+)-g/+\1.g/; s/-dirty$/+dirty/; s/-/./g' <<<"$tag"
  elif [ -n "$commit" ]; then
    echo "$at.${commit:0:8}$(git diff --quiet HEAD || echo +dirty)"
  else
    echo "$at"
  fi
}

version=${VERSION:-$(describe)}
# What the machine that builds can run, too.
host=$(go env GOHOSTARCH) goarch=${GOARCH:-$(go env GOHOSTARCH)}
case $goarch in
amd64 | arm64 | riscv64 | s390x) arch=$goarch ;;
386) arch=i386 ;;
arm) arch=armhf ;;
ppc64le) arch=ppc64el ;;
*) echo "build-deb: Debian has no name for GOARCH $goarch that is known here" >&2; exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root doc=$work/root/usr/share/doc/bordergw
# build GOARCH FILE
build() {
  GOOS=linux GOARCH=$1 go build -trimpath -buildvcs="$([ -n "$commit" ] && echo true || echo false)" -ldflags '-s -w' -o "$2" ./cmd/bordergw
}
build "$goarch" "$work/bordergw"
tool=$work/bordergw
[ "$goarch" = "$host" ] || { tool=$work/host && build "$host" "$tool"; }

# /lib, not /usr/lib: Debian 12 knows units of packages there, and on a merged /usr both are one place.
BINARY=$work/bordergw TOOL=$tool DESTDIR=$root PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/lib/systemd/system \
  ZSHDIR=/usr/share/zsh/vendor-completions dist/install.sh
install -D -m 644 dist/debian/lintian-overrides "$root/usr/share/lintian/overrides/bordergw"
GOOS=linux GOARCH=$goarch dist/licences.sh >"$doc/copyright"
cat >"$doc/changelog" <<EOF
bordergw ($version) unstable; urgency=medium

  * What has changed is in CHANGELOG.md.${commit:+
  * Built from commit ${commit:0:12}.}

 -- $MAINTAINER  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
EOF
gzip -9n "$doc/changelog"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

install -d "$root/DEBIAN"
for script in postinst prerm postrm; do install -m 755 dist/debian/$script "$root/DEBIAN/$script"; done
echo /etc/bordergw/bordergw.yaml >"$root/DEBIAN/conffiles"
(cd "$root" && find . -path ./DEBIAN -prune -o -type f ! -path './etc/*' -printf '%P\n' | sort | xargs -d '\n' md5sum) >"$root/DEBIAN/md5sums"
# In KiB of files, as dpkg-gencontrol counts: what du says depends on the file system.
size=$(find "$root" -path "$root/DEBIAN" -prune -o -printf '%y %s\n' | awk '{n += $1 == "f" ? int(($2 + 1023) / 1024) : 1} END {print n}')
sed "s/@VERSION@/$version/; s/@ARCH@/$arch/; s/@SIZE@/$size/; s/@MAINTAINER@/$MAINTAINER/" dist/debian/control >"$root/DEBIAN/control"
chmod -R u+rwX,go+rX,go-w "$root"

out=${OUT:-dist}/bordergw_${version}_$arch.deb
mkdir -p "$(dirname "$out")"
# How many threads compress, and how, is to be the same everywhere.
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$out" >/dev/null
echo "$out"
