#!/bin/bash
# Draws docs/pictures/*.svg from the .dot file beside each. The SVG names the checksum of its source, which a test compares.
set -euo pipefail
cd "$(dirname "$0")/../docs/pictures"
for source in *.dot; do
  sum=$(sha256sum "$source" | cut -d' ' -f1)
  dot -Tsvg "$source" | sed "s|^<svg |<!-- source: $source sha256:$sum -->\n<svg |" >"${source%.dot}.svg"
done
