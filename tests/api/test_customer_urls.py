"""Which URLs a customer may give, to be redirected to and to be called."""

from ipaddress import ip_network

import pytest
from django.conf import settings

from api.customer_urls import check_customer_url, check_receiver_url
from outbound.addresses import AddressRefused

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def production(settings) -> None:
    settings.ALLOW_HTTP_URLS, settings.WEBHOOK_ALLOWED_NETWORKS = False, ()


def is_allowed(check, url: str) -> bool:
    try:
        check(url)
    except AddressRefused as refused:
        return not refused.reason
    return True


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example.com",
        "HTTPS://Shop.Example.com/a/b?x=1&y=%20#done",
        "https://shop.example.com:8443/hooks",
        "https://bücher.example/ñ",
        "https://intranet/done",
        "https://10.1.2.3/done",
        "https://[2001:db8::1]:8443/done",
        "http://localhost:3000/done",
        "http://127.0.0.1/done",
    ],
)
def test_pages_that_a_browser_may_be_sent_to(url):
    assert is_allowed(check_customer_url, url)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("check", [check_customer_url, check_receiver_url])
@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example.com",
        "//shop.example.com",
        "https:shop.example.com",
        "https:///hooks",
        "https://",
        "https://:8443/",
        "ftp://shop.example.com",
        "javascript://shop.example.com/%0aalert(1)",
        "data:text/html,x",
        "http://shop.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.2/",
        "https://user@shop.example.com",
        "https://user:pass@shop.example.com",
        "https://@shop.example.com",
        "http://localhost@shop.example.com/",
        "https://shop.example.com /",
        " https://shop.example.com",
        "https://shop.example.com/a b",
        "https://shop.example.com/\tx",
        "https://shop.example.com/\r\nset-cookie:x",
        "https://shop.example.com/\x00",
        "https://shop.example.com/\u00a0",
        "https://shop.example.com/\u202e",
        "https://shop.example.com\\@evil.example",
        "https://shop.example.com:port/",
        "https://shop.example.com:99999/",
        "https://shop..example.com/",
        "https://-shop.example.com/",
        "https://shop.example.com./",
        "https://sh%6fp.example.com/",
        "https://a,b.example.com/",
        "https://[::1/",
        "https://[nonsense]/",
        "https://" + "a" * 250 + ".example.com/",
        "https://shop.example.com/" + "a" * 2048,
    ],
)
def test_what_is_no_url_of_a_customer(check, url):
    assert not is_allowed(check, url)


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    "url",
    [
        "https://10.1.2.3/",
        "https://127.0.0.1/",
        "http://127.0.0.1/",
        "http://localhost:9000/",
        "https://localhost/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://intranet/",
        "https://printer.local/",
        "https://shop.example.com:22/",
        "https://shop.example.com/#fragment",
    ],
)
def test_receivers_are_at_public_addresses(url):
    assert not is_allowed(check_receiver_url, url)


@pytest.mark.usefixtures("production")
def test_a_receiver_whose_name_is_not_known_yet_passes():
    assert is_allowed(check_receiver_url, "https://not-yet.gangway-docs.com/hooks")


def test_a_receiver_in_an_allowed_network_passes(settings):
    settings.ALLOW_HTTP_URLS, settings.WEBHOOK_ALLOWED_NETWORKS = False, LOOPBACK

    assert is_allowed(check_receiver_url, "http://127.0.0.1:9000/hooks")
    assert is_allowed(check_receiver_url, "http://localhost:9000/hooks")
    assert not is_allowed(check_receiver_url, "https://10.1.2.3/hooks")
    assert not is_allowed(check_receiver_url, "http://shop.example.com/hooks")


def test_other_http_where_the_deployment_allows_it(settings):
    settings.ALLOW_HTTP_URLS = True

    assert is_allowed(check_customer_url, "http://shop.example.com/done")


def test_the_platform_is_no_receiver_of_its_own_events():
    assert not is_allowed(check_receiver_url, f"{settings.PUBLIC_BASE_URL}/webhook")
    assert is_allowed(check_receiver_url, "http://localhost:8001/webhook")


def test_the_api_says_what_is_wrong_with_a_url(api):
    answer = api.post("outgoing-webhooks", {"url": "https://user:pass@shop.example.com", "events": ["*"]})

    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == [
        {"field": "url", "message": "The URL must not contain a user name or password.", "code": "url"}
    ]
