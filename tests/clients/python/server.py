"""Starts one Hangar on a free port and an empty folder, and the small site that the tests visit.

HANGAR_TEST_ENDPOINT=ws://... runs what can be run against a bare Chromium instead; whatever needs Hangar is skipped.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[3]
BARE = os.environ.get("HANGAR_TEST_ENDPOINT")
KEY = "test-bootstrap-key-0123456789abcdef"
READY_SECONDS = 60
DRAIN_SECONDS = 30
PATIENCE_SECONDS = 20

needs_hangar = unittest.skipIf(BARE, "needs Hangar")


def binary():
    """The server under test."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return os.environ.get("HANGAR_BIN", str(target / "debug/hangar"))


class Hangar:
    """A running server; `stop` asserts that SIGTERM drains it to exit code 0."""

    def __init__(self):
        self.data_dir = tempfile.mkdtemp(prefix="hangar-clients-")
        self.log = collections.deque(maxlen=200)
        self.http = None
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [
                binary(), "serve", "--listen", "127.0.0.1:0", "--data-dir", self.data_dir,
                "--bootstrap-key", KEY, "--egress-allow", "127.0.0.0/8", "--pool", "1",
            ],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            # A test that failed may leave its session open; the next suite does not wait long for it.
            env={"HANGAR_DRAIN_TIMEOUT": "5", **os.environ},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(READY_SECONDS)
        if self.http is None:
            self.process.kill()
            self._clear()
            raise AssertionError("no ready line; last lines:\n" + "".join(self.log))

    def _read(self):
        for line in self.process.stdout:
            self.log.append(line)
            if found := re.match(r"hangar ready (\S+)", line):
                self.http = found[1]
                self._ready.set()
        self._ready.set()

    def _clear(self):
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def endpoint(self, **params):
        query = {"token": KEY, "--proxy-server": "direct://", "device_type": "mac", **params}
        return f"{self.http.replace('http', 'ws', 1)}/?{urlencode(query)}"

    def api(self, method, path, headers=None):
        """One REST call as the documentation's Python examples make it; `(status, body)`."""
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(self.http + path, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def stop(self):
        self.process.terminate()
        try:
            code = self.process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "no exit"
        self._clear()
        assert code == 0, f"the server ended with {code} after SIGTERM; last lines:\n" + "".join(self.log)


class Bare:
    """A Chromium that is already there."""

    def endpoint(self, **_):
        return BARE

    def stop(self):
        pass


def start():
    return Bare() if BARE else Hangar()


def eventually(what, probe):
    """Asks again until `probe` returns something truthy, and returns that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for: {what}")
        time.sleep(0.025)
    return value


PAGES = {
    "/": "<title>First</title><h1>Hello</h1><a href=/second>second</a>",
    "/second": "<title>Second</title><h1>The second page</h1>",
    "/popup": "<title>Opener</title><button onclick=\"window.open('/second')\">open</button>",
    "/upload": "<title>Upload</title><input id=file type=file><output id=text></output><script>"
    "file.onchange = async () => { text.textContent = file.files[0].name + ':' + await file.files[0].text(); };</script>",
    "/dialog": "<title>Dialog</title><button onclick=\"answer.textContent = prompt('Name?')\">ask</button><output id=answer></output>",
    "/fetcher": "<title>Fetcher</title><output id=text></output><script>"
    "fetch('/thing').then((r) => r.text()).then((t) => { text.textContent = t; });</script>",
    "/worker": "<title>starting</title><script>new Worker('/worker.js').onmessage = (e) => { document.title = e.data; };</script>",
    "/worker.js": "postMessage('worker ' + 6 * 7)",
    "/thing": "from the site",
}


class Site:
    """The pages that the tests visit, on 127.0.0.1."""

    def __init__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/report.csv":
            return self._send(200, "text/csv", "day,visits\n", ("Content-Disposition", 'attachment; filename="report.csv"'))
        page = PAGES.get(self.path)
        if page is None:
            return self._send(404, "text/plain", "no such page")
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        return self._send(200, f"{kind}; charset=utf-8", page)

    def _send(self, status, kind, text, *more):
        body = text.encode()
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *more]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
