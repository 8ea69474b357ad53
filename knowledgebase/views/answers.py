"""How the pages of editors answer: what was typed stays, and the field says what is wrong."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.http import Http404

from accounts.models import User
from accounts.views.guards import AuthenticatedRequest
from knowledgebase.models import Article
from tickets.refusals import Refused

Result = TypeVar("Result")


def attempt(form: forms.BaseForm, act: Callable[[], Result]) -> Result | None:
    """The operation's result, or None after its refusal has become an error of the form."""
    try:
        return act()
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None


def tried(request: AuthenticatedRequest, act: Callable[[], object], done: str) -> bool:
    """Whether it was done; the next page says so, or what stood against it."""
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, done)
    return True


def article_of(user: User, key: int) -> Article:
    """The article that this person may work on, with what its pages show."""
    rows = Article.objects.editable_by(user).select_related(
        "section", "owner", "original", "manual", "problem", "published__published_by", "draft__written_by"
    )
    try:
        return rows.get(pk=key)
    except Article.DoesNotExist:
        raise Http404 from None
