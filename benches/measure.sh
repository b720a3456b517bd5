# Sourced after cluster.sh by the benchmarks that serve and load: wants $bin, $data, $work, $seconds and $here's port.

here=http://127.0.0.1:$port
# load URL LIST TEMPLATE ENCODING : "requests a second, p99 in ms" of 8 connections; stops the run if an answer was wrong
load() {
  wrk -t2 -c8 -d2s -s "$data/list.lua" "$1" -- "$2" "$3" "$4" >/dev/null
  local out; out=$(wrk -t2 -c8 -d"${seconds}s" -s "$data/list.lua" "$1" -- "$2" "$3" "$4" | grep RESULT)
  echo "   $3 $4: $out" >&2
  echo "$out" | grep -q 'bad=0 ' || { echo "wrong answers from $1$3" >&2; exit 1; }
  echo "$out" | sed 's/.*rps=\([0-9.]*\).* p99=\([0-9.]*\)ms.*/\1 \2/'
}
# serve ARGS… : starts the program, gives the seconds to readiness in $ready_s
serve() {
  local began; began=$(date +%s.%N)
  "$bin" "$@" >"$work/serve.log" 2>&1 &
  server=$!; started+=($server)
  until curl -sf -o /dev/null "$here/health/ready"; do
    kill -0 $server 2>/dev/null || { cat "$work/serve.log" >&2; exit 1; }
    sleep 0.02
  done
  ready_s=$(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.2f", b - a }')
}
halt() { kill "$server"; wait "$server" || true; }
# memory : MiB that the server holds
memory() { awk '/VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status"; }
# fill FILE : a peer's configuration, with this run's places in it
fill() {
  sed "s|@WORK@|$work|g; s|@PORT@|$peer_port|g; s|@SOCKET@|$sock|g; s|@DB@|$db|g; s|@ROLE@|postgres|g" \
    "$repo/benches/peers/$1" >"$work/$1"
}
# spawn NAME PROGRAM : two FastCGI processes, one a core
spawn() {
  rm -f "$work/$1.sock"
  spawn-fcgi -s "$work/$1.sock" -M 0666 -F 2 -P "$work/$1.pid" -- "$2" >/dev/null
}
