"""Runs the tests of this folder in the folder of a newer Debian, through a proxy, and keeps what QGIS sends when it
reads and edits. Called by scripts/newer-qgis: record.py FOLDER_OF_DEBIAN"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import service as program  # noqa: E402
from proxy import Proxy  # noqa: E402

SENT = HERE.parent / "sent/qgis_3_40.json"
# What a client says of itself beyond these is of no matter to a server.
HEADERS = ("accept", "content-type", "content-crs", "if-match", "if-unmodified-since", "prefer", "user-agent")


def kept(exchange):
    headers = {n: v for n, v in exchange.headers.items() if n in HEADERS}
    if "authorization" in exchange.headers:
        headers["authorization"] = exchange.headers["authorization"].split()[0]
    return {
        "method": exchange.method,
        "path": exchange.path,
        "headers": headers,
        "body": exchange.body.decode() or None,
        "status": exchange.status,
    }


def main(debian):
    inside = debian / "dothi/tests/clients"
    shutil.rmtree(inside, ignore_errors=True)
    shutil.copytree(HERE.parent, inside, ignore=shutil.ignore_patterns("__pycache__", "sent"))
    running = program.start()
    try:
        with Proxy(running.url) as proxy:
            environment = os.environ | {"DOTHI_URL": proxy.url, "HOME": "/tmp"}
            command = ["chroot", str(debian), "python3", "-m", "pytest", "-q", "/dothi/tests/clients/newer_qgis"]
            done = subprocess.run(command, env=environment)
    finally:
        running.stop()
    # The program's own look-ups have Python's name.
    sent = [kept(e) for e in proxy.seen if "Python" not in e.headers.get("user-agent", "")]
    asked = [e["path"] for e in sent]
    assert any("filter-lang=cql2-text" in path for path in asked), "the server was asked to filter"
    assert any("bbox-crs=" in path for path in asked), "the box named its system"
    SENT.parent.mkdir(exist_ok=True)
    unique = {json.dumps(e): e for e in sent}
    SENT.write_text(json.dumps(list(unique.values()), ensure_ascii=False, indent=1) + "\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
