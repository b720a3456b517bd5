"""A proxy that stands between a client and the program, as one does in front of a server, and writes down what
passes. It tells the program no address of its own, so it puts that into the answers."""

import http.client
import http.server
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

# Headers that belong to one connection.
OWN = {"host", "connection", "keep-alive", "transfer-encoding", "content-length", "accept-encoding", "te", "upgrade"}


@dataclass
class Exchange:
    """A request and its answer. Headers by lower-case name."""

    method: str
    path: str
    headers: dict
    body: bytes
    status: int = 0
    answer_headers: dict = field(default_factory=dict)
    answer: bytes = b""
    seconds: float = 0.0


class Proxy:
    """A proxy before `upstream`; a context that ends it. `seen` holds what has passed."""

    def __init__(self, upstream):
        self.seen = []
        self.upstream = upstream.rstrip("/")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def pass_on(self, request):
        length = int(request.headers.get("content-length") or 0)
        body = request.rfile.read(length) if length else b""
        headers = {n.lower(): v for n, v in request.headers.items()}
        exchange = Exchange(request.command, request.path, headers, body)
        kept = {n: v for n, v in headers.items() if n not in OWN}
        began = time.monotonic()
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=120)
        connection.request(request.command, request.path, body or None, kept)
        answer = connection.getresponse()
        exchange.answer = answer.read()
        connection.close()
        exchange.seconds = time.monotonic() - began
        exchange.status = answer.status
        exchange.answer_headers = {n.lower(): v for n, v in answer.getheaders()}
        self.seen.append(exchange)
        return exchange

    def handler(self):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def go(self):
                exchange = proxy.pass_on(self)
                there, here = proxy.upstream.encode(), proxy.url.encode()
                body = exchange.answer.replace(there, here)
                self.send_response(exchange.status)
                for name, value in exchange.answer_headers.items():
                    if name not in OWN:
                        self.send_header(name.title(), value.replace(proxy.upstream, proxy.url))
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = go

            def log_message(self, *_):
                pass

        return Handler
