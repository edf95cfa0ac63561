"""What of a request and an answer may be kept: never a secret, never more than 2 KiB."""

import json

import pytest

from meta_graph.shown import LONGEST, shown, shown_answer, shown_path, shown_request

TOKEN, PIN = "plain-looking-token", "482913"
SECRETS = (TOKEN, PIN)


@pytest.mark.parametrize(
    "name", ["client_secret", "code", "input_token", "pin", "verify_token", "access_token"]
)
def test_a_request_hides_what_stands_under_a_secret_name(name):
    in_query, in_body = shown_request({name: "s3cr3t"}, {}, ()), shown_request({}, {name: "s3cr3t"}, ())

    assert in_query == json.dumps({"query": {name: "[...]"}})
    assert in_body == json.dumps({"body": {name: "[...]"}})


def test_a_proof_is_left_out_and_a_file_is_counted():
    assert shown_request({"appsecret_proof": "0a1b", "fields": "id"}, {}, (), file="12 bytes") == json.dumps(
        {"query": {"fields": "id"}, "file": "12 bytes"}
    )


def test_an_answer_hides_tokens_by_their_name_and_keeps_metas_error_code():
    answer = {"access_token": "s3cr3t", "error": {"code": 190, "message": "No"}, "token_type": "bearer"}

    assert json.loads(shown_answer(json.dumps(answer).encode(), ())) == {
        "access_token": "[...]", "error": {"code": 190, "message": "No"}, "token_type": "bearer",
    }  # fmt: skip


def test_what_is_secret_about_the_call_is_found_by_its_value_wherever_meta_quotes_it():
    quoted = {"error": {"message": f"Malformed access token {TOKEN}", "data": [f"PIN {PIN} is wrong"]}}

    text = shown_answer(json.dumps(quoted).encode(), SECRETS)

    assert "Malformed access token [...]" in text
    assert "PIN [...] is wrong" in text


def test_an_answer_that_is_no_json_shows_its_beginning_without_secrets():
    raw = f"<h1>502</h1>\x00 Bearer {TOKEN} ".encode() + b"\xff" + b"x" * 100_000

    text = shown_answer(raw, SECRETS)

    assert text.startswith("<h1>502</h1> Bearer [...]")
    assert "\x00" not in text
    assert len(text.encode()) == LONGEST


LONG = ({"data": [{"id": str(n)} for n in range(100_000)]}, ["é" * 5000], "x" * 9000)


@pytest.mark.parametrize("document", LONG)
def test_a_long_answer_is_cut_to_two_kibibytes(document):
    text = shown(document, ())

    assert LONGEST - 3 <= len(text.encode()) <= LONGEST
    assert text.endswith("…")


def test_a_text_as_long_as_a_file_is_only_counted():
    assert shown({"data": "x" * 1_000_000}, ()) == '{"data": "[1000000 characters]"}'


def test_a_text_that_no_database_takes_becomes_one_that_it_takes():
    assert shown(json.loads('"\\ud800 \\u0000"'), ()) == '"? \\u0000"'


def test_the_session_of_an_upload_shows_neither_itself_nor_its_signature():
    session = "upload:MTphdHRhY2htZW50OmY=?sig=ARZqkGCA"

    assert shown_path(session, ()) == "upload:[...]"
    assert shown({"id": session}, ()) == '{"id": "upload:[...]"}'


def test_no_part_of_an_uploads_session_is_left_whichever_letters_of_base64_it_has():
    session = "upload:MTph/dHR+h==?sig=ARZq/kGCA"

    assert shown_path(session, ()) == "upload:[...]"
    assert shown({"id": session}, ()) == '{"id": "upload:[...]"}'
    assert shown({"error": f"No {session} here"}, ()) == '{"error": "No upload:[...] here"}'


def test_a_secret_is_found_as_a_number_as_a_name_and_in_json_inside_of_a_text():
    inner = json.dumps({"access_token": "s3cr3t-of-somebody", "pin": PIN, "id": 7})
    answer = {"pin": int(PIN), "value": int(PIN), TOKEN: 1, "body": inner, "id": 7, "ok": True}

    text = shown_answer(json.dumps(answer).encode(), SECRETS)

    assert not [secret for secret in (*SECRETS, "s3cr3t-of-somebody") if secret in text]
    told = json.loads(text)
    assert (told["id"], told["ok"]) == (7, True)
    assert '"id": 7' in told["body"]
