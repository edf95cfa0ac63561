"""Files: whole on the way up, piece by piece on the way down, and the token to Meta's hosts alone."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from typing import Any

import pytest

from meta_graph import media
from meta_graph.errors import Broken, Cause, GraphError
from tests.meta_graph.conftest import BASE
from tests.outbound.peers import Peer, answering, dripping, peer, silent

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 50_000


def upload(token, **changes) -> str:
    given: dict[str, Any] = {"content": io.BytesIO(PICTURE), "mime_type": "image/png", "filename": "menu.png"}
    return media.upload(phone_number_id="22", token=token, **(given | changes))


def taking_in(bodies: list[bytes]):
    """Keeps what comes, head and body, and answers with an id."""

    def behave(serving: Peer, sock: socket.socket) -> None:
        read = b""
        while not read.endswith(b"--\r\n"):
            piece = sock.recv(65536)
            if not piece:
                return
            read += piece
        bodies.append(read)
        sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id":"66"}')

    return behave


@pytest.fixture
def taken(settings) -> Iterator[list[bytes]]:
    bodies: list[bytes] = []
    with peer(taking_in(bodies)) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        yield bodies


def parts_of(request: bytes) -> dict[str, tuple[str | None, bytes]]:
    """Name -> (file name, content), as a server reads them."""
    head, _, body = request.partition(b"\r\n\r\n")
    line = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type:"))
    parts: Any = message_from_bytes(line + b"\r\n\r\n" + body).get_payload()
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in parts
    }


def test_a_file_goes_up_as_a_form_with_its_type(taken, token):
    found = upload(token)

    parts = parts_of(taken[0])
    assert found == "66"
    assert parts["messaging_product"] == (None, b"whatsapp")
    assert parts["type"] == (None, b"image/png")
    assert parts["file"] == ("menu.png", PICTURE)


def test_a_file_goes_up_from_where_its_stream_stands(taken, token):
    content = io.BytesIO(b"skipped" + PICTURE)
    content.seek(7)

    upload(token, content=content)

    assert parts_of(taken[0])["file"][1] == PICTURE


@pytest.mark.parametrize("mime_type", ["audio/ogg; codecs=opus", "application/vnd.a+b!c", "image/svg+xml"])
def test_a_type_may_have_parameters_and_odd_names(taken, token, mime_type):
    upload(token, mime_type=mime_type)

    assert parts_of(taken[0])["type"] == (None, mime_type.encode())


def test_a_file_name_cannot_add_to_the_form(taken, token):
    upload(token, filename='a"\r\nContent-Type: text/html\r\n\r\n.png')

    assert set(parts_of(taken[0])) == {"messaging_product", "type", "file"}
    assert b'filename="a%22%0D%0AContent-Type: text/html%0D%0A%0D%0A.png"' in taken[0]


@pytest.mark.parametrize("mime_type", ["", "png", "image/png\r\nX: 1", "image/png; charset"])
def test_what_is_no_mime_type_is_not_sent(token, mime_type):
    with pytest.raises(ValueError, match="not a MIME type"):
        upload(token, mime_type=mime_type)


def reading_slowly(serving: Peer, sock: socket.socket) -> None:
    """Takes a bit at a time, longer in all than one call may take, but never stands still."""
    end, started = b"", time.monotonic()
    while not end.endswith(b"--\r\n"):
        end = end[-4:] + sock.recv(262_144)
        if time.monotonic() - started < 1.2:
            time.sleep(0.05)
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id":"66"}')


def test_an_upload_may_take_longer_than_a_call_while_it_moves(settings, token):
    settings.META_REQUEST_TIMEOUT = 0.6
    with peer(reading_slowly) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        assert upload(token, content=io.BytesIO(bytes(24_000_000))) == "66"


def taking_nothing(serving: Peer, sock: socket.socket) -> None:
    serving.stopped.wait(30)


def test_an_upload_that_stands_still_is_left(settings, token):
    settings.META_REQUEST_TIMEOUT = 0.5
    started = time.monotonic()
    with peer(taking_nothing) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"

        with pytest.raises(GraphError) as caught:
            upload(token, content=io.BytesIO(bytes(20_000_000)))

    assert caught.value.broken is not None
    assert time.monotonic() - started < 5


def test_a_file_is_found_with_what_meta_knows_of_it(graph, token):
    url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=66"
    known = {"messaging_product": "whatsapp", "url": url, "mime_type": "image/png", "sha256": "ab"}
    graph.get(BASE + "/66", json={**known, "file_size": "303", "id": "66"})

    info = media.read(media_id="66", phone_number_id="22", token=token)

    assert info == media.MediaInfo("66", url, "image/png", "ab", 303)


def test_a_deleted_file_is_gone(graph, token):
    refusal = {"message": "Unsupported get request", "code": 100, "error_subcode": 33}
    graph.get(BASE + "/66", status=400, json={"error": refusal})

    with pytest.raises(GraphError) as caught:
        media.read(media_id="66", phone_number_id="22", token=token)

    assert caught.value.cause is Cause.OBJECT_GONE


def served(body: bytes, *headers: bytes, status: bytes = b"200 OK"):
    head = b"\r\n".join((b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers))
    return answering(head + b"\r\n\r\n" + body)


def fetched(settings, token, behave, max_bytes: int = 10_000_000) -> bytes:
    """A whole download from a peer that stands for Graph's own origin, as the sandbox does."""
    with peer(behave) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        url = f"{settings.META_GRAPH_URL}/file?x=1"
        with media.download(url=url, token=token, max_bytes=max_bytes) as found:
            return b"".join(found.chunks)


def failure(settings, token, behave, **options) -> GraphError:
    with pytest.raises(GraphError) as caught:
        fetched(settings, token, behave, **options)
    return caught.value


def test_a_file_comes_down_whole(settings, token):
    with peer(served(PICTURE, b"Content-Type: image/png")) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        url = f"{settings.META_GRAPH_URL}/file"
        with media.download(url=url, token=token, max_bytes=len(PICTURE)) as found:
            content = b"".join(found.chunks)

    assert (found.content_type, found.length, content) == ("image/png", len(PICTURE), PICTURE)
    assert f"Authorization: Bearer {token.value}".encode() in serving.heads[0]


@pytest.mark.parametrize("status", [b"302 Found", b"404 Not Found", b"500 Sorry", b"206 Partial"])
def test_what_is_no_file_is_a_failure_with_its_status(settings, token, status):
    behave = served(b"<html>", b"Location: https://elsewhere.example.com/", status=status)

    assert failure(settings, token, behave).http_status == int(status[:3])


def test_a_file_that_says_it_is_too_long_is_not_read(settings, token):
    assert failure(settings, token, served(PICTURE), max_bytes=10).broken is Broken.MALFORMED


def test_a_file_that_hides_its_length_is_cut_at_the_limit(settings, token):
    endless = dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)

    assert failure(settings, token, endless, max_bytes=200_000).broken is Broken.UNREACHABLE


@pytest.mark.parametrize(
    ("behave", "broken"),
    [
        pytest.param(answering(HALF), Broken.UNREACHABLE, id="half"),
        pytest.param(dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), Broken.TIMEOUT, id="drips"),
        pytest.param(silent, Broken.TIMEOUT, id="silent"),
    ],
)
def test_a_download_that_does_not_move_ends_in_time(settings, token, behave, broken):
    settings.META_REQUEST_TIMEOUT = 0.5
    started = time.monotonic()

    error = failure(settings, token, behave)

    assert error.broken is broken
    assert time.monotonic() - started < 5


def moving_slowly(serving: Peer, sock: socket.socket) -> None:
    serving.read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 524288\r\n\r\n")
    for _ in range(8):
        time.sleep(0.15)
        sock.sendall(bytes(65536))


def test_a_download_may_take_longer_than_a_call_while_it_moves(settings, token):
    settings.META_REQUEST_TIMEOUT = 0.6

    assert len(fetched(settings, token, moving_slowly)) == 524288


def test_a_slow_reader_is_not_metas_fault(settings, token):
    settings.META_REQUEST_TIMEOUT = 0.4
    body = bytes(3 * 65536)
    with peer(served(body)) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        with media.download(url=settings.META_GRAPH_URL, token=token, max_bytes=len(body)) as found:
            first = next(found.chunks)
            time.sleep(1)
            rest = b"".join(found.chunks)

    assert first + rest == body


def answering_the_second_slowly(serving: Peer, sock: socket.socket) -> None:
    for pause, body in ((0, b"pixels"), (1.2, b'{"id":"66","url":"https://lookaside.fbsbx.com/x"}')):
        serving.read_request(sock)
        time.sleep(pause)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_a_file_that_was_read_leaves_its_connection_to_others(settings, token):
    settings.META_REQUEST_TIMEOUT = 0.5
    with peer(answering_the_second_slowly) as serving:
        settings.META_GRAPH_URL = f"http://127.0.0.1:{serving.port}"
        with media.download(url=settings.META_GRAPH_URL, token=token, max_bytes=10) as found:
            assert b"".join(found.chunks) == b"pixels"
            settings.META_REQUEST_TIMEOUT = 5

            assert media.read(media_id="66", phone_number_id="22", token=token).id == "66"

    assert serving.connections == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com.evil.example.com/x",
        "https://evilfbsbx.com/x",
        "https://lookaside.fbsbx.com@evil.example.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://lookaside.fbsbx.com\\@evil.example.com/x",
        "https://[::1/x",
        "//lookaside.fbsbx.com/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_token_goes_to_metas_hosts_alone(graph, token, url):
    with (
        pytest.raises(GraphError, match="not Meta's"),
        media.download(url=url, token=token, max_bytes=10),
    ):
        pytest.fail("it was opened")


@pytest.mark.parametrize(
    "host", ["lookaside.fbsbx.com", "scontent.xx.fbcdn.net", "mmg.whatsapp.net", "graph.example.com"]
)
def test_files_come_from_metas_hosts(graph, token, host):
    graph.get(f"https://{host}/file", body=b"pixels")

    with media.download(url=f"https://{host}/file", token=token, max_bytes=10) as found:
        assert b"".join(found.chunks) == b"pixels"


@pytest.mark.parametrize("status", [200, 404])
def test_a_download_is_a_line_of_the_log_without_url_and_token(graph, token, caplog, status):
    url = "https://lookaside.fbsbx.com/attachments/?mid=66&hash=ATsecret"
    graph.get(url, body=b"pixels", status=status)

    with suppress(GraphError), media.download(url=url, token=token, max_bytes=10) as found:
        b"".join(found.chunks)

    line = caplog.records[-1].msg
    assert isinstance(line, dict)
    assert (line["event"], line["call"], line["status"]) == ("graph_call", "download_media", status)
    assert not [secret for secret in (token.value, "ATsecret", "fbsbx") if secret in caplog.text]
