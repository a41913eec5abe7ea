"""Servers that the tests of a file share."""
import contextlib


@contextlib.contextmanager
def serving(show_logs, servers, *logs):
    """Started, and stopped at the end. A failure of a test meanwhile shows the logs."""
    show_logs.extend(logs)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()
        for log in logs:
            show_logs.remove(log)
