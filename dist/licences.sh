#!/bin/bash
# Prints Debian's copyright file of the program: its own licence, and those of all modules that are linked into it.
set -euo pipefail
cd "$(dirname "$0")/.."

# licence DIR: the texts that a module comes with. Debian has those of Apache in one place, and wants no copies.
licence() {
  local file
  for file in "$1"/{LICENSE,LICENCE,COPYING,NOTICE}{,.txt,.md}; do
    [ -f "$file" ] || continue
    if grep -q 'Apache License' "$file" && grep -q 'Version 2.0, January 2004' "$file"; then
      echo "Apache License 2.0, see /usr/share/common-licenses/Apache-2.0."
      # What stands behind the licence, in files that have several.
      sed '1,/END OF TERMS AND CONDITIONS/d' "$file" | sed '/^ *APPENDIX/,/limitations under the License/d'
    else
      cat "$file"
    fi
    echo
  done
}

cat <<'END'
bordergw, copyright of its authors.

Apache License 2.0, see /usr/share/common-licenses/Apache-2.0.

The program /usr/bin/bordergw contains the following modules of others.
END
go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./cmd/bordergw | sort -u |
  while read -r module version dir; do
    text=$(licence "$dir")
    [ -n "$text" ] || { echo "licences: no licence of $module in $dir" >&2; exit 1; }
    printf '\n---- %s %s\n\n%s\n' "$module" "$version" "$text"
  done
printf '\n---- the Go standard library and runtime, %s\n\n' "$(go env GOVERSION)"
text=$(licence "$(go env GOROOT)")
echo "${text:-Copyright The Go Authors. The licence is that of golang.org/x/sys, above.}"
