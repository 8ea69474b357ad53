"""How often each life happens among 400 tickets, and which are not over yet.

What is cut short stands in a queue today: the fixed logins of the demo find each kind of work in theirs.
"""

from dataclasses import dataclass

Age = tuple[int, int]
"""Working minutes since the last act; a day has 570."""
JUST_NOW: Age = (3, 90)
TODAY: Age = (15, 450)
THIS_WEEK: Age = (300, 2400)
LONG_AGO: Age = (2000, 7000)
WEEKS_AGO: Age = (5000, 12000)
"""What lies for long: with vendors, with experts, and the few that somebody took and forgot."""


@dataclass(frozen=True)
class Plan:
    """So many lives of a shape; `cut` names the mark of the last act, `age` how long ago it was."""

    life: str
    many: int = 1
    cut: str = ""
    age: Age = TODAY
    first: str = ""
    second: str = ""
    third: str = ""
    requester: str = ""
    scenario: str = ""
    to: str = ""
    team: str = ""
    """The team where it lands."""
    category: str = ""
    apart: str = ""
    """No scenario whose category begins like this."""


DESK = "Service desk"
USUAL = {"on_the_phone": 15, "first_line": 9, "called_and_worked": 2, "asked": 4}
"""What fills the rest, with weights."""

AT_TRIAGE = (
    Plan("triaged", 5, "filed", apart="Something else"),
    Plan("triaged", 2, "named", JUST_NOW, apart="Something else"),
    Plan("first_line", 1, "filed", category="Something else"),
)

AT_THE_DESK = (
    Plan("first_line", 5, "filed", team=DESK),
    Plan("first_line", 3, "filed", THIS_WEEK, team=DESK),
    Plan("asked", 2, "filed", JUST_NOW, team=DESK),
    Plan("first_line", 1, "taken", first="mira", scenario="mailbox-full"),
    Plan("called_and_worked", 1, "taken", JUST_NOW, first="mira", team=DESK),
    Plan("called_and_worked", 1, "taken", LONG_AGO, team=DESK),
    Plan("called_and_worked", 1, "taken", WEEKS_AGO, team=DESK),
    Plan("held", 1, "acknowledged", first="mira", team=DESK),
    Plan("asked", 1, "told", JUST_NOW, first="mira", requester="ines", scenario="authenticator-lost"),
    Plan("asked", 1, "told", first="mira", team=DESK),
    Plan("asked", 1, "told", first="sara", team=DESK),
    Plan("asked", 1, "asked", first="mira", requester="tomasz", scenario="software-install"),
    Plan("asked", 1, "asked", THIS_WEEK, first="sara", requester="jonas", scenario="mailbox-full"),
    Plan("asked", 2, "asked", THIS_WEEK, team=DESK),
    Plan("climbed", 2, "came_down", JUST_NOW, first="mira", to="Workplace", team=DESK),
    Plan(
        "bounced",
        1,
        "returned",
        JUST_NOW,
        first="mira",
        second="dario",
        requester="tomasz",
        scenario="vpn-drops",
    ),
    Plan("bounced", 1, "returned", THIS_WEEK, first="mira", second="dario", to="Network"),
    Plan("ping_pong", 1, "returned", first="sara", second="dario", to="Network"),
    Plan("held", 2, "held", (300, 900), team=DESK),
    Plan("reopened", 1, "reopened", team=DESK),
    Plan("reopened", 1, "reopened", LONG_AGO, team=DESK),
    Plan("no_news", 2, "news_asked", THIS_WEEK, team=DESK),
    Plan("project", 1, "part_opened", requester="priya"),
)

WIRELESS_IS_DOWN = (Plan("first_line", 9, "filed", (4, 40), scenario="wifi-weak"),)
"""So many at once that it becomes a candidate for a problem."""

AT_FIELD_SUPPORT = (
    Plan("first_line", 1, "taken", first="kofi", requester="lena", scenario="printer-blank"),
    Plan("first_line", 1, "filed", category="Hardware", team="Field support"),
    Plan("first_line", 1, "filed", THIS_WEEK, category="Hardware", team="Field support"),
    Plan("first_line", 1, "taken", LONG_AGO, category="Hardware", team="Field support"),
    Plan("held", 1, "held", category="Hardware", team="Field support"),
    Plan("at_a_vendor_by_phone", 1, "vendor_asked", THIS_WEEK),
    Plan("at_a_vendor_by_phone", 1, "vendor_asked", WEEKS_AGO),
)

AT_L2 = (
    Plan("climbed", 3, "handed", JUST_NOW, to="Network"),
    Plan("climbed", 2, "handed", to="Workplace"),
    Plan("climbed", 1, "accepted", second="dario", requester="tomasz", scenario="wifi-weak"),
    Plan("climbed", 1, "accepted", THIS_WEEK, second="dario", to="Network"),
    Plan("climbed", 1, "accepted", LONG_AGO, second="dario", to="Network"),
    Plan("climbed", 1, "accepted", THIS_WEEK, to="Workplace"),
    Plan("climbed", 1, "accepted", WEEKS_AGO, to="Workplace"),
    Plan("problem", 1, "problem_held", LONG_AGO, first="sara", second="dario", scenario="vpn-drops"),
    Plan("through_the_contact", 1, "proposed", JUST_NOW, first="mira", second="dario", to="Network"),
    Plan("helped", 1, "invited", JUST_NOW, second="dario", third="yuki", to="Network"),
    Plan("outage", 1, "accepted", JUST_NOW, first="lars", second="chiara"),
)

AT_L3 = (
    Plan("expert", 1, "handed", third="yuki"),
    Plan("expert", 1, "handed", THIS_WEEK, third="yuki"),
    Plan("expert", 1, "accepted", THIS_WEEK, third="yuki"),
    Plan("expert", 1, "accepted", WEEKS_AGO, third="yuki"),
    Plan("expert", 1, "accepted", (12000, 20000)),
    Plan("monitored", 1, "filed", JUST_NOW),
    Plan("monitored", 1, "taken", THIS_WEEK),
    Plan("restricted", 1, "handed", JUST_NOW, first="mira"),
    Plan("restricted", 1, "restricted", THIS_WEEK),
)

AT_THE_VENDOR = (
    Plan("at_the_vendor", 1, "handed"),
    Plan("at_the_vendor", 1, "handed", LONG_AGO),
    Plan("at_the_vendor", 1, "vendor_replied", THIS_WEEK),
    Plan("asked_the_vendor", 1, "vendor_asked", WEEKS_AGO),
    Plan("asked_the_vendor", 1, "vendor_replied", JUST_NOW),
)

TO_CONFIRM = (
    Plan(
        "climbed", 1, "resolved", first="mira", second="dario", requester="tomasz", scenario="vpn-no-drives"
    ),
    Plan("first_line", 2, "resolved", team=DESK),
    Plan("first_line", 3, "resolved", (300, 1200), team=DESK),
    Plan("expert", 1, "resolved", third="yuki"),
)

OVER = (
    Plan("first_line", 3, first="mira", requester="tomasz", team=DESK),
    Plan("on_the_phone", 2, first="mira", requester="tomasz", team=DESK),
    Plan("reopened", 1, requester="tomasz"),
    Plan("bounced", 1, requester="tomasz", to="Workplace"),
    Plan("passed_on", 6, team=DESK),
    Plan("with_care", 4),
    Plan("closed_by_lead", 6),
    Plan("never_answered", 6, apart="Request"),
    Plan("reopened", 7),
    Plan("only_thanks", 8),
    Plan("held", 7),
    Plan("at_a_vendor_by_phone", 5),
    Plan("no_news", 5),
    Plan("on_behalf", 4),
    Plan("climbed", 22),
    Plan("bounced", 9),
    Plan("ping_pong", 3),
    Plan("through_the_contact", 6),
    Plan("helped", 3),
    Plan("owner_named", 1),
    Plan("expert", 9),
    Plan("at_the_vendor", 6),
    Plan("asked_the_vendor", 4),
    Plan("monitored", 6),
    Plan("triaged", 12, apart="Something else"),
    Plan("sorted_wrong", 3, team=DESK, category="Mail"),
    Plan("withdrawn", 6),
    Plan("spam", 9),
    Plan("cancelled", 4),
    Plan("restored", 2),
    Plan("restricted", 2),
    Plan("restricted_for_a_time", 1),
    Plan("redacted", 2),
    Plan("merged", 3),
    Plan("duplicate", 3, apart="Request"),
    Plan("outage", 1),
    Plan("project", 2),
    Plan("split", 2),
    Plan("followed_up", 4),
    Plan("problem", 1),
)

OPEN = (*AT_TRIAGE, *AT_THE_DESK, *WIRELESS_IS_DOWN, *AT_FIELD_SUPPORT, *AT_L2, *AT_L3, *AT_THE_VENDOR)
PLANS = (*OPEN, *TO_CONFIRM, *OVER)
