#!/bin/bash
# Makes dist/bordergw-neutron_VERSION_all.deb of neutron/: the package, and its entry points, for Debian's Python.
# VERSION is the one of neutron/pyproject.toml unless it is given. Needs dpkg-deb, python3-pip, python3-setuptools, python3-wheel.
set -euo pipefail
cd "$(dirname "$0")/.."

for module in pip setuptools wheel; do
  /usr/bin/python3 -c "import $module" 2>/dev/null || { echo "neutron-deb: python3-$module is needed: apt install python3-$module" >&2; exit 1; }
done

version=${1:-$(sed -n 's/^version = "\(.*\)"/\1/p' neutron/pyproject.toml)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# pip builds in the source directory, which is not its place. What it left there of an earlier build would be packed, too.
cp -r neutron "$work/source"
rm -rf "$work/source/build" "$work/source"/*.egg-info
find "$work/source" -name __pycache__ -prune -exec rm -rf {} +
sed -i "s/^version = .*/version = \"$version\"/" "$work/source/pyproject.toml"

root=$work/root site=$work/root/usr/lib/python3/dist-packages
mkdir -p "$site" "$root/DEBIAN" "$root/usr/share/doc/bordergw-neutron" dist
/usr/bin/python3 -m pip install --quiet --no-index --no-deps --no-build-isolation --no-compile --disable-pip-version-check \
  --root-user-action=ignore --target "$site" "$work/source"
# What only the installing machine knows.
rm -f "$site"/*.dist-info/{direct_url.json,INSTALLER,RECORD,REQUESTED}
cp LICENSE "$root/usr/share/doc/bordergw-neutron/copyright"
cp -r docs/*.md docs/pictures "$root/usr/share/doc/bordergw-neutron/" # neutron.md leads to the others

cat >"$root/DEBIAN/control" <<EOF
Package: bordergw-neutron
Version: $version
Architecture: all
Section: net
Priority: optional
Maintainer: bordergw <bordergw@localhost>
Depends: python3 (>= 3.9), python3-neutron, python3-networking-l2gw, python3-keystoneauth1, python3-requests
Recommends: python3-neutronclient
Description: bordergw as a provider of Neutron's L2 gateway service
 Border gateways, gateway devices, and the MAC addresses behind hypervisors, for
 hardware VTEP switches that bordergw drives.
EOF
# Byte code belongs to the Python that runs it.
cat >"$root/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
[ "$1" != configure ] || ! command -v py3compile >/dev/null || py3compile -p bordergw-neutron
EOF
cat >"$root/DEBIAN/prerm" <<'EOF'
#!/bin/sh
set -e
! command -v py3clean >/dev/null || py3clean -p bordergw-neutron
EOF
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm"
chmod -R u+rwX,go+rX,go-w "$root"
dpkg-deb --root-owner-group --build "$root" "dist/bordergw-neutron_${version}_all.deb" >/dev/null
echo "dist/bordergw-neutron_${version}_all.deb"
