# Shared by scripts/up, scripts/test and .ci/run: what the machine must have. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
export SQLX_OFFLINE=true

# Seconds since the script began, for the step lines.
step() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }

# Installs the Debian packages among "$@" that are missing.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  step "installing ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "run as root: apt-get install ${missing[*]}" >&2; exit 1; }
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

need_toolchain() {
  command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs" >&2; exit 1; }
  need_packages build-essential cmake pkg-config sqlite3 libsqlite3-dev libgdal-dev \
    postgresql-15 postgresql-15-postgis-3
  command -v node >/dev/null && command -v npm >/dev/null || need_packages nodejs npm
}

# Bundles the portal into web/dist when a source is newer than the bundle.
build_web() {
  if [ ! -d web/dist ] || [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist -print -quit)" ]; then
    step "bundling the portal"
    [ -d web/node_modules ] && [ web/node_modules -nt web/package-lock.json ] || npm --prefix web ci --silent --no-audit --no-fund
    npm --prefix web run --silent build
    touch web/dist
  fi
}
