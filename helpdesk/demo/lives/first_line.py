"""Lives that the first line ends by itself."""

from datetime import datetime

from helpdesk.demo.lives.shape import life
from helpdesk.demo.script import HOURS, SOON, Script
from tickets import operations


@life("call", "resolve")
def on_the_phone(s: Script) -> None:
    """Heard, solved and filed in one act."""
    s.phoned(solved=True)
    s.ended()


@life("asks", "resolve")
def first_line(s: Script) -> None:
    s.filed()
    s.taken()
    if s.rng.random() < 0.4:
        s.acknowledged()
    if s.rng.random() < 0.5:
        s.noted()
    s.resolved(span=HOURS if s.rng.random() < 0.3 else (10, 150))
    s.ended()


@life("call", "resolve")
def called_and_worked(s: Script) -> None:
    """Filed during a call and solved afterwards."""
    s.phoned()
    s.taken((1, 3))
    s.noted()
    s.resolved(span=HOURS)
    s.ended()


@life("asks", "question", "answer", "resolve")
def asked(s: Script) -> None:
    s.filed()
    s.taken()
    s.asked()
    s.told()
    if s.scenario.has("question2", "answer2") and s.rng.random() < 0.6:
        s.asked("question2")
        s.told("answer2")
    s.noted()
    s.resolved()
    s.ended()


@life("asks", "question", "resolve")
def never_answered(s: Script) -> None:
    s.filed()
    s.taken()
    s.asked()
    s.replied(s.small_talk("reminders"), (900, 1500), "reminded")
    text, by, category = s.small_talk("no_answer"), s.holder, s.category

    def act(at: datetime) -> None:
        operations.resolve(s.ticket, code="no_answer", summary=text, by=by, at=at, category=category)

    s.then((1200, 1700), act, "resolved")
    s.timed_out()


@life("asks", "resolve", "still", "again")
def reopened(s: Script) -> None:
    """Said to be done, and still broken."""
    s.filed()
    s.taken()
    s.resolved()
    text, by = s.say("still"), s.cast.requester
    s.then((30, 900), lambda at: operations.reopen(s.ticket, text=text, by=by, at=at), "reopened")
    s.noted(span=(10, 100))
    s.resolved("again", (60, 500))
    s.ended()


@life("asks", "resolve")
def only_thanks(s: Script) -> None:
    """A thank-you reopens it, and one key takes that back."""
    s.filed()
    s.taken()
    s.resolved()
    s.replied(s.small_talk("thanks"), (10, 500), "thanked", by=s.cast.requester)
    by = s.holder
    s.then((2, 60), lambda at: operations.only_thanks(s.ticket, by=by, at=at), "taken_back")
    s.timed_out()


@life("asks", "hold", "resolve")
def held(s: Script) -> None:
    s.filed()
    s.taken()
    s.acknowledged()
    s.held()
    s.resolved(span=(20, 300))
    s.ended()


@life("asks", "vendor_ask", "vendor_said", "vendor_name", "resolve")
def at_a_vendor_by_phone(s: Script) -> None:
    """Stays with its team while a vendor without a login works; somebody of ours notes the answer."""
    s.filed()
    s.taken()
    s.waits_for(s.scenario.said["vendor_name"])
    by, text = s.holder, s.say("vendor_said")

    def act(at: datetime) -> None:
        operations.note(s.ticket, text=text, by=by, at=at)
        operations.resume(s.ticket, by=by, at=at)

    s.then((500, 1500), act, "resumed")
    s.resolved()
    s.ended()


@life("asks", "resolve")
def no_news(s: Script) -> None:
    """The requester asks how it stands, once or twice."""
    s.filed()
    s.taken((60, 500))
    by = s.cast.requester
    s.then((500, 700), lambda at: operations.ask_news(s.ticket, by=by, at=at), "news_asked")
    s.acknowledged()
    if s.rng.random() < 0.4:
        s.then((700, 1300), lambda at: operations.ask_news(s.ticket, by=by, at=at), "news_asked")
    s.resolved(span=HOURS)
    s.ended()


@life("asks", "resolve")
def passed_on(s: Script) -> None:
    """Skipped by one, taken and put back by the next, given to a third by the lead."""
    one, boss = s.cast.first, s.company.people["max"]
    others = [person for person in s.company.members[s.team.name] if person != one]
    two, other = others[0], others[-1]
    reason = s.rng.choice(("not_my_skill", "needs_time"))
    s.filed()
    s.then(SOON, lambda at: operations.skip(s.ticket, reason=reason, by=two, at=at), "skipped")
    s.then(SOON, lambda at: operations.take(s.ticket, by=two, at=at), "taken_first")
    s.then((30, 200), lambda at: operations.release(s.ticket, by=two, at=at), "released")
    s.then((10, 90), lambda at: operations.assign(s.ticket, to=one, by=boss, at=at), "assigned")
    s.then(SOON, lambda at: operations.set_contact(s.ticket, to=other, by=one, at=at), "contact_set")
    s.holder = one
    s.resolved()
    s.ended()


@life("asks", "resolve")
def with_care(s: Script) -> None:
    """Handled with care: watched, its priority overridden, details corrected, a number of another system."""
    one, boss = s.cast.first, s.company.people["max"]
    why = s.small_talk("override_reasons")
    key, asset = f"INC{s.rng.randint(10_000, 99_999)}", s.blanks["asset"]
    s.filed()
    s.taken(SOON)

    def act(at: datetime) -> None:
        operations.change(s.ticket, handle_with_care=True, impact=2, urgency=1, by=one, at=at)
        operations.override_priority(s.ticket, priority=1, reason=why, by=one, at=at)
        operations.watch(s.ticket, user=boss, by=one, at=at)

    s.then((2, 10), act, "with_care")
    s.then((1, 9), lambda at: operations.tag(s.ticket, names=["VIP", "urgent"], by=one, at=at), "tagged")
    s.acknowledged()
    link = f"https://status.example/incidents/{key.lower()}"
    s.then(
        SOON,
        lambda at: operations.refer(s.ticket, system="Status page", key=key, url=link, by=one, at=at),
        "referred",
    )
    s.then((30, 90), lambda at: operations.log_work(s.ticket, minutes=35, by=one, at=at), "worked")
    s.then((1, 5), lambda at: operations.untag(s.ticket, name="urgent", by=one, at=at), "untagged")
    s.then((1, 5), lambda at: operations.change(s.ticket, device=asset, by=one, at=at), "changed")
    s.resolved()
    s.then((20, 60), lambda at: operations.unwatch(s.ticket, user=boss, by=boss, at=at), "unwatched")
    s.ended()


@life("asks", "resolve")
def closed_by_lead(s: Script) -> None:
    lead = s.company.people["lars" if s.team.name == "Service desk" else "max"]
    s.filed()
    s.taken()
    s.resolved()
    s.then((60, 900), lambda at: operations.close(s.ticket, by=lead, at=at), "closed_by_lead")
