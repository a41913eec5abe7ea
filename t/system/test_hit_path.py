"""What an answer from the cache costs: one call to receive the request, one to send the reply, and no
memory."""
import pytest

from harness.memory import IS_SANITIZED
from harness.preload import preload
from harness.socketmap import request

pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="AddressSanitizer has an allocator of its own")

MORE = 5000
KEY = ("mailboxes", "email1@example.com")

# Allocations, receives, sends. To connect to the database takes a few more at one time than at another.
A_CALL_EACH = pytest.approx([0, 1, 1], abs=0.01)


@pytest.fixture(name="cost")
def cost_fixture(vmapd):
    """A function: what it takes more for each time more that so many requests are sent together."""
    daemon = vmapd.new()
    counts = f"{daemon.directory}/counts"
    daemon.process.env.update(LD_PRELOAD=preload("count_calls", daemon.directory),
                              COUNT_CALLS=counts)

    def live(times, together):
        daemon.start()
        with daemon.client() as client:
            for _ in range(times):
                client.send(request(*KEY) * together)
                for _ in range(together):
                    assert client.receive() == ("OK", "1")
        assert daemon.process.stop() == 0
        with open(counts, encoding="ascii") as file:
            return [int(word) for word in file.read().split()]

    def cost(together):
        few, many = live(100, together), live(100 + MORE, together)
        return [(b - a) / MORE for a, b in zip(few, many, strict=True)]

    return cost


def test_one_request_at_a_time(cost):
    assert cost(1) == A_CALL_EACH


def test_several_requests_at_a_time(cost):
    assert cost(10) == A_CALL_EACH
