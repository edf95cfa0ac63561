"""Our texts, held against what Meta takes: https://developers.facebook.com/docs/whatsapp/message-templates."""

import re
from typing import Any

import pytest
from django.conf import settings

from onboarding.starter_templates.rows import NAMES
from onboarding.starter_templates.templates import FOLDER, Template, read, sample, template_of

LANGUAGES = [code for code, _ in settings.LANGUAGES]
META_CODES = {"en": "en", "es": "es", "pt": "pt_BR", "he": "he", "ar": "ar", "fr": "fr"}
ALL = [(language, name) for language in LANGUAGES for name in NAMES]
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
# Meta refuses a body with too few words for its variables.
WORDS_A_VARIABLE = 3
# Letters of each script: a text of another language than its file says is noticed.
SCRIPTS = {"he": r"[\u0590-\u05ff]", "ar": r"[\u0600-\u06ff]"}


def part(template: Template, kind: str) -> dict[str, Any]:
    (found,) = [one for one in template.components if one["type"] == kind]
    return found


def texts(template: Template) -> list[str]:
    buttons = part(template, "BUTTONS")["buttons"]
    return [
        part(template, "BODY")["text"],
        part(template, "FOOTER")["text"],
        *(button["text"] for button in buttons),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_that_we_speak_has_every_template(language: str) -> None:
    assert tuple(read(language)) == NAMES
    assert {one.language_code for one in read(language).values()} == {META_CODES[language]}


def test_no_set_is_there_that_nobody_can_ask_for() -> None:
    assert sorted(file.stem for file in (FOLDER / "sets").iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize(("language", "name"), ALL)
def test_names_categories_and_parts_are_metas(language: str, name: str) -> None:
    template = read(language)[name]

    kinds = [one["type"] for one in template.components]
    assert re.fullmatch(r"[a-z0-9_]{1,512}", template.name)
    assert template.category in {"MARKETING", "UTILITY"}
    assert kinds == [*["HEADER"] * (name == "send_file"), "BODY", "FOOTER", "BUTTONS"]


@pytest.mark.parametrize(("language", "name"), ALL)
def test_texts_are_as_short_as_meta_wants_them(language: str, name: str) -> None:
    template = read(language)[name]
    body, footer, *buttons = texts(template)

    assert 0 < len(body) <= 1024
    assert 0 < len(footer) <= 60
    assert 1 <= len(buttons) <= 3
    assert all(0 < len(text) <= 25 for text in buttons)
    assert len(set(buttons)) == len(buttons)
    assert not any(VARIABLE.search(text) for text in (footer, *buttons))


@pytest.mark.parametrize(("language", "name"), ALL)
def test_variables_are_counted_up_exemplified_and_never_at_an_end(language: str, name: str) -> None:
    body = part(read(language)[name], "BODY")
    variables = VARIABLE.findall(body["text"])
    before, *_, after = VARIABLE.split(body["text"])

    assert variables == [str(number) for number in range(1, len(variables) + 1)]
    assert [len(row) for row in body["example"]["body_text"]] == [len(variables)]
    assert all(body["example"]["body_text"][0])
    # Meta does not count what is no letter.
    assert re.search(r"\w", before)
    assert re.search(r"\w", after)
    assert len(re.findall(r"\w+", VARIABLE.sub("", body["text"]))) > WORDS_A_VARIABLE * len(variables)
    assert not re.search(r"\}\}\s*\{\{", body["text"])


@pytest.mark.parametrize("name", NAMES)
def test_all_languages_take_the_same(name: str) -> None:
    """So that one piece of a client's code sends them all."""
    shapes = set()
    for language in LANGUAGES:
        template = read(language)[name]
        buttons = part(template, "BUTTONS")["buttons"]
        variables = len(VARIABLE.findall(part(template, "BODY")["text"]))
        shapes.add((template.name, template.category, variables, tuple(one["type"] for one in buttons)))

    assert len(shapes) == 1


@pytest.mark.parametrize(("language", "script"), SCRIPTS.items())
@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_in_the_script_of_its_language(language: str, script: str, name: str) -> None:
    assert all(re.search(script, text) for text in texts(read(language)[name]))


def test_no_two_languages_have_the_same_text() -> None:
    bodies = [part(read(language)[name], "BODY")["text"] for language, name in ALL]

    assert len(set(bodies)) == len(bodies)


@pytest.mark.parametrize(
    ("tag", "code"),
    [("he", "he"), ("iw", "he"), ("pt-PT", "pt_BR"), ("es-419", "es"), ("FR-ca", "fr"), ("de", "en"),
     (None, "en"), ("", "en"), ("no language", "en")],
)  # fmt: skip
def test_a_links_language_decides_and_english_stands_in(tag: str | None, code: str) -> None:
    assert template_of("welcome", tag).language_code == code


def test_the_sample_is_a_whole_document() -> None:
    assert sample().startswith(b"%PDF-1.")
    assert sample().endswith(b"%%EOF\n")
    table = int(re.findall(rb"startxref\n(\d+)", sample())[0])
    assert sample()[table:].startswith(b"xref\n0 6\n")
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n", sample()), 1):
        assert sample()[int(offset) :].startswith(b"%d 0 obj" % number)
