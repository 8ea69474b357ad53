"""The raw admin pages, for administrators who are let in (`is_staff`). The settings pages are the usual way."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import (
    AccountEvent,
    Desk,
    Membership,
    Organisation,
    OrganisationDomain,
    Skill,
    Team,
    Tier,
    User,
    UserSkill,
)
from accounts.permissions import may_administer


class ForAdministrators(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rights follow from the person, as everywhere, not from Django's groups."""

    def _may(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and may_administer(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)


class ReadOnly(ForAdministrators):
    """Operations are the only writers of this table."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(ReadOnly):
    """People are changed on their settings page, which records who did it."""

    list_display = ["name", "email", "organisation", "is_active", "is_administrator", "is_manager"]
    list_filter = ["is_active", "is_administrator", "is_manager", "is_vip"]
    list_select_related = ["organisation"]
    search_fields = ["name", "email", "phone", "employee_number"]
    exclude = ["password", "groups", "user_permissions"]


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    list_display = ["user", "team", "role"]
    list_filter = ["team", "role"]
    list_select_related = ["user", "team"]


@admin.register(AccountEvent)
class AccountEventAdmin(ReadOnly):
    list_display = ["id", "kind", "person", "team", "by", "at"]
    list_filter = ["kind"]
    list_select_related = ["person", "team", "by"]


@admin.register(Tier)
class TierAdmin(ReadOnly):
    list_display = ["level", "name", "is_enabled", "sees", "clearance", "writes_to_requesters"]


@admin.register(Team)
class TeamAdmin(ReadOnly):
    list_display = ["name", "tier", "organisation", "is_default", "is_active"]
    list_select_related = ["tier", "organisation"]
    search_fields = ["name"]


@admin.register(Desk)
class DeskAdmin(ReadOnly):
    list_display = ["name", "phone", "hours_text", "signup", "is_set_up"]


class DomainsInline(admin.TabularInline):  # type: ignore[type-arg]
    model = OrganisationDomain
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Organisation)
class OrganisationAdmin(ReadOnly):
    list_display = ["name", "kind", "support_plan", "is_active"]
    list_filter = ["kind", "support_plan", "is_active"]
    search_fields = ["name"]
    inlines = [DomainsInline]


@admin.register(Skill)
class SkillAdmin(ReadOnly):
    search_fields = ["name"]


@admin.register(UserSkill)
class UserSkillAdmin(ReadOnly):
    list_display = ["user", "skill", "level"]
    list_select_related = ["user", "skill"]
