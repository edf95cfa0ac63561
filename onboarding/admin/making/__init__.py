"""A link made by hand: the form, and what is shown of the new link."""

from onboarding.admin.making.form import LinkForm
from onboarding.admin.making.shown import shown

__all__ = ["LinkForm", "shown"]
