"""The program under test, with the sample province: the one at DOTHI_URL, or a fresh one in a folder that is thrown
away (the twin of tests/e2e/server.mjs). Only Python's own library, so that any interpreter can use it."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "dothi-sample"


class Answer:
    """What came back: status, headers by lower-case name, bytes."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers.items()}

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Service:
    """A running program. `home` is its data folder, where it was started here."""

    def __init__(self, url, home=None, process=None):
        self.url, self.home, self.process = url.rstrip("/"), home, process
        self.tokens = {}

    def call(self, method, path, body=None, headers=None):
        """Sends a request; `path` may be a whole address. A refusal is an answer, too."""
        url = path if path.startswith("http") else self.url + path
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return Answer(answer.status, answer.headers, answer.read())

    def get(self, path, headers=None):
        """The answer to GET, which must be 200."""
        answer = self.call("GET", path, headers=headers)
        assert answer.status == 200, f"{path}: {answer.status} {answer.body[:500]}"
        return answer

    def json(self, path, headers=None):
        return self.get(path, headers).json()

    def token(self, account):
        """The session token of a sample account."""
        if account not in self.tokens:
            body = json.dumps({"name": account, "password": PASSWORD})
            answer = self.call("POST", "/api/v1/login", body, {"content-type": "application/json"})
            assert answer.status == 200, answer.text
            self.tokens[account] = answer.json()["token"]
        return self.tokens[account]

    def bearer(self, account):
        return {"authorization": f"Bearer {self.token(account)}"}

    def key(self, account, edit=False, layers=None):
        """A new access key of a sample account."""
        wanted = {"name": "tests/clients", "edit": edit, "layers": layers, "days": 1}
        headers = self.bearer(account) | {"content-type": "application/json"}
        answer = self.call("POST", "/api/v1/access-keys", json.dumps(wanted), headers)
        assert answer.status == 201, answer.text
        return answer.json()["key"]

    def export(self, layer, file):
        """The rows of a layer as the database has them, in EPSG:9218, written by `dothi export`."""
        assert self.home, "the data folder of the program: DOTHI_HOME, where it was not started here"
        run(self.home, "export", layer, str(file))
        return file

    def end(self):
        """Ends the program; its data stay."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def stop(self):
        if self.process is None:
            return
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)


def basic(name, key):
    """The header of HTTP Basic."""
    return {"authorization": "Basic " + base64.b64encode(f"{name}:{key}".encode()).decode()}


def start():
    """The program, ready to answer."""
    if "DOTHI_URL" in os.environ:
        return Service(os.environ["DOTHI_URL"], os.environ.get("DOTHI_HOME"))
    home = tempfile.mkdtemp(prefix="dothi-clients-")
    for command in (["migrate"], ["layers", "apply"], ["sample", "load"]):
        run(home, *command)
    return serve(home)


def serve(home, **more):
    """The program over the data in `home`, ready to answer; `more` are further variables of its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    listen = f"127.0.0.1:{port}"
    environment = os.environ | {"DOTHI_HOME": home, "DOTHI_LISTEN": listen} | more
    log = open(Path(home) / f"serve-{port}.log", "wb")
    process = subprocess.Popen([binary(), "serve"], env=environment, cwd=ROOT, stdout=log, stderr=log)
    service = Service(f"http://{listen}", home, process)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, f"dothi serve ended with {process.returncode}"
        try:
            if service.call("GET", "/health/ready").status == 200:
                return service
        except OSError:
            pass
        time.sleep(0.2)
    process.kill()
    raise AssertionError("/health/ready did not answer within 120 s")


def run(home, *command):
    done = subprocess.run(
        [binary(), *command], env=os.environ | {"DOTHI_HOME": home}, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"dothi {' '.join(command)}: {done.stderr}"
    return done.stdout


def binary():
    """DOTHI_BIN, else the release or debug build of this clone."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for found in (os.environ.get("DOTHI_BIN"), target / "release/dothi", target / "debug/dothi"):
        if found and Path(found).exists():
            return str(found)
    raise AssertionError("no dothi binary: run scripts/up or `cargo build`, or set DOTHI_BIN or DOTHI_URL")
