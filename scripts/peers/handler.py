"""The least that a custom handler in Python can be: it answers 200 to every GET. See docs/benchmarks.md."""

import os
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


# Not HTTPServer: it asks for the name of its own address first, which costs it time.
ThreadingTCPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Handler).serve_forever()
