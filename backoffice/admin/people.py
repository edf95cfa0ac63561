"""People of the staff: Django's own page, which keeps whoever has a line in the log.

Who is no superuser makes nobody one, and touches none.
"""

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


# What makes somebody more than an owner.
ABOVE = ("is_superuser", "user_permissions")


def is_above(request: HttpRequest, person: User | None) -> bool:
    """Whether `person` is a superuser, and who asks is none."""
    return person is not None and person.is_superuser and not request.user.is_superuser


@admin.register(User)
class PersonAdmin(DjangosUserAdmin):
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[Any, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *ABOVE)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_above(request, obj)

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
