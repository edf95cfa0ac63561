"""Claims about the catalogues: every text, in every language, compiled."""

import re
import shutil
from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings

from development import catalogues

LANGUAGES = ["es", "pt", "he", "ar", "fr"]
ROOT = Path(settings.BASE_DIR)
# A page's script has no words of its own, but for those that nobody sees.
SENTENCE = re.compile(r"""["'`][A-Z][a-z]+ [a-z]+ [^"'`]*["'`]""")


def test_each_language_of_the_settings_has_a_catalogue():
    assert catalogues.languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_text_of_code_and_templates(language: str):
    assert catalogues.problems(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_made_of_the_one_that_people_edit(language: str):
    """By its content: a checkout gives both files the same age."""
    made = catalogues.source_of(language).with_suffix(".mo").read_bytes()

    assert made == catalogues.compiled(language), "run manage.py update_catalogues"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"msgstr": ""}, "not translated"),
        ({"flags": ["fuzzy"]}, "marked fuzzy"),
        ({"msgstr": "Sin nombre"}, "other placeholders"),
        ({"msgid": "Another <bdi>%(name)s</bdi>"}, "not in the catalogue"),
        ({"msgid": "Another <bdi>%(name)s</bdi>"}, "no longer used"),
    ],
)
def test_what_is_wrong_with_a_catalogue_is_found(
    tmp_path: Path, settings: Any, change: dict[str, Any], said: str
):
    shutil.copytree(ROOT / "locale", tmp_path / "locale")
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    path = str(catalogues.source_of("es"))
    catalogue = polib.pofile(path)
    entry = catalogue.find("Back to <bdi>%(name)s</bdi>")
    for name, value in change.items():
        setattr(entry, name, value)
    catalogue.save(path)

    assert [one.partition(":")[0] for one in catalogues.problems("es")].count(said) == 1


def test_no_other_module_has_texts_for_end_users():
    """The catalogues are made of these files alone."""
    apps = [
        ROOT / name for name in ("api", "onboarding", "phones", "wabas", "meta_events", "config", "webhooks")
    ]
    having = [
        path.relative_to(ROOT).as_posix()
        for app in apps
        for path in app.rglob("*.py")
        if "gettext" in path.read_text()
    ]

    assert sorted(having) == sorted(catalogues.PYTHON_TEXTS)


def test_the_script_has_no_words_of_its_own():
    files = sorted((ROOT / "static" / "onboarding").glob("*.js"))

    said = [found for file in files for found in SENTENCE.findall(without_comments(file.read_text()))]

    assert len(files) > 5
    assert said == []


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|^\s*//.*$", "", script, flags=re.DOTALL | re.MULTILINE)


def test_every_page_of_end_users_marks_its_texts():
    """A word between tags that no translate tag holds would stay English."""
    pages = [path for path in (ROOT / "templates").rglob("*.html") if "admin" not in path.parts]

    bare = {path.name: words for path in pages if (words := unmarked(path.read_text()))}

    assert bare == {}


def unmarked(template: str) -> list[str]:
    plain = re.sub(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", "", template, flags=re.DOTALL)
    plain = re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}|<(script|style).*?</\1>", "", plain, flags=re.DOTALL)
    return re.findall(r"[A-Za-z]{3,}[^<]*", re.sub(r"<[^>]*>", "<>", plain))
