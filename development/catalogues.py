"""The catalogues of what end-users read: which texts there are, which are translated, and the compiled form.

Django's own makemessages and compilemessages need GNU gettext, which bare machines lack.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.template import Engine
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# The admin and the API are in English.
STAFF = "admin"
PYTHON_TEXTS = ("onboarding/texts.py",)
PLACEHOLDER = re.compile(r"%\(\w+\)s|<[^<>]+>")
WIDTH = 110


def languages() -> list[str]:
    """Those that need a catalogue: all but the one that the texts are written in."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def texts() -> dict[str, list[str]]:
    """Every text of code and templates, with the files that have it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TEMPLATES.rglob("*.html")):
        name = path.relative_to(TEMPLATES).as_posix()
        if not name.startswith(f"{STAFF}/"):
            for text in dict.fromkeys(texts_of_template(name)):
                found[text].append(f"templates/{name}")
    for name in PYTHON_TEXTS:
        for text in texts_of_python(Path(settings.BASE_DIR) / name):
            found[text].append(name)
    return dict(found)


def texts_of_template(name: str) -> list[str]:
    """Read by Django's own parser, so that a text is spelled here as it is looked up."""
    nodes = Engine.get_default().get_template(name).nodelist
    plain: list[Any] = nodes.get_nodes_by_type(TranslateNode)
    blocks: list[Any] = nodes.get_nodes_by_type(BlockTranslateNode)
    return [node.filter_expression.var.literal for node in plain] + [
        node.render_token_list(node.singular)[0] for node in blocks
    ]


def texts_of_python(path: Path) -> list[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return [
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "_"
    ]


def source_of(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def opened(language: str) -> polib.POFile:
    path = source_of(language)
    if path.exists():
        return polib.pofile(str(path), wrapwidth=WIDTH)
    catalogue = polib.POFile(wrapwidth=WIDTH)
    catalogue.metadata = {
        "Project-Id-Version": "Gangway",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    return catalogue


def problems(language: str) -> list[str]:
    """What keeps the catalogue from being whole: one line a text."""
    catalogue, wanted = opened(language), texts()
    there = {entry.msgid: entry for entry in catalogue}
    return [
        *(f"not in the catalogue: {text}" for text in wanted if text not in there),
        *(f"no longer used: {text}" for text in there if text not in wanted),
        *(f"marked fuzzy: {entry.msgid}" for entry in catalogue if entry.fuzzy),
        *(f"not translated: {entry.msgid}" for entry in catalogue if not entry.msgstr.strip()),
        *(f"other placeholders: {entry.msgid}" for entry in catalogue if not has_placeholders(entry)),
    ]


def has_placeholders(entry: polib.POEntry) -> bool:
    """The same names and tags, in any order."""
    return sorted(PLACEHOLDER.findall(entry.msgid)) == sorted(PLACEHOLDER.findall(entry.msgstr))


def bring_up_to_date(language: str) -> None:
    """Texts that are new come in untranslated, those that are gone go, and the .mo is made anew."""
    catalogue = opened(language)
    known = {entry.msgid: entry for entry in catalogue}
    catalogue[:] = [
        polib.POEntry(
            msgid=text,
            msgstr=known[text].msgstr if text in known else "",
            occurrences=[(name, "") for name in names],
            flags=["python-format"] if "%(" in text else [],
            tcomment=known[text].tcomment if text in known else "",
        )
        for text, names in texts().items()
    ]
    path = source_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(path))
    path.with_suffix(".mo").write_bytes(compiled(language))


def compiled(language: str) -> bytes:
    binary: bytes = opened(language).to_binary()
    return binary
