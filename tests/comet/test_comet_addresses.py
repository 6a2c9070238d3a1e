"""Which addresses are public, which are this machine, and what of a URL may be shown."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from otio_cometapi.comet.addresses import (
    AddressPolicy,
    AddressRefusedError,
    is_loopback_url,
    is_public,
    shown_url,
)

PUBLIC = AddressPolicy()
LOCAL = AddressPolicy(allow_loopback=True)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_addresses_are_public(address: str) -> None:
    """Ordinary addresses, and those of IPv6 that lead to ordinary ones."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::",
        "2002:a00:1::", "2001:db8::1", "2001:0:4136:e378::1", "::127.0.0.1", "64:ff9b:1::1",
    ],
)  # fmt: skip
def test_every_other_address_is_not(address: str) -> None:
    """Private, link-local, shared, reserved and documentation ranges, also wrapped in IPv6."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.com/o.mp4?_jwt=abc",
        "https://cdn.example.com:8443/o.mp4",
        "https://8.8.8.8/o.mp4",
        "https://[2606:4700::1111]/o.mp4",
    ],
)
def test_public_https_is_opened(url: str) -> None:
    """An output may be anywhere public."""
    assert PUBLIC.check_url(url).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.example.com/o.mp4", "http://127.0.0.1/o.mp4", "https://127.0.0.1/o.mp4", "https://[::1]/o.mp4",
        "https://10.0.0.1/o.mp4", "https://169.254.169.254/latest/meta-data", "https://2130706433/", "https://127.1/",
        "https://0177.0.0.1/", "https://0x7f000001/", "https://[::ffff:10.0.0.1]/", "https://user:p@cdn.example.com/o",
        "file:///etc/passwd", "ftp://cdn.example.com/o", "https://", "", "https://a b/", "https://cdn.example.com\\@x/",
        "https://[fe80::1%25eth0]/", "https://cdn.example.com:99999/", "https://1.2.3.4.5/",
    ],
)  # fmt: skip
def test_everything_else_is_not_opened(url: str) -> None:
    """Plain http, private and disguised addresses, user names and other schemes are refused by the text alone."""
    with pytest.raises(AddressRefusedError):
        PUBLIC.check_url(url)


def test_this_machine_is_opened_only_while_it_is_the_service() -> None:
    """Loopback outputs belong to a loopback service; its private neighbours do not."""
    for url in ("http://127.0.0.1:5000/o.mp4", "http://localhost:5000/o.mp4", "http://[::1]:5000/o.mp4"):
        assert LOCAL.check_url(url).hostname
    for url in ("http://192.168.0.1/o.mp4", "https://10.0.0.1/o", "http://cdn.example.com/o", "http://127.1/o"):
        with pytest.raises(AddressRefusedError):
            LOCAL.check_url(url)


@pytest.mark.parametrize(
    ("base_url", "loopback"),
    [
        ("http://127.0.0.1:5000", True),
        ("http://localhost", True),
        ("http://LOCALHOST.:80", True),
        ("https://[::1]:5000", True),
        ("http://127.8.9.1", True),
        ("https://api.cometapi.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://[::1", False),
    ],
)
def test_a_loopback_base_url_is_recognised(base_url: str, loopback: bool) -> None:
    """Only this machine is this machine, however a name begins."""
    assert loopback == is_loopback_url(base_url)
    assert AddressPolicy(allow_loopback=loopback) == AddressPolicy.for_base_url(base_url)


@pytest.mark.parametrize("peer", ["not an address", "", "10.0.0.1", "127.0.0.1", "::1%lo"])
def test_a_peer_that_is_not_public_is_refused(peer: str) -> None:
    """The address that a connection really has counts, not the name."""
    with pytest.raises(AddressRefusedError):
        PUBLIC.check_peer(peer, url="https://cdn.example.com/o.mp4?_jwt=SECRET")


def test_urls_are_shown_without_their_secrets() -> None:
    """Scheme, host, port and path; neither user name nor query nor fragment."""
    assert (
        shown_url("https://me:PASS@h.example.com:8443/a/b.mp4?sig=SECRET#x") == "https://h.example.com:8443/a/b.mp4?…"
    )
    assert shown_url("https://[2606:4700::1]/a") == "https://[2606:4700::1]/a"
    assert shown_url("what is this?") == "the given URL"
