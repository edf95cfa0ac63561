"""Claims about the page's scripts as they are written: no words, no markup from data, nothing inline."""

import re

from config.settings import BASE_DIR
from tests.onboarding.page.test_catalogues import SENTENCE, without_comments

SCRIPTS = sorted((BASE_DIR / "static" / "shared_inbox").glob("*.js"))
PAGES = sorted((BASE_DIR / "templates" / "shared_inbox").glob("*.html"))
SAID = re.compile(r"""\bsay\(\s*["']([\w-]+)["']""")
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setTimeout\([\"']"
)


def test_the_scripts_have_no_words_of_their_own():
    said = [found for file in SCRIPTS for found in SENTENCE.findall(without_comments(file.read_text()))]

    assert len(SCRIPTS) > 15
    assert said == []


def test_every_word_that_a_script_says_is_on_the_page():
    there = set(
        re.findall(r'data-word="([\w-]+)"', (BASE_DIR / "templates/shared_inbox/_words.html").read_text())
    )

    said = {word for file in SCRIPTS for word in SAID.findall(file.read_text())}

    assert said - there == set()


def test_every_word_on_the_page_is_said_by_a_script():
    whole = "".join(file.read_text() for file in SCRIPTS)
    there = re.findall(r'data-word="([\w-]+)"', (BASE_DIR / "templates/shared_inbox/_words.html").read_text())
    made = ("status-", "reason-", "marketing-")

    unused = [word for word in there if f'"{word}"' not in whole and not word.startswith(made)]

    # By the type of a message.
    assert set(unused) <= {"request_welcome", "unsupported", "video"}


def test_no_script_makes_markup():
    assert [file.name for file in SCRIPTS if MARKUP.search(file.read_text())] == []


def test_every_script_is_loaded_by_the_page():
    page = (BASE_DIR / "templates/shared_inbox/inbox.html").read_text()

    assert [file.name for file in SCRIPTS if f"shared_inbox/{file.name}" not in page] == []


def test_no_page_has_a_script_or_style_of_its_own():
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=")

    assert [file.name for file in PAGES if inline.search(file.read_text())] == []


def test_translations_keep_what_is_filled_in():
    catalogues = sorted((BASE_DIR / "locale").glob("*/LC_MESSAGES/django.po"))
    entry = re.compile(r"^msgid (.*?)^msgstr (.*?)(?:^#|^$|\Z)", re.DOTALL | re.MULTILINE)

    wrong = [
        (file.parts[-3], text)
        for file in catalogues
        for text, translated in entry.findall(file.read_text())
        if sorted(re.findall(r"\{\w+\}", text)) != sorted(re.findall(r"\{\w+\}", translated))
    ]

    assert len(catalogues) == 5
    assert wrong == []
