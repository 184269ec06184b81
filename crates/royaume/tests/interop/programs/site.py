"""Serves the application of authlib_flask.py to one visitor. It listens on a free port and says which, reads its settings
from a line of standard input, and ends with that input. What the library refuses is answered as JSON."""

import json
import os
import socket
import sys
import threading
import time

from authlib_flask import application
from flask import jsonify
from werkzeug.serving import make_server

listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
settings = json.loads(sys.stdin.readline())
app = application(settings["issuer"], settings["client_id"], settings["client_secret"])


@app.errorhandler(Exception)
def refused(error):
    return jsonify(refused={"message": str(error), "error": getattr(error, "error", type(error).__name__)})


@app.get("/expire")
def expire():
    """The access tokens grow old."""
    for token in app.tokens.values():
        token["expires_at"] = int(time.time()) - 1
    return jsonify(tokens=list(app.tokens.values()))


@app.get("/tokens")
def tokens():
    return jsonify(tokens=list(app.tokens.values()))


def end_with_input():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=end_with_input, daemon=True).start()
print(settings["issuer"], flush=True)
make_server("127.0.0.1", 0, app, fd=listener.fileno()).serve_forever()
