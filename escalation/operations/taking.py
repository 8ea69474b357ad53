"""What vendors' teams take: categories with all below them, and products by name."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import events
from accounts.models import Organisation, Team, User
from accounts.permissions import may_administer
from escalation.models import VendorFor
from escalation.queries.vendors import VENDOR_TIER
from escalation.settings_events import VENDOR_TAKES, VENDOR_TAKES_NO_MORE
from tickets.models import Category
from tickets.operations import guards
from tickets.refusals import Invalid


@transaction.atomic
def add_what_it_takes(
    team: Team, *, by: User | None, at: datetime, category: Category | None = None, product: str = ""
) -> VendorFor:
    """Say that a vendor's team takes this category and all below, this product, or this product there.

    Raises:
        Invalid: neither is given, the team is no vendor's, or it is said already.
    """
    _require_administrator(by)
    product = guards.line(product, "product", longest=120)
    if category is None and not product:
        raise Invalid(_("Choose a category or name a product."), field="category")
    if team.tier_id != VENDOR_TIER or not _is_vendors(team):
        raise Invalid(_("%(team)s is not a vendor's team.") % {"team": team}, field="team")
    row, is_new = VendorFor.objects.get_or_create(team=team, category=category, product=product)
    if not is_new:
        raise Invalid(_("%(team)s takes this already.") % {"team": team}, field="category")
    events.record(VENDOR_TAKES, by=by, at=at, team=team, about=team.pk, takes=words_of(row))
    return row


@transaction.atomic
def remove_what_it_takes(row: VendorFor, *, by: User | None, at: datetime) -> None:
    _require_administrator(by)
    events.record(VENDOR_TAKES_NO_MORE, by=by, at=at, team=row.team, about=row.team_id, takes=words_of(row))
    VendorFor.objects.filter(pk=row.pk).delete()


def words_of(row: VendorFor) -> str:
    """ "Network › Carrier, router X": what it takes, in a line."""
    return ", ".join(filter(None, [row.category.full_name if row.category else "", row.product]))


def _is_vendors(team: Team) -> bool:
    return team.organisation is not None and team.organisation.kind == Organisation.Kind.VENDOR


def _require_administrator(by: User | None) -> None:
    guards.require(may_administer(by), _("Only administrators can change this."))
