"""People of the staff: Django's own page, which keeps whoever has a line in the log."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    # Generic for the type checker alone.
    DjangosUserAdmin = UserAdmin[User]
else:
    DjangosUserAdmin = UserAdmin

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(DjangosUserAdmin):
    def get_deleted_objects(
        self, objs: "QuerySet[User] | Sequence[User]", request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """Django would read every line that they have in the log, to refuse then."""
        people = list(objs)
        lines = LogEntry.objects.filter(user=OuterRef("pk"))
        if User.objects.filter(Exists(lines), pk__in=[person.pk for person in people]).exists():
            counts = {self.opts.verbose_name_plural: len(people)}
            return [str(person) for person in people], counts, {LogEntry._meta.verbose_name}, []
        found: tuple[list[Any], dict[Any, Any], set[Any], list[Any]]
        found = super().get_deleted_objects(people, request)
        return found
