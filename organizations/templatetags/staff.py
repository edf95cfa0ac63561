"""What the staff pages' templates need: the order of the index, the sections of a form."""

from collections.abc import Iterable
from typing import Any

from django import forms, template

from organizations.admin.cells import moment
from organizations.admin.index import SECTIONS

register = template.Library()


@register.filter
def sections(app_list: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The admin's apps as `{name, label, models}`: ours in our order, then the others as they came."""
    apps = list(app_list)
    models = {model["object_name"]: model for app in apps for model in app["models"]}
    ours = [
        {
            "name": title,
            "label": title.lower(),
            "models": [models.pop(name) for name in names if name in models],
        }
        for title, names in SECTIONS
    ]
    others = [
        {
            "name": app["name"],
            "label": app["app_label"],
            "models": [model for model in app["models"] if model["object_name"] in models],
        }
        for app in apps
    ]
    return [section for section in (*ours, *others) if section["models"]]


register.filter("moment", moment)


@register.filter
def parts(form: forms.Form) -> list[tuple[str, list[forms.BoundField]]]:
    """The form's fields by the titles of its `sections`, where it has some."""
    names: dict[str, list[str]] = getattr(form, "sections", {"": list(form.fields)})
    return [(title, [form[name] for name in of_title]) for title, of_title in names.items()]
