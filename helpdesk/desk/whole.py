"""A ticket with everything that its page tells besides the conversation, in four queries at most."""

import json
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject

from accounts.models import Membership, User
from accounts.prepared import Prepared
from escalation.models import Handoff, HandoffItem, Invitation, Proposal
from helpdesk.desk.guard import ticket_or_404
from tickets.models import (
    Attachment,
    Event,
    ExternalReference,
    FieldValue,
    Link,
    Message,
    Named,
    Outgoing,
    Tagging,
    Ticket,
    Watch,
    WorkLog,
)
from tickets.queries.beside import PEOPLE, put_people, users_by_key, with_names
from tickets.queries.visible import PreparedFor


def whole_ticket(user: User, number: str) -> Ticket:
    """The ticket, the people of its whole history (`people_known`), and its `_facts` as attributes.

    Raises:
        Http404: there is none that this person may open.
    """
    ticket = ticket_or_404(user, number, _with_places)
    facts = _read(ticket.pk)
    for name, value in facts.items():
        setattr(ticket, name, value)
    acted = {*facts["authors"], *facts["redactors"], *facts["actors"]}
    wanted = (acted | {getattr(ticket, f"{name}_id") for name in PEOPLE}) - {None}
    people = users_by_key(wanted)
    with_names([ticket], people=(), places=("tier", "team", "vendor"))
    put_people([ticket], people)
    if ticket.requester.organisation_id == ticket.organisation_id:
        ticket.requester.organisation = ticket.organisation
    ticket.people_known = list(people.values())  # type: ignore[attr-defined]
    return ticket


_with_places: PreparedFor[Ticket] = PreparedFor(
    lambda user, key: (
        Ticket.objects.visible_to(user).filter(pk=key).select_related("organisation", "category").order_by()
    ),
    "key",
)


def _read(key: int) -> dict[str, Any]:
    ((text,),) = _written(key=key)
    found: dict[str, Any] = json.loads(text) if isinstance(text, str) else text
    return found


def _facts() -> dict[str, Any]:
    here = {"ticket": OuterRef("pk")}
    worked = WorkLog.objects.filter(**here).order_by().values("ticket").annotate(n=Sum("minutes"))
    links = Link.objects.filter(Q(ticket=OuterRef("pk")) | Q(other=OuterRef("pk"))).order_by("pk")
    authors = Message.objects.filter(ticket=OuterRef(OuterRef("pk"))).values("author_id")
    seats = Membership.objects.filter(user__in=authors, team__is_active=True).order_by("-team__tier_id")
    messages = Message.objects.filter(**here).order_by()
    return {
        "tags": _rows(Tagging.objects.filter(**here).order_by("tag__name"), id="tag_id", name="tag__name"),
        "watchers": _rows(
            Watch.objects.filter(**here).order_by("user__name"), id="user_id", name="user__name"
        ),
        "named_ones": ArraySubquery(
            Named.objects.filter(**here).order_by("pk").values(name=Coalesce("user__name", "team__name"))
        ),
        "values_of_fields": _rows(
            FieldValue.objects.filter(**here).order_by("field__position", "field__label"),
            label="field__label",
            type="field__type",
            min_tier="field__min_tier",
            value="value",
        ),
        "links_of": _rows(links, id="pk", ticket="ticket_id", other="other_id", type="type", blocks="blocks"),
        "references": _rows(
            ExternalReference.objects.filter(**here).order_by("pk"), system="system", key="key", url="url"
        ),
        "seats_of_authors": _rows(seats, user="user_id", tier="team__tier_id"),
        "authors": ArraySubquery(messages.values("author_id").distinct()),
        "redactors": ArraySubquery(messages.values("redacted_by_id").distinct()),
        "actors": ArraySubquery(Event.objects.filter(**here).order_by().values("by_id").distinct()),
        "handoffs_of": _rows(
            Handoff.objects.filter(**here).order_by("pk"),
            pk="pk",
            from_tier="from_tier",
            from_team_id="from_team_id",
            from_team_name="from_team__name",
            to_tier="to_tier",
            to_team_id="to_team_id",
            to_team_name="to_team__name",
            reason="reason",
            state="state",
            by_id="by_id",
            rating="rating",
            summary_id="summary_id",
            is_owner_named="is_owner_named",
            responsible_id="responsible_id",
            responsible_name="responsible__name",
            fix="fix",
            chase_count="chase_count",
            next_chase_at="next_chase_at",
            last_chased_at="last_chased_at",
        ),
        "late_items": _rows(
            HandoffItem.objects.filter(handoff__ticket=OuterRef("pk"))
            .exclude(is_done=True, done_at=F("handoff__at"))
            .order_by("pk"),
            id="pk",
            item="item_id",
            text="item__text",
            was_required="was_required",
            is_done="is_done",
            by="handoff__by_id",
            from_team="handoff__from_team_id",
            team_name="handoff__to_team__name",
        ),
        "proposals_of": _rows(
            Proposal.objects.filter(**here, state=Proposal.State.WAITING),
            pk="pk",
            kind="kind",
            by_id="by_id",
            by_name="by__name",
            team_id="team_id",
            team_name="team__name",
            due_at="due_at",
            body="message__body",
            redacted_at="message__redacted_at",
            away="ticket__contact__availability__is_away",
            away_until="ticket__contact__availability__away_until",
            hours="ticket__contact__availability__hours__current_id",
        ),
        "help_of": _rows(
            Invitation.objects.filter(**here, state=Invitation.State.OPEN).order_by("until", "pk"),
            pk="pk",
            user_id="user_id",
            user_name="user__name",
            team_id="team_id",
            team_name="team__name",
            helped_by_id="helped_by_id",
            by_id="by_id",
            by_name="by__name",
            until="until",
            question_id="question_id",
        ),
        "outgoing_of": _rows(
            Outgoing.objects.unsent().filter(**here).exclude(state=Outgoing.State.TAKEN_BACK).order_by("pk"),
            pk="pk",
            by_id="by_id",
            by_name="by__name",
            body="body",
            way="way",
            facts="facts",
            state="state",
            is_later="is_later",
            send_at="send_at",
            reason="reason",
        ),
        "minutes_worked": Coalesce(Subquery(worked.values("n")), 0),
        "has_files": Exists(Attachment.objects.filter(**here)),
    }


_written = Prepared(
    lambda key: Ticket.objects.filter(pk=key).order_by().values_list(JSONObject(**_facts())), "key"
)


def _rows(rows: "QuerySet[Any]", **columns: str) -> ArraySubquery:
    return ArraySubquery(rows.values(row=JSONObject(**columns)))
