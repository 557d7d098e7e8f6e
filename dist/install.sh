#!/bin/bash
# Puts the program in place with all that belongs to it: unit, account, configuration, man pages, completions, examples.
# BINARY is what is installed, TOOL a bordergw that this machine can run (the same, unless it is built for another one).
# From DESTDIR on: PREFIX (/usr/local), SYSCONFDIR (/etc), UNITDIR, ZSHDIR. A configuration that is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022

BINARY=${BINARY:-bin/bordergw} DESTDIR=${DESTDIR:-} PREFIX=${PREFIX:-/usr/local} SYSCONFDIR=${SYSCONFDIR:-/etc}
TOOL=${TOOL:-$BINARY}
share=$PREFIX/share
UNITDIR=${UNITDIR:-$PREFIX/lib/systemd/system} ZSHDIR=${ZSHDIR:-$share/zsh/site-functions}
[ -x "$BINARY" ] || { echo "install: there is no $BINARY: run make build first" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# put FILE PLACE [MODE]
put() { install -D -m "${3:-644}" "$1" "$DESTDIR$2"; }

put "$BINARY" "$PREFIX/bin/bordergw" 755
sed "s|/usr/bin/bordergw|$PREFIX/bin/bordergw|; s|/etc/bordergw|$SYSCONFDIR/bordergw|" dist/systemd/bordergw.service >"$work/unit"
put "$work/unit" "$UNITDIR/bordergw.service"
put dist/systemd/bordergw.sysusers "$PREFIX/lib/sysusers.d/bordergw.conf"
[ -e "$DESTDIR$SYSCONFDIR/bordergw/bordergw.yaml" ] || put dist/etc/bordergw.yaml "$SYSCONFDIR/bordergw/bordergw.yaml"

"$TOOL" man "$work/man"
for page in "$work"/man/*; do put "$page" "$share/man/man${page##*.}/${page##*/}"; done
for shell in bash zsh fish; do "$TOOL" completion $shell >"$work/$shell"; done
put "$work/bash" "$share/bash-completion/completions/bordergw"
put "$work/zsh" "$ZSHDIR/_bordergw"
put "$work/fish" "$share/fish/vendor_completions.d/bordergw.fish"

while read -r file; do put "$file" "$share/doc/bordergw/examples/${file#dist/}"; done < <(find dist/prometheus dist/grafana -type f)
for file in README.md CHANGELOG.md; do put $file "$share/doc/bordergw/$file"; done
while read -r file; do put "$file" "$share/doc/bordergw/$file"; done < <(find docs -type f ! -name '*.dot')
