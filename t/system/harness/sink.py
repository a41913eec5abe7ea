"""An LMTP and SMTP server that takes every message and remembers for whom it was."""
import re
import socketserver
import threading

CAPABILITIES = "250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING"
REPLIES = {
    "LHLO": CAPABILITIES, "EHLO": CAPABILITIES,
    "MAIL": "250 ok", "RCPT": "250 ok", "RSET": "250 ok", "NOOP": "250 ok",
}


class _Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.reply("220 sink")
        sender, recipients = "", []
        is_smtp = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            verb = line[:4].upper()
            is_smtp = is_smtp or verb == "EHLO"
            if verb == "MAIL":
                sender, recipients = address_of(line), []
            elif verb == "RCPT":
                recipients.append(address_of(line))
            if verb == "DATA":
                self.reply("354 go on")
                tag = self.read_message()
                self.server.sink.remember(tag, sender, recipients)
                for _ in recipients[:1] if is_smtp else recipients:
                    self.reply("250 taken")
            elif verb == "QUIT":
                self.reply("221 bye")
                return
            else:
                self.reply(REPLIES.get(verb, "500 what?"))

    def read_message(self):
        """Read up to the lone dot; the value of the first X-Tag header (also in a bounce)."""
        tag = None
        for raw in self.rfile:
            line = raw.decode(errors="replace").rstrip("\r\n")
            if line == ".":
                break
            if tag is None and line.startswith("X-Tag: "):
                tag = line[len("X-Tag: "):]
        return tag

    def reply(self, text):
        self.wfile.write(text.encode() + b"\r\n")


def address_of(line):
    """The address of MAIL FROM:<...> or RCPT TO:<...>, quotes and all."""
    return re.match(r"[^<]*<(.*)>", line).group(1)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Sink:
    def __init__(self):
        self._messages = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.sink = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def remember(self, tag, sender, recipients):
        with self._lock:
            self._messages.setdefault(tag, []).extend((sender, to) for to in recipients)

    def deliveries(self, tag):
        """(sender, recipient) of every copy of the message with that X-Tag header."""
        with self._lock:
            return list(self._messages.get(tag, []))

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
