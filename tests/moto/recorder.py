"""A proxy that writes down which operations pass through it.

palisade talks to the recorder, the recorder to the real target. Seeding and foreign edits go to the target
directly, so that what is written down is palisade's alone.
"""

import collections
import http.client
import http.server
import re
import threading
import urllib.parse

READS = ("Describe", "List", "Get", "AssumeRole", "Query", "Search", "Validate")
# Operations of services that name them by method and path.
PATHS = {
    "GET /v20180820/configuration/publicAccessBlock": "GetPublicAccessBlock",
    "PUT /v20180820/configuration/publicAccessBlock": "PutPublicAccessBlock",
    "GET /logging/modelinvocations": "GetModelInvocationLoggingConfiguration",
    "PUT /logging/modelinvocations": "PutModelInvocationLoggingConfiguration",
    "POST /getAlternateContact": "GetAlternateContact",
    "POST /putAlternateContact": "PutAlternateContact",
    "POST /deleteAlternateContact": "DeleteAlternateContact",
}
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "server", "date"}


class Call(collections.namedtuple("Call", "service operation status body key")):
    """One HTTP request: retries count, as they do for AWS. `key` is the access key that signed it."""

    @property
    def name(self):
        return f"{self.service}:{self.operation}"

    @property
    def writes(self):
        """Like palisade's own guard: what is not plainly a read is a write."""
        return not self.operation.startswith(READS)


class Recorder:
    def __init__(self, upstream):
        self.upstream = urllib.parse.urlsplit(upstream).netloc
        self.calls = []
        self._lock = threading.Lock()
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                recorder._pass_on(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):
                """A client that hangs up is no error of the recorder."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _pass_on(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP}
        # The signature was made for the recorder's name, so that stays.
        headers["Host"] = request.headers["Host"]
        upstream = http.client.HTTPConnection(self.upstream, timeout=30)
        try:
            upstream.request(request.command, request.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        self._note(request, body, answer.status)
        request.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in HOP:
                request.send_header(key, value)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _note(self, request, body, status):
        headers = request.headers
        signed = headers.get("Authorization", "")
        scope = re.search(r"Credential=([^/]+)/\d+/[^/]*/([^/]+)/", signed)
        text = body.decode("utf-8", "replace")
        target = headers.get("X-Amz-Target")
        path = PATHS.get(f"{request.command} {request.path.partition('?')[0]}")
        if path:
            operation = path
        elif target:
            operation = target.rpartition(".")[2]
        else:
            operation = urllib.parse.parse_qs(text).get("Action", ["?"])[0]
        key, service = scope.groups() if scope else ("?", "?")
        call = Call(service, operation, status, text, key)
        with self._lock:
            self.calls.append(call)

    def take(self):
        """What was called since the last time."""
        with self._lock:
            calls, self.calls = self.calls, []
        return calls

    def close(self):
        self._server.shutdown()
        self._server.server_close()
