"""The figures of the admin's front page, for who looks at it."""

from typing import Any

from django import template

from backoffice.front_page.context import front_page

register = template.Library()


@register.simple_tag(takes_context=True, name="front_page")
def of_request(context: dict[str, Any]) -> dict[str, Any]:
    return front_page(context["request"])
