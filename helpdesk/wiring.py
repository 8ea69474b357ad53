"""Which event causes what, on one page.

`now` runs in the transaction of the change and touches own tables only; `later` becomes a delivery in
that transaction, carried out by the worker after the commit.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.prepared import Prepared
from delivery import files as mail_files
from delivery import handlers, letter_events, privacy, subscribing, vocabulary
from delivery import sentences as delivery_sentences
from delivery import threading as mail_threading
from delivery.models import Delivery
from delivery.operations import telling as notice_telling
from delivery.operations.heading import STOP_PATH
from delivery.operations.standing import ENDED_KIND
from delivery.queries import also_calls
from escalation import events as escalation
from escalation import reactions as escalation_reactions
from escalation import sentences as escalation_sentences
from escalation import vocabulary as escalation_vocabulary
from escalation.macros import acts as macro_acts
from escalation.macros import running as macros
from escalation.operations import assigning, availability, covering, trying, vendors
from escalation.queries import helping
from escalation.queries.calendars import users_of_calendar
from escalation.queries.webhooks import users_of_webhook
from escalation.rules import answering, asking, giving, passing_on, telling
from helpdesk import (
    announcement_notices,
    candidate_notices,
    digest,
    handoff_notices,
    knowledge_notices,
    notices,
    proposal_notices,
    rule_notices,
    sla_notices,
    survey_notices,
    vendor_notices,
    webhook_notices,
)
from helpdesk.desk import jobs as bulk_jobs
from helpdesk.live import publishing as live
from helpdesk.portal import links
from helpdesk.telling import files as enclosed_files
from helpdesk.telling.kinds import KINDS
from helpdesk.telling.letters import LETTERS
from helpdesk.telling.writing import SURVEY_PATH
from insights import exporting as exported_lists
from insights import rate_sentences, survey_kinds, survey_sentences
from insights import reactions as insights_reactions
from insights import sources as insights_sources
from insights import tasks as insights_tasks
from insights.operations import exporting, repeating, watching
from insights.operations import keeping as fact_keeping
from intake import connection_sentences
from intake import reactions as intake_reactions
from intake import sentences as intake_sentences
from intake.operations import receiving
from intake.queries import outgoing
from knowledgebase import events as knowledge
from knowledgebase import reactions as knowledge_reactions
from knowledgebase import sentences as knowledge_sentences
from knowledgebase.operations import acting, announcing, reminding, verifying, voting
from knowledgebase.operations import ending as script_ends
from sla import events as sla
from sla import reactions as sla_reactions
from sla import sentences as sla_sentences
from sla import tasks as sla_tasks
from sla import vocabulary as sla_vocabulary
from sla.models import Simulation
from sla.operations import digesting, recomputing, simulating
from sla.operations import keeping as clock_keeping
from sla.queries.calendars import also_used
from tickets import events as tickets
from tickets import feed
from tickets.models import Event
from tickets.operations import outgoing as outgoing_replies
from tickets.operations import publishing, retaining
from tickets.operations.filing import add_cover
from tickets.operations.resolving import add_guard
from tickets.queries import queues
from tickets.settings import sentences as settings_sentences


def connect() -> None:
    on = tickets.on

    # Clocks agree with the ticket at every commit, so they come first; what follows may read them.
    on(
        tickets.OPENED,
        tickets.REPLIED,
        tickets.WAITS_REQUESTER,
        tickets.WAITS_VENDOR,
        tickets.VENDOR_REPLIED,
        tickets.HELD,
        tickets.HOLD_ENDED,
        tickets.RESUMED,
        tickets.TAKEN,
        tickets.ASSIGNED,
        tickets.RELEASED,
        tickets.CHANGED,
        tickets.PRIORITY_OVERRIDDEN,
        tickets.TAGGED,
        tickets.UNTAGGED,
        tickets.REFERENCED,
        tickets.RESOLVED,
        tickets.REOPENED,
        tickets.THANKED,
        tickets.CONFIRMED,
        tickets.CLOSED,
        tickets.CANCELLED,
        tickets.WITHDRAWN,
        tickets.NOT_A_REQUEST,
        tickets.RESTORED,
        tickets.MERGED,
        tickets.MERGED_INTO,
        escalation.HANDED_OVER,
        escalation.ACCEPTED,
        escalation.RETURNED,
        escalation.OWNER_NAMED,
        escalation.PROPOSED,
        escalation.PROPOSAL_SENT,
        escalation.PROPOSAL_REFUSED,
        now=[sla_reactions.keep_clocks],
    )

    on(tickets.OPENED, later=[notices.confirm_receipt])
    on(tickets.REPLIED, later=[notices.tell_of_reply])
    on(tickets.WAITS_REQUESTER, later=[notices.ask_requester])
    on(tickets.REPLY_HELD, later=[notices.tell_of_held_reply])
    on(tickets.NOTED, later=[notices.tell_of_note])
    on(tickets.SHARED, tickets.WAITS_VENDOR, later=[notices.tell_vendor])
    on(tickets.NEWS_ASKED, later=[notices.tell_of_news_asked])
    on(tickets.ASSIGNED, now=[escalation_reactions.settle_handoff], later=[notices.tell_assignee])
    on(tickets.TAKEN, now=[escalation_reactions.settle_handoff])
    on(
        tickets.RESOLVED,
        now=[escalation_reactions.settle_handoff],
        later=[notices.tell_of_resolution],
    )
    on(tickets.REOPENED, later=[notices.tell_of_reply])
    on(tickets.RATED, now=[insights_reactions.note_rating], later=[survey_notices.tell_of_low_score])
    on(tickets.REOPENED, tickets.REPLIED, now=[insights_reactions.note_reopening])
    on(
        tickets.NOT_A_REQUEST,
        tickets.MERGED_INTO,
        tickets.RESTORED,
        now=[insights_reactions.count_surveys_or_not],
    )
    on(
        tickets.CANCELLED,
        tickets.WITHDRAWN,
        tickets.NOT_A_REQUEST,
        tickets.MERGED_INTO,
        now=[escalation_reactions.overtake_handoff],
    )
    on(
        tickets.RESOLVED,
        tickets.CLOSED,
        tickets.CANCELLED,
        tickets.WITHDRAWN,
        tickets.NOT_A_REQUEST,
        tickets.MERGED_INTO,
        now=[knowledge_reactions.end_runs],
    )
    on(
        tickets.REPLIED,
        tickets.WAITS_REQUESTER,
        tickets.RESOLVED,
        now=[knowledge_reactions.note_sent_articles],
    )
    on(knowledge.DRAFTED, later=[announcement_notices.tell_of_draft])
    on(tickets.REDACTED, now=[notices.empty_mails, intake_reactions.forget_mails])
    on(escalation.HANDED_OVER, later=[notices.tell_of_handoff])
    on(escalation.RETURNED, later=[notices.tell_of_return])
    _connect_vendors()
    on(escalation.PING_PONG, later=[handoff_notices.tell_of_ping_pong])
    on(escalation.OWNER_NAMED, later=[handoff_notices.tell_of_named_owner])
    # Whoever speaks, moves or ends a ticket clears `proposal_since`; what was proposed is overtaken by it.
    on(
        tickets.REPLIED,
        tickets.WAITS_REQUESTER,
        tickets.RESOLVED,
        tickets.CANCELLED,
        tickets.WITHDRAWN,
        tickets.NOT_A_REQUEST,
        tickets.MERGED_INTO,
        escalation.HANDED_OVER,
        escalation.RETURNED,
        escalation.OWNER_NAMED,
        now=[escalation_reactions.overtake_proposal],
    )
    on(
        escalation.HANDED_OVER,
        escalation.RETURNED,
        escalation.OWNER_NAMED,
        later=[escalation_reactions.settle_help],
    )
    on(escalation.PROPOSED, later=[proposal_notices.tell_of_proposal])
    on(
        escalation.PROPOSAL_SENT,
        escalation.PROPOSAL_REFUSED,
        later=[proposal_notices.tell_of_answer],
    )
    on(escalation.INVITED, later=[proposal_notices.tell_of_invitation])
    on(sla.WARNED, sla.BREACHED, later=[sla_notices.tell_of_deadline])
    on(escalation.NOTIFIED, later=[rule_notices.tell_of_rule])
    on(escalation.CHAIN_STOPPED, later=[rule_notices.tell_of_stopped_chain])

    tickets.listen(live.TICKETS)
    notice_telling.also_inform(live.tell_people)
    _carry_later()
    _teach()


def _carry_later() -> None:
    """What the worker carries out that no kind of event alone asks for."""
    tickets.also_deliver(escalation_reactions.ask_rules_later)
    tickets.also_deliver(escalation_reactions.release_later)
    tickets.also_deliver(escalation_reactions.assign_later)
    tickets.also_deliver(knowledge_reactions.learn_later)
    handlers.register(tickets.REACTION_KIND, react, says=_("what follows an event"))
    handlers.register(asking.KIND, escalation_reactions.ask_rules, says=_("rules"))
    handlers.register(
        asking.MISSED_KIND, escalation_reactions.ask_rules_of_missed, says=_("rules that were missed")
    )
    handlers.register(
        assigning.KIND, escalation_reactions.assign_arrived, says=_("assignment of what arrived")
    )
    handlers.register(
        availability.REPLY_KIND,
        escalation_reactions.release_answered,
        says=_("answer to somebody who is away"),
    )
    handlers.register(recomputing.KIND, sla_tasks.recompute, says=_("recomputation of promises"))
    handlers.register(receiving.KIND, receiving.carry_out, lane=Delivery.Lane.MAIL, says=_("incoming mail"))
    handlers.register(simulating.KIND, sla_tasks.simulate, says=_("what-if"))
    handlers.register(sla_notices.KIND, sla_notices.send_kept_mail, says=_("mail about promises"))
    handlers.register(digesting.KIND, digest.send_digests, says=_("digest for managers"))
    handlers.register(voting.COMMENT_KIND, knowledge_notices.tell_of_comment, says=_("comment on an article"))
    handlers.register(reminding.KIND, knowledge_notices.tell_of_review, says=_("review of an article"))
    handlers.register(acting.KIND, acting.carry_out, lane=Delivery.Lane.CALLS, says=_("action of a script"))
    handlers.register(
        knowledge_reactions.FIX_KIND, knowledge_reactions.write_down_fix, says=_("solution written down")
    )
    handlers.register(
        reminding.READERS_KIND,
        announcement_notices.remind_readers,
        says=_("reminder to read an announcement"),
    )
    handlers.register(announcing.KIND, announcement_notices.tell_of_announcement, says=_("announcement"))
    handlers.register(ENDED_KIND, webhook_notices.tell_owner, says=_("end of a webhook"))
    handlers.register(exporting.KIND, insights_tasks.export, says=_("export of insights"))
    handlers.register(bulk_jobs.KIND, bulk_jobs.carry_out, says=_("act on many tickets"))
    handlers.register(repeating.KIND, insights_tasks.find_repeats, says=_("search for repeated requests"))
    handlers.register(watching.KIND, candidate_notices.tell_of_candidate, says=_("candidate for a problem"))
    handlers.register(survey_kinds.ASK, survey_notices.ask, says=_("survey"))
    handlers.register(survey_kinds.REMIND, survey_notices.remind, says=_("reminder of a survey"))
    handlers.register(notice_telling.KIND, notice_telling.send_waiting, says=_("notices"))
    handlers.do_first(sla_tasks.help_out)
    handlers.do_first(publishing.publish)
    privacy.hide(notices.about_hidden_tickets)
    privacy.hide(verifying.mails_with_codes)
    # Links to choose a password, to prove an address, to open one ticket or say how it went without a login.
    keys = ("/accounts/password/reset/key/", "/accounts/confirm-email/", links.PATH, SURVEY_PATH, STOP_PATH)
    for path in keys:
        privacy.conceal(path)


def _teach() -> None:
    """What those below learn of those above."""
    delivery_sentences.teach()
    letter_events.teach()
    vocabulary.offer(KINDS, LETTERS)
    notice_telling.ask_first(notices.sees_ticket)
    mail_files.teach(enclosed_files.read)
    subscribing.learn(
        subscribing.Vocabulary(feed.known_kinds, publishing.read_filter, publishing.describe_filter)
    )
    also_calls(users_of_webhook)
    escalation_sentences.teach()
    knowledge_sentences.teach()
    intake_sentences.teach()
    connection_sentences.teach()
    mail_threading.teach(outgoing.message_ids)
    mail_threading.teach_sender(outgoing.sender_of)
    queues.teach(_queues_of_help)
    add_cover(covering.covered_landing)
    clock_keeping.also_keep(fact_keeping.touch)
    retaining.before_purge(fact_keeping.forget)
    outgoing_replies.teach(outgoing_replies.RESOLVE, script_ends.resolve_on_its_way)
    outgoing_replies.teach(outgoing_replies.MACRO, macros.send_later)
    macro_acts.resolve_by(script_ends.resolve)
    escalation_vocabulary.teach()
    also_used(users_of_calendar)
    answering.teach()
    passing_on.teach()
    giving.teach()
    telling.teach()
    settings_sentences.teach()
    simulating.teach(Simulation.Kind.RULES, trying.work_out)
    sla_vocabulary.teach()
    sla_sentences.teach()
    insights_sources.teach()
    exported_lists.teach("queue", "helpdesk.desk.export.open_queue")
    survey_sentences.teach()
    rate_sentences.teach()


def _queues_of_help(user: User) -> list[queues.Queue]:
    return helping.queues_of(user, at=timezone.now())


def _connect_vendors() -> None:
    on = tickets.on
    on(
        tickets.VENDOR_REPLIED,
        now=[escalation_reactions.vendor_answered],
        later=[notices.tell_of_vendor_reply],
    )
    on(tickets.SHARED, now=[escalation_reactions.vendor_asked], later=[vendor_notices.tell_contacts])
    on(escalation.HANDED_OVER, escalation.RETURNED, later=[vendor_notices.tell_contacts])
    on(escalation.VENDOR_REMINDED, later=[vendor_notices.remind])
    on(escalation.VENDOR_CHASED, later=[vendor_notices.chase])
    add_guard(vendors.require_fix_confirmed)


def react(payload: dict[str, Any], delivery: Delivery, at: datetime) -> None:
    """Carry out one reaction to one event."""
    reaction = tickets.reaction(payload["reaction"])
    event = _events.first(key=payload["event"])
    if event is None:
        raise Event.DoesNotExist(payload["event"])
    reaction(event, at)


_events = Prepared(
    lambda key: Event.objects.filter(pk=key).select_related("ticket__requester", "message", "by").order_by(),
    "key",
)
