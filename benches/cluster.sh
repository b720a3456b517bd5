# Sourced by the benchmarks: a PostGIS cluster of their own with the data set's parcels, and the program's schemas in
# it. Wants $repo, $bin, $data and $work; leaves $super, $sock, $db, $pg, DATABASE_URL and DOTHI_OWNER_URL.

port=${DOTHI_BENCH_PORT:-8391} peer_port=8392 db=bench
pg=/usr/lib/postgresql/15/bin
sock=$work/sock
super="postgres:///$db?host=$sock&user=postgres"
export DOTHI_HOME=$work/home DOTHI_LISTEN=127.0.0.1:$port
started=()

say() { echo "== $*" >&2; }
# PostgreSQL refuses to run as root.
as_pg() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
sql() { psql -X -q -v ON_ERROR_STOP=1 "$super" "$@"; }

stop_all() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for file in nginx qgis mapserver; do
    [ -f "$work/$file.pid" ] && xargs -r kill <"$work/$file.pid" 2>/dev/null || true
    rm -f "$work/$file.pid"
  done
  as_pg "$pg/pg_ctl" -D "$work/pg" -m fast stop >/dev/null 2>&1 || true
}
trap stop_all EXIT

# --- data ---------------------------------------------------------------------------------------------------------
mkdir -p "$work/home"; chmod 755 "$work"
if [ ! -f "$work/pg/PG_VERSION" ]; then
  say "initdb"
  mkdir -p "$work/pg" "$sock"
  [ "$(id -u)" = 0 ] && chown postgres "$work/pg" "$sock"
  as_pg "$pg/initdb" -D "$work/pg" -U postgres --encoding=UTF8 --locale=C.UTF-8 --auth=trust >/dev/null
fi
as_pg "$pg/pg_ctl" -D "$work/pg" -w -l "$work/pg/log" -o "-k $sock -c listen_addresses='' -c shared_buffers=512MB \
  -c max_wal_size=4GB -c work_mem=32MB -c max_connections=60" start >/dev/null
psql -X -q "postgres:///postgres?host=$sock&user=postgres" -tAc "select 1 from pg_database where datname = '$db'" | grep -q 1 ||
  createdb -h "$sock" -U postgres "$db"
if ! sql -tAc "select count(*) from bbox_list" >/dev/null 2>&1; then
  say "gen.sql and lists.sql (about two minutes)"
  sql -f "$data/gen.sql" >/dev/null
  sql -f "$data/lists.sql" >/dev/null
fi
export DOTHI_OWNER_URL=$super DATABASE_URL="postgres:///$db?host=$sock&user=dothi_serve"
# The program's own schemas are made anew where an earlier version's lie there.
"$bin" migrate >&2 || {
  for schema in $(sql -tAc "select nspname from pg_namespace where nspname in
      ('dothi', 'permit', 'layer', 'history', 'staging')"); do sql -c "drop schema $schema cascade" 2>/dev/null; done
  sql -c "drop table if exists public._sqlx_migrations"
  "$bin" migrate >&2
}
"$bin" layers apply --layers "$repo/benches/layers" --codes "$repo/schema/codes" >/dev/null
