"""Claims about the language of what end-users see, and of what they do not see."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from onboarding.languages import spoken
from tests.conftest import Api

pytestmark = pytest.mark.django_db
MakeLink = Callable[..., dict[str, Any]]
NOWHERE = "/signup/6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a"
CONNECT = {
    "en": "Connect your WhatsApp number",
    "es": "Conecte su número de WhatsApp",
    "pt": "Conecte seu número do WhatsApp",
    "he": "חיבור מספר ה\u2011WhatsApp שלכם",
    "ar": "اربط رقمك على واتساب",
    "fr": "Connectez votre numéro WhatsApp",
}


def opened(path: str, accepted: str = "") -> Any:
    return Client().get(path, headers={"Accept-Language": accepted} if accepted else {})


@pytest.mark.parametrize("language", CONNECT)
def test_the_page_speaks_the_links_language_whatever_the_browser_asks_for(make_link: MakeLink, language: str):
    link = make_link(language=language)

    answer = opened(f"/signup/{link['id']}", "fr" if language != "fr" else "he")

    direction = "rtl" if language in {"he", "ar"} else "ltr"
    text = answer.content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in text
    assert CONNECT[language] in text
    assert answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("pt-BR", "pt"),
        ("fr-CA,en;q=0.5", "fr"),
        ("iw-IL,en-US;q=0.9", "he"),
        ("de-DE,ar;q=0.4", "ar"),
        ("ja", "en"),
        ("", "en"),
    ],
)
def test_without_a_language_of_its_own_a_link_speaks_the_browsers(
    make_link: MakeLink, accepted: str, language: str
):
    answer = opened(f"/signup/{make_link()['id']}", accepted)

    assert CONNECT[language] in answer.content.decode()
    assert answer["Content-Language"] == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [("pt-BR", "pt"), ("es-419", "es"), ("fr-CA", "fr"), ("iw", "he"), ("iw-IL", "he"), ("zh-Hant", None)],
)
def test_variants_of_a_language_are_that_language(tag: str, language: str | None):
    assert spoken(tag) == language


def test_a_link_in_a_language_that_we_do_not_speak_leaves_the_choice_to_the_browser(make_link: MakeLink):
    answer = opened(f"/signup/{make_link(language='ja')['id']}", "fr")

    assert CONNECT["fr"] in answer.content.decode()


def test_metas_script_speaks_the_pages_language(make_link: MakeLink):
    answer = opened(f"/signup/{make_link(language='pt-BR')['id']}")

    assert "/pt_BR/sdk.js" in answer.content.decode()


@pytest.mark.parametrize(("language", "said"), [("es", "Esta página no existe"), ("he", "הדף הזה לא קיים")])
@pytest.mark.parametrize("path", [NOWHERE, "/signup/nothing", "/nothing"])
def test_what_is_not_there_is_said_in_the_browsers_language(path: str, language: str, said: str):
    answer = opened(path, language)

    assert answer.status_code == 404
    assert said in answer.content.decode()
    assert answer["Content-Language"] == language


def test_the_next_request_of_the_thread_has_its_own_language(make_link: MakeLink, api: Api):
    opened(f"/signup/{make_link(language='ar')['id']}", "ar")

    refused = api.post("onboarding-links", {}).json()["error"]

    assert refused["details"][0]["message"] == "This field is required."


def test_staff_read_english():
    answer = opened("/admin/login/", "he")

    assert 'dir="ltr"' in answer.content.decode()
    assert "Log in" in answer.content.decode()
