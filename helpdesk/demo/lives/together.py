"""Lives in which tiers work together: proposed replies, help without a hand-over, and an owner named by leads."""

from datetime import datetime, timedelta
from typing import Any

from escalation import operations as escalation
from escalation.models import HandoffItem, Proposal
from helpdesk.demo.lives.shape import life
from helpdesk.demo.script import Script, Span
from helpdesk.demo.texts import pick
from tickets import operations


@life("asks", "to", "summary", "question", "answer", "resolve")
def through_the_contact(s: Script) -> None:
    """L2 asks and solves, L1 talks: a question refused, another one sent, the solution sent as it was proposed."""
    s.filed()
    s.taken()
    s.acknowledged()
    s.climbs(s.scenario.said["to"])
    s.accepted(s.cast.second)
    end = s.scenario.said["resolve"]
    question, solution = s.say("question"), s.fill(pick(s.rng, end["text"]))
    _proposed(s, Proposal.Kind.QUESTION, s.small_talk("too_technical"), "proposed_badly")
    _refused(s)
    _proposed(s, Proposal.Kind.QUESTION, question, "proposed_question")
    _sent(s, "asked", text=s.small_talk("plainer") + "\n\n" + question)
    s.told()
    category = operations.KEEP if s.category is None else s.category
    facts = {"code": end["code"], "category": category, "fields": s.values(end.get("fields", {}))}
    _proposed(s, Proposal.Kind.RESOLUTION, solution, "proposed", **facts)
    _sent(s, "resolved")
    s.ended()


@life("asks", "to", "summary", "deep", "fix", "resolve")
def helped(s: Script) -> None:
    """L2 keeps it and asks somebody of L3 for half a day of help; the hand-over itself was found complete."""
    s.filed()
    s.taken()
    s.acknowledged()
    s.climbs(s.scenario.said["to"])
    del s.done[1:]  # the rest is answered in a moment

    def answer(at: datetime) -> None:
        owed = HandoffItem.objects.filter(handoff__ticket=s.ticket, is_done=False).first()
        if owed is not None:
            escalation.answer_item(owed, by=s.cast.first, at=at)

    s.then((2, 30), answer, "answered_item")
    s.accepted(s.cast.second)
    second, third, question = s.cast.second, s.cast.third, s.small_talk("help_wanted")
    s.then(
        (1, 20), lambda at: escalation.rate_handoff(s.ticket, rating="complete", by=second, at=at), "rated"
    )
    until = timedelta(days=s.rng.randint(2, 4))

    def invite(at: datetime) -> None:
        escalation.invite(s.ticket, user=third, until=at + until, question=question, by=second, at=at)

    s.then((10, 90), invite, "invited")
    s.noted("deep", (20, 200), by=third)
    minutes = s.rng.choice((20, 35, 50))

    def end(at: datetime) -> None:
        # Where nobody worked for days, the timer was faster.
        for invitation in s.ticket.invitations.filter(state="open"):
            escalation.end_invitation(invitation, minutes=minutes, by=third, at=at)

    s.then((2, 20), end, "help_ended")
    s.comes_down()
    s.resolved(span=(5, 60))
    s.ended()


@life("asks", "to", "summary", "back", "more", "fix", "resolve")
def owner_named(s: Script) -> None:
    """Twice returned; then a lead names who keeps it, and it stays there until it is solved."""
    lead, desk = s.company.leads[s.team.name], s.team
    keeper = s.company.teams[s.scenario.said["to"]]
    s.filed()
    s.taken()
    for says, text in (("summary", ""), ("more", s.small_talk("returned_again"))):
        s.climbs(keeper.name, says=says, span=(5, 40))
        s.accepted(s.cast.second, (20, 120))
        s.returned(s.cast.second, (20, 120), text)
    why = s.small_talk("owner_named")
    s.then(
        (30, 120),
        lambda at: escalation.name_owner(s.ticket, team=keeper, text=why, by=lead, at=at),
        "owner_named",
    )
    s.senders.append((desk, s.holder))
    s.team = keeper
    s.accepted(s.cast.second)
    s.comes_down(by=s.company.leads[keeper.name])
    s.resolved()
    s.ended()


def _proposed(s: Script, kind: str, text: str, mark: str, span: Span = (10, 60), **facts: Any) -> None:
    by = s.cast.second

    def act(at: datetime) -> None:
        given = s.dated(facts, at) if "fields" in facts else facts
        escalation.propose_reply(s.ticket, kind=kind, text=text, by=by, at=at, minutes=10, **given)

    s.then(span, act, mark)


def _refused(s: Script) -> None:
    by, why = s.cast.first, s.small_talk("not_sent")
    s.then((3, 20), lambda at: escalation.refuse_proposal(s.ticket, reason=why, by=by, at=at), "refused")


def _sent(s: Script, mark: str, *, text: str | None = None) -> None:
    by = s.cast.first
    s.then((3, 25), lambda at: escalation.send_proposal(s.ticket, text=text, by=by, at=at), mark)
