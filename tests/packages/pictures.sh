#!/usr/bin/env bash
# pictures.sh SCREENS OUT: makes pictures of the screens that walk.sh kept in the folder SCREENS (TCPW_SCREENS), as a
# terminal of 80 columns shows them, dark and light: OUT/NAME-dark.png, OUT/NAME-light.png. Needs aha, chromium and
# fonts-noto-cjk.
set -euo pipefail
screens=$1
out=$2
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

for screen in "$screens"/*.ansi; do
    name=$(basename "$screen" .ansi)
    lines=$(awk 'NF { last = NR } END { print last }' "$screen")
    for theme in dark light; do
        case $theme in
        dark) colours=(--black --style 'background:#14171a;color:#d7dade') ;;
        light) colours=(--style 'background:#ffffff;color:#1f2328') ;;
        esac
        page=$stage/$name-$theme.html
        aha "${colours[@]}" --title "$name" <"$screen" |
            sed 's|</head>|<style>pre{margin:12px;width:80ch;font:15px/19px "Noto Sans Mono CJK KR",monospace}</style></head>|' >"$page"
        chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$((80 * 15 / 2 + 60)),$((lines * 19 < 220 ? 260 : lines * 19 + 40))" \
            --user-data-dir="$stage/profile" --screenshot="$out/$name-$theme.png" "file://$page" >"$stage/log" 2>&1 ||
            { cat "$stage/log" >&2; exit 1; }
    done
done
