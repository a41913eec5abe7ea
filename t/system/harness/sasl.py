"""The part of Dovecot that Postfix asks for logins, as far as SASL PLAIN goes: who tells the password
is in. smtpd_sasl_path may be inet:127.0.0.1:PORT."""
import base64
import socketserver
import threading

PASSWORD = "secret"
GREETING = "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nDONE\n"


class _Connection(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(GREETING.encode())
        for raw in self.rfile:
            word, *fields = raw.decode().rstrip("\n").split("\t")
            if word == "AUTH":
                self.wfile.write(verdict(*fields).encode())


def verdict(request, mechanism, *parameters):
    """The reply to AUTH."""
    response = dict(field.partition("=")[::2] for field in parameters).get("resp", "")
    _, user, password = base64.b64decode(response).decode().split("\0")
    assert mechanism == "PLAIN", mechanism
    return f"{'OK' if password == PASSWORD else 'FAIL'}\t{request}\tuser={user}\n"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Logins:
    def __init__(self):
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self.path = f"inet:127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
