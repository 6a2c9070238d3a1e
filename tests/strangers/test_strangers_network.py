"""Proxies, companies' certificates, and addresses that lead where outputs cannot be: with real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest

from otio_cometapi.comet.addresses import AddressPolicy
from otio_cometapi.comet.client import Client
from otio_cometapi.comet.download import download
from otio_cometapi.comet.encoded_body import request_of
from otio_cometapi.errors import ApiError, DownloadError
from otio_cometapi.records import SubmitAnswer, SubmitOutcome, TaskStatus
from support.corporate import Company, Proxy
from support.fake_clock import FakeClock
from support.gateway import Asked, Host, Said
from support.raw_http import RawServer, reply

KEY = "sk-KEYKEYKEY-7f3a9d52c1"
SERVICE, FILES = "service.example", "files.example"
VIDEO = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 300
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass
class Network:
    """A company's proxy with the service and a file host behind it."""

    company: Company
    proxy: Proxy
    service: Host
    files: Host
    environment: pytest.MonkeyPatch

    def create(self, url: str = f"https://{SERVICE}") -> SubmitAnswer:
        """Send one create."""
        with Client(url, key=KEY, clock=FakeClock()) as client:
            return client.submit(request_of({"promptText": "snow"}, model="gen4_aleph"))

    def names_lead_here(self) -> None:
        """Let every name resolve to this machine, as a company's own name server might."""
        real = socket.getaddrinfo
        ports = {SERVICE: self.service.port, FILES: self.files.port}

        def found(host: str, port: int, *args: object, **more: object) -> object:
            return real("127.0.0.1", ports.get(host, port), *args, **more)  # type: ignore[arg-type]

        self.environment.setattr(socket, "getaddrinfo", found)


def service(asked: Asked) -> Said:
    """Answer creates and polls."""
    if asked.method == "POST":
        return Said.json(200, {"id": "task-1"})
    return Said.json(200, {"id": "task-1", "status": "SUCCEEDED", "output": [f"https://{FILES}/o.mp4?sig=SIGNED"]})


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """Yield a network whose proxy and certificates the environment names."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    company = Company(tmp_path)
    front, files = company.host(SERVICE, service), company.host(FILES, lambda _: Said(200, VIDEO))
    with front, files, Proxy({f"{SERVICE}:443": front.port, f"{FILES}:443": files.port}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(company.bundle))
        yield Network(company, proxy, front, files, monkeypatch)


def test_create_poll_and_download_go_through_the_proxy_under_the_companys_certificate(
    network: Network, tmp_path: Path
) -> None:
    """HTTPS_PROXY and REQUESTS_CA_BUNDLE carry all three; the proxy sees names and ciphertext, never the key."""
    answer = network.create()
    assert answer.outcome is SubmitOutcome.ACCEPTED, answer.message
    with Client(f"https://{SERVICE}", key=KEY, clock=FakeClock()) as client:
        snapshot = client.retrieve(answer.task_id, submitted_at=0.0)
    assert snapshot.status is TaskStatus.SUCCEEDED
    into = tmp_path / "o.mp4"
    download(snapshot.output_urls, into=into, task_id="task-1", policy=AddressPolicy(), clock=FakeClock())
    assert into.read_bytes() == VIDEO
    assert network.proxy.asked_for == [f"{SERVICE}:443", f"{SERVICE}:443", f"{FILES}:443"]
    seen = "".join(network.proxy.heads).encode() + network.proxy.tunnelled
    assert KEY.encode() not in seen
    assert b"SIGNED" not in seen
    assert [KEY in host.everything for host in (network.service, network.files)] == [True, False]


def test_without_the_companys_certificate_nothing_is_sent(network: Network) -> None:
    """A server under an unknown authority, such as a company that reads along, gets neither key nor request."""
    network.environment.delenv("REQUESTS_CA_BUNDLE")
    answer = network.create()
    assert answer.outcome is SubmitOutcome.STOP_RUN
    assert "nothing was sent" in answer.message
    assert "certificate is not trusted" in answer.message
    assert network.service.asked == []


def test_a_bundle_that_is_not_there_is_named(network: Network, tmp_path: Path) -> None:
    """A wrong REQUESTS_CA_BUNDLE is told with variable and path, and nothing is sent."""
    network.environment.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    answer = network.create()
    assert answer.outcome is SubmitOutcome.STOP_RUN
    assert "REQUESTS_CA_BUNDLE" in answer.message
    assert "gone.pem" in answer.message
    assert network.service.asked == []


@pytest.mark.parametrize("exempt", [SERVICE, ".example", "other, service.example", "*"])
def test_no_proxy_goes_past_the_proxy(network: Network, exempt: str) -> None:
    """A host that NO_PROXY names, or whose domain it names, is connected to directly."""
    network.environment.setenv("NO_PROXY", exempt)
    network.names_lead_here()
    assert network.create().outcome is SubmitOutcome.ACCEPTED
    assert network.proxy.heads == []


def test_this_machine_is_never_asked_for_at_a_proxy(network: Network) -> None:
    """A simulator on loopback is reached directly, whatever the environment says; plain http never leaves."""
    network.environment.setenv("HTTP_PROXY", network.proxy.url)
    with RawServer(reply(200, {"id": "task-1"})) as simulator:
        assert network.create(simulator.url).outcome is SubmitOutcome.ACCEPTED
    assert network.proxy.heads == []


def test_a_proxys_password_goes_to_the_proxy_alone(network: Network) -> None:
    """Credentials in HTTPS_PROXY open the proxy; the service behind it does not see them."""
    with Proxy({f"{SERVICE}:443": network.service.port}, password="editor:PROXYWORD") as proxy:
        network.environment.setenv("HTTPS_PROXY", proxy.url.replace("//", "//editor:PROXYWORD@"))
        assert network.create().outcome is SubmitOutcome.ACCEPTED
    assert "roxy" not in network.service.everything


def test_a_proxy_that_refuses_is_told_without_its_password(network: Network) -> None:
    """A wrong password at the proxy stops the run before anything is sent, and is not repeated."""
    with Proxy({}, password="editor:right") as proxy:
        network.environment.setenv("HTTPS_PROXY", proxy.url.replace("//", "//editor:PROXYWORD@"))
        answer = network.create()
    assert answer.outcome is SubmitOutcome.STOP_RUN
    assert "proxy" in answer.message
    assert "PROXYWORD" not in answer.message + answer.next_step
    assert KEY not in "".join(proxy.heads)


METADATA = "169.254.169.254"


@dataclass(frozen=True)
class PublicFrom(AddressPolicy):
    """The policy for the public service, with one server on this machine that stands for a public file host."""

    first: str = ""

    def check_url(self, url: str) -> SplitResult:
        """Pass the first hop."""
        return urlsplit(url) if url == self.first else AddressPolicy.check_url(self, url)

    def check_peer(self, address: str, *, url: str) -> None:
        """Pass the first hop."""
        if url != self.first:
            AddressPolicy.check_peer(self, address, url=url)


@pytest.mark.parametrize("name", ["cdn.example", "metadata.google.internal", "a.b.c.example"])
def test_a_name_that_leads_inside_gets_not_one_byte(network: Network, tmp_path: Path, name: str) -> None:
    """What the connected peer is decides: a public-looking name that resolves to a private address is refused."""
    network.environment.delenv("HTTPS_PROXY")
    network.names_lead_here()
    with RawServer(reply(200, VIDEO)) as inside:
        url = f"https://{name}:{inside.port}/o.mp4?sig=SIGNED"
        with pytest.raises(DownloadError, match="not a public address") as caught:
            download((url,), into=tmp_path / "o", task_id="t", policy=AddressPolicy(), clock=FakeClock())
    assert inside.bytes_received == 0
    assert "SIGNED" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
     "[64:ff9b::7f00:1]", "[2002:7f00:1::]", METADATA, "2852039166", "0xa9fea9fe", "0251.0376.0251.0376",
     "[::ffff:169.254.169.254]", "[fe80::1]", "[fd00:ec2::254]", "10.0.0.1", "192.168.1.1", "100.100.100.200", "0"],
)  # fmt: skip
def test_a_redirect_to_an_address_inside_is_not_followed(tmp_path: Path, host: str) -> None:
    """However it is spelled, a private, link-local or metadata address that an output redirects to is refused."""
    with RawServer(reply(302, headers={"location": f"https://{host}/latest/meta-data"})) as outside:
        first = f"{outside.url}/o"
        with pytest.raises(DownloadError, match="was not opened") as caught:
            download((first,), into=tmp_path / "o", task_id="t", policy=PublicFrom(first=first), clock=FakeClock())
        assert outside.connections == 1
    assert "public" in str(caught.value) or "disguise" in str(caught.value)


def test_a_plain_http_name_that_leads_elsewhere_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """`http://localhost` that a name server sends to another machine is noticed before the key leaves."""
    with RawServer(reply(200, {"id": "task-1"})) as server:
        monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("203.0.113.7", server.port))
        with Client(f"http://localhost:{server.port}", key=KEY, clock=FakeClock()) as client:
            answer = client.submit(request_of({"promptText": "snow"}, model="gen4_aleph"))
            with pytest.raises(ApiError, match="another machine"):
                client.retrieve("task-1", submitted_at=0.0)
        assert server.bytes_received == 0
    assert answer.outcome is SubmitOutcome.STOP_RUN
    assert "another machine" in answer.message
