#!/bin/sh
# Sets up and runs every check: types, lint, format, tests, examples, generated files.
set -eu
cd "$(dirname "$0")"
command -v node >/dev/null || { echo 'Vitrine needs Node.js 20.19 or later: https://nodejs.org' >&2; exit 1; }
[ -d node_modules ] || npm ci --no-audit --no-fund

# The portability test needs Chromium; Debian and its kin have it as a package.
if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
  if command -v apt-get >/dev/null; then
    sudo=''; [ "$(id -u)" = 0 ] || sudo='sudo'
    $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium >/dev/null
  else
    echo 'Install Chromium, or set CHROMIUM to its path.' >&2; exit 1
  fi
fi

npx tsc -b
npx oxlint --type-aware
npx oxfmt --check
node tools/coverage/generate.mjs --check
npx vitest run
