"""A peer that dribbles is waited for as long as it gets on, and not a byte longer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from otio_cometapi.comet import download as downloading
from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.client import Client, Timeouts
from otio_cometapi.comet.models import load_models
from otio_cometapi.comet.patience import Patience
from otio_cometapi.comet.request_builder import VideoInput, create_request
from otio_cometapi.errors import DownloadError, PollError
from otio_cometapi.records import Look, SubmitOutcome
from support.fake_clock import FakeClock

PATIENT_S = 0.4
LONG_S = 20.0


@contextmanager
def dribbling(head: bytes) -> Iterator[str]:
    """Serve every connection *head* at once and then a byte every tenth of a second, for good."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65_536)
                connection.sendall(head)
                while not stopped.wait(0.1):
                    connection.sendall(b" ")
            except OSError:
                return

    def accept() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        for thread in (accepting, *threads):
            thread.join(5)
        listener.close()


HEADS = {
    "in the body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
    "in the head": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "without a length": b"HTTP/1.1 200 OK\r\n\r\n",
}


def client_of(url: str) -> Client:
    """Return a client with little patience; every single byte comes well within it."""
    timeouts = Timeouts(connect_s=LONG_S, create_s=PATIENT_S, poll_s=PATIENT_S)
    return Client(url, key="sk-1", clock=FakeClock(), timeouts=timeouts)


@pytest.mark.timeout(LONG_S)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_create_that_is_answered_for_ever_is_ambiguous(head: bytes) -> None:
    """The answer is cut off in time, and nobody knows what became of the create."""
    look = Look(prompt="make it snow", model="gen4_aleph", seed=7)
    video = VideoInput(url="https://media.example.com/a.mp4")
    model = load_models()["gen4_aleph"]
    request = create_request(look, video=video, model=model, ratio="1280:720", allow_loopback=False)
    with dribbling(head) as url, client_of(url) as client:
        assert client.submit(request).outcome is SubmitOutcome.AMBIGUOUS


@pytest.mark.timeout(LONG_S)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_poll_that_is_answered_for_ever_is_asked_again(head: bytes) -> None:
    """It is no news of the task, twice over the same client."""
    with dribbling(head) as url, client_of(url) as client:
        for _ in range(2):
            with pytest.raises(PollError) as caught:
                client.retrieve("t-1", submitted_at=0.0)
            assert not caught.value.hopeless


@pytest.mark.timeout(LONG_S)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_download_that_never_gets_on_is_given_up(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that sends less than a piece in the time is a broken transfer; nothing is left behind."""
    monkeypatch.setattr(downloading, "_PIECE_S", PATIENT_S)
    monkeypatch.setattr(downloading, "_ATTEMPTS", 2)
    policy = AddressPolicy(allow_loopback=True)
    with dribbling(head) as url, pytest.raises(DownloadError):
        downloading.download((f"{url}/o.mp4",), into=tmp_path / "o.mp4", task_id="t", policy=policy, clock=FakeClock())
    assert list(tmp_path.iterdir()) == []


def test_progress_lengthens_patience() -> None:
    """As long as something is achieved nothing is cut; then it ends within a quarter more than was said."""
    waited = threading.Event()
    with Patience(0.4) as patience:
        for _ in range(8):
            waited.wait(0.1)
            patience.progress()
        assert not patience.ended
        waited.wait(0.8)
        assert patience.ended
