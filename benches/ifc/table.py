"""Reads files with both programs and prints the tables of `benches/ifc/read`.
table.py PROGRAM PEER_PYTHON ROUNDS LARGE FILE …"""

import json
import math
import os
import subprocess
import sys

program, python, rounds, large, *files = sys.argv[1:]
peer = [python, os.path.join(os.path.dirname(__file__), "peer.py")]
ours = [program]


def run(command, *words):
    """The best of some rounds as one dictionary; none where the program was ended by time or by itself."""
    best = None
    for _ in range(int(rounds)):
        try:
            done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=600, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return None
        found = {}
        for line in done.stdout.splitlines():
            found |= json.loads(line)
        if best is None or found["s"] < best["s"]:
            best = found
    return best


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*cells):
    print()
    row(*cells)
    row(*["---"] * len(cells))


if large != "-":
    size = os.path.getsize(large)
    head("1 GB file", "s", "MB/s", "largest memory / file")
    for name, command, what in [
        ("dothi, all records held to the grammar", ours, "records"),
        ("dothi, all values made too", ours, "values"),
        ("IfcOpenShell open", peer, "open"),
    ]:
        found = run(command, what, large)
        if found is None:
            row(name, "ended by time or memory", "–", "–")
        else:
            row(name, f"{found['s']:.2f}", f"{size / found['s'] / 1e6:.0f}", f"{found['memory_bytes'] / size:.2f}")

head("file", "MB", "records ms", "solids ms", "facts ms", "their open ms", "their open + geometry ms", "ratio",
     "facts / their open", "boxes differ mm")
ratios, shares, worst = [], [], 0.0
for path in files:
    records, solids, facts = (run(ours, what, path) for what in ["records", "solids", "facts"])
    theirs, alone = run(peer, "geometry", path), run(peer, "open", path)
    if None in (records, solids, facts, theirs, alone):
        row(os.path.basename(path), "one of the programs failed", *["–"] * 8)
        continue
    ratio, share = theirs["s"] / facts["s"], facts["s"] / alone["s"]
    differ = max(abs(a - b) for a, b in zip(theirs["box"], facts["box"])) * 1000
    ratios.append(ratio)
    shares.append(share)
    worst = max(worst, differ)
    ms = [f"{found['s'] * 1000:.1f}" for found in [records, solids, facts, alone, theirs]]
    row(os.path.basename(path), f"{os.path.getsize(path) / 1e6:.1f}", *ms, f"{ratio:.1f} ×", f"{share:.1f} ×",
        f"{differ:.1f}")
mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
row("**geometric mean**", "", "", "", "", "", "", f"**{mean:.1f} ×** (target 20 ×)",
    f"at most {max(shares):.1f} × (target 2 ×)", f"at most {worst:.1f} (target 10)")
