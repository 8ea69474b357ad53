"""Lives that go up and down the tiers."""

from escalation import operations as escalation
from helpdesk.demo.lives.shape import life
from helpdesk.demo.script import Script
from tickets import operations
from tickets.models import Channel


@life("asks", "to", "summary", "fix", "resolve")
def climbed(s: Script) -> None:
    """L1 hands it up, L2 finds it, L1 tells the requester."""
    s.filed()
    s.taken()
    if s.rng.random() < 0.85:
        s.acknowledged()
    if s.scenario.has("question", "answer") and s.rng.random() < 0.5:
        s.asked()
        s.told()
    s.climbs(s.scenario.said["to"])
    s.accepted(s.cast.second)
    s.noted("found")
    s.comes_down()
    s.resolved(span=(5, 60))
    s.ended()


@life("asks", "to", "summary", "back", "more", "fix", "resolve")
def bounced(s: Script) -> None:
    """Given back for what was missing, then handed up again."""
    s.filed()
    s.taken()
    s.climbs(s.scenario.said["to"])
    s.returned(s.cast.second)
    if s.scenario.has("question", "answer"):
        s.asked()
        s.told()
    s.climbs(s.scenario.said["to"], says="more")
    s.accepted(s.cast.second)
    s.noted("found")
    s.comes_down()
    s.resolved(span=(5, 60))
    s.ended()


@life("asks", "to", "summary", "back", "more", "fix", "resolve")
def ping_pong(s: Script) -> None:
    """To and fro, until the leads move it between their teams: nobody else may by then."""
    leads, team = s.company.leads, s.team.name
    s.filed()
    s.taken()
    for says, text in (("summary", ""), ("more", s.small_talk("returned_again"))):
        s.climbs(s.scenario.said["to"], says=says, span=(5, 40))
        s.accepted(s.cast.second, (20, 120))
        s.returned(s.cast.second, (20, 120), text)
    s.noted("note", (30, 120))
    s.climbs(s.scenario.said["to"], says="more", by=leads[team])
    s.accepted(s.cast.second)
    s.comes_down(by=leads[s.scenario.said["to"]])
    s.resolved()
    s.ended()


@life("asks", "to", "l3", "summary", "up", "resolve")
def expert(s: Script) -> None:
    """From L1 by L2 to L3, who solves it and says so."""
    s.filed()
    s.taken()
    s.acknowledged()
    s.climbs(s.scenario.said["to"])
    s.accepted(s.cast.second)
    s.noted("found")
    s.climbs(s.scenario.said["l3"], says="up", span=(60, 300))
    s.accepted(s.cast.third)
    s.noted("deep", (30, 300), min_tier=s.rng.choice((0, 0, 3)))
    s.resolved(span=(60, 500))
    s.ended()


@life("asks", "to", "summary", "to_vendor", "vendor_reply", "vendor_done", "fix", "resolve")
def at_the_vendor(s: Script) -> None:
    """Up to L2, on to the vendor's guests on L4, and all the way down again."""
    s.filed()
    s.taken()
    s.acknowledged()
    s.climbs(s.scenario.said["to"])
    s.accepted(s.cast.second)
    s.noted("found")
    s.climbs("Corvid carrier desk", says="to_vendor", why="needs_vendor")
    s.chases()
    s.accepted(s.cast.guest, (10, 120))
    s.shared("vendor_reply", s.cast.guest, mark="vendor_replied")
    if s.scenario.has("vendor_more"):
        s.shared("vendor_more", s.cast.first)
    s.comes_down("vendor_done", (200, 900), "follow_up")
    s.confirms_fix()
    s.comes_down()
    s.resolved(span=(5, 60))
    s.ended()


@life("asks", "to", "summary", "to_vendor", "vendor_reply", "fix", "resolve")
def asked_the_vendor(s: Script) -> None:
    """L2 keeps it and waits for the vendor's guest to answer."""
    s.filed()
    s.taken()
    s.acknowledged()
    s.climbs(s.scenario.said["to"])
    s.accepted(s.cast.second)
    said = dict(s.scenario.said) | {"vendor_ask": s.scenario.said["to_vendor"]}
    s.scenario = type(s.scenario)(s.scenario.key, said)
    s.waits_for("Corvid Networks")
    s.shared("vendor_reply", s.cast.guest, mark="vendor_replied")
    s.comes_down()
    s.resolved(span=(5, 60))
    s.ended()


@life("asks", "resolve", "monitored")
def monitored(s: Script) -> None:
    """Raised by monitoring, straight at the platform team."""
    s.filed(channel=Channel.MONITORING)
    s.taken((2, 40))
    s.noted()
    s.resolved(span=(20, 300))
    s.ended()


@life("asks", "resolve")
def sorted_wrong(s: Script) -> None:
    """Named in a hurry, brought to another team by the rule for that name, and given back."""
    team, noor, kofi = s.team, s.company.people["noor"], s.company.people["kofi"]
    wrong, right = s.company.categories["Hardware › Laptop"], s.category
    text = s.small_talk("not_ours")
    s.filed(without_category=True)
    s.then((2, 20), lambda at: operations.change(s.ticket, category=wrong, by=noor, at=at), "named_wrong")
    s.then(
        (20, 90),
        lambda at: escalation.return_(s.ticket, reason="wrong_team", text=text, by=kofi, at=at),
        "returned",
    )
    s.category = right
    s.named(noor)
    s.holder = noor
    s.climbs(team.name, text=s.small_talk("triage_notes"), why="wrong_team", span=(1, 8))
    s.taken((5, 120))
    s.resolved()
    s.ended()


@life("asks", "resolve")
def triaged(s: Script) -> None:
    """Filed without a category; triage names it and passes it on."""
    team, noor = s.team, s.company.people["noor"]
    s.filed(without_category=True)
    s.named(noor)
    s.holder = noor
    s.climbs(team.name, text=s.small_talk("triage_notes"), why="wrong_team", span=(1, 8))
    s.taken((5, 120))
    s.resolved()
    s.ended()
