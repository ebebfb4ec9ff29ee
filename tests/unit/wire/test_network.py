"""Which way a request goes: proxies, and what is refused before anything is opened."""

import pytest

from bucketpass.wire.client import HttpRequest
from bucketpass.wire.network import Network, parsed_proxy, proxy_authorization
from bucketpass.wire.url import parse_url

PROXIED = {"HTTPS_PROXY": "http://proxy:3128", "HTTP_PROXY": "http://plain:3128", "NO_PROXY": "corp.test, .internal,10.0.0.0/8"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://sts.us-east-1.amazonaws.com/", "http://proxy:3128"),
        ("http://sts.test/", "http://plain:3128"),
        ("https://corp.test/", ""),
        ("https://sts.corp.test/", ""),
        ("https://notcorp.test/", "http://proxy:3128"),
        ("https://a.internal/", ""),
        ("http://10.1.2.3/", ""),
        ("http://127.0.0.1:8080/", ""),
        ("http://169.254.169.254/", ""),
        ("http://localhost/", ""),
        ("https://127.example.com/", "http://proxy:3128"),
        ("https://169.254.example.com/", "http://proxy:3128"),
    ],
)
def test_the_proxy_is_the_one_for_the_scheme_unless_no_proxy_names_the_host(url: str, proxy: str) -> None:
    assert Network.from_variables(PROXIED).proxy_for(parse_url(url)) == proxy


def test_a_cgi_program_does_not_take_the_proxy_that_its_caller_names() -> None:
    network = Network.from_variables({"REQUEST_METHOD": "GET", "HTTP_PROXY": "http://evil:1"})
    assert network.proxy_for(parse_url("http://sts.test/")) == ""


@pytest.mark.parametrize("url", ["http://host:port/", "http://host:99999/", "http://b\u00fccher.test/"])
def test_an_address_that_cannot_be_one_is_a_connection_error(url: str) -> None:
    with pytest.raises(ConnectionError, match="not a host and port"):
        Network().send(HttpRequest("GET", url), timeout=1)


def test_an_address_that_is_neither_http_nor_https_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(ConnectionError, match="not an http or https"):
        Network().send(HttpRequest("GET", "file:///etc/passwd"), timeout=1)


def test_a_proxy_is_told_the_user_and_the_password_of_its_address() -> None:
    proxy = parsed_proxy("http://user:p%40ss@proxy.test:3128")
    assert proxy is not None
    assert proxy_authorization(proxy) == (("Proxy-Authorization", "Basic dXNlcjpwQHNz"),)
    assert "p%40ss" not in repr(proxy)


def test_a_proxy_may_be_named_without_its_scheme() -> None:
    proxy = parsed_proxy("proxy.test:3128")
    assert proxy is not None
    assert (proxy.scheme, proxy.host, proxy.port, proxy_authorization(proxy)) == ("http", "proxy.test", 3128, ())
    assert parsed_proxy("") is None


@pytest.mark.parametrize("proxy", ["https://user:secret@proxy.test", "socks5://user:secret@proxy.test", "http://user:secret@:1"])
def test_a_proxy_that_cannot_be_gone_through_is_an_error_that_does_not_show_its_password(proxy: str) -> None:
    with pytest.raises(ConnectionError) as error:
        parsed_proxy(proxy)
    assert "secret" not in str(error.value)
