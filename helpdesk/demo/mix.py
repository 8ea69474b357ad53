"""How often each life happens among 400 tickets, and which are not over yet.

What is cut short stands in a queue today: the fixed logins of the demo find each kind of work in theirs.
"""

from dataclasses import dataclass

Age = tuple[int, int]
JUST_NOW: Age = (3, 90)
TODAY: Age = (10, 420)
THIS_WEEK: Age = (60, 1500)


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
    category: str = ""
    apart: str = ""


USUAL = {"on_the_phone": 10, "first_line": 11, "called_and_worked": 4, "asked": 7}
"""What fills the rest, with weights."""

OPEN = (
    # L0
    Plan("triaged", 6, "filed", apart="Something else"),
    Plan("triaged", 2, "named", JUST_NOW, apart="Something else"),
    # L1
    Plan("first_line", 8, "filed", TODAY, apart="Hardware"),
    Plan("asked", 3, "filed", JUST_NOW, apart="Hardware"),
    Plan("first_line", 2, "taken", TODAY, first="mira", apart="Hardware"),
    Plan("held", 1, "acknowledged", TODAY, first="mira", apart="Hardware"),
    Plan("asked", 2, "told", JUST_NOW, first="mira", apart="Hardware"),
    Plan("asked", 1, "told", TODAY, first="sara", apart="Hardware"),
    Plan("asked", 1, "asked", TODAY, first="mira", requester="tomasz", apart="Hardware"),
    Plan("asked", 1, "asked", THIS_WEEK, first="mira", apart="Hardware"),
    Plan("asked", 2, "asked", THIS_WEEK),
    Plan("climbed", 2, "came_down", JUST_NOW, first="mira", to="Workplace", apart="Hardware"),
    Plan("bounced", 2, "returned", TODAY, first="mira", second="dario", to="Network"),
    Plan("ping_pong", 1, "returned", TODAY, first="sara", second="dario", to="Network"),
    Plan("held", 3, "held", TODAY),
    Plan("reopened", 2, "reopened", TODAY),
    Plan("no_news", 2, "news_asked", TODAY),
    Plan("first_line", 3, "filed", TODAY, category="Hardware"),
    Plan("first_line", 2, "taken", TODAY, category="Hardware"),
    Plan("at_a_vendor_by_phone", 2, "vendor_asked", THIS_WEEK),
    Plan("project", 1, "part_opened", TODAY),
    Plan("called_and_worked", 1, "taken", JUST_NOW, first="mira", apart="Hardware"),
    # L2
    Plan("climbed", 3, "handed", JUST_NOW, to="Network"),
    Plan("climbed", 2, "handed", TODAY, to="Workplace"),
    Plan(
        "climbed",
        1,
        "accepted",
        TODAY,
        second="dario",
        requester="tomasz",
        to="Network",
    ),
    Plan("climbed", 2, "accepted", THIS_WEEK, second="dario", to="Network"),
    Plan("climbed", 2, "accepted", TODAY, to="Workplace"),
    Plan("problem", 1, "problem_held", THIS_WEEK, first="sara", second="dario"),
    Plan("outage", 1, "accepted", JUST_NOW, first="lars", second="chiara"),
    # L3
    Plan("expert", 2, "handed", TODAY),
    Plan("expert", 2, "accepted", THIS_WEEK, third="yuki"),
    Plan("monitored", 1, "filed", JUST_NOW),
    Plan("monitored", 1, "taken", TODAY),
    Plan("restricted", 1, "handed", JUST_NOW, first="mira"),
    Plan("restricted", 1, "restricted", TODAY),
    # L4
    Plan("at_the_vendor", 2, "handed", TODAY),
    Plan("at_the_vendor", 1, "vendor_replied", TODAY),
    Plan("asked_the_vendor", 1, "vendor_asked", THIS_WEEK),
    Plan("asked_the_vendor", 1, "vendor_replied", JUST_NOW),
)

RESOLVED = (
    Plan(
        "climbed",
        1,
        "resolved",
        TODAY,
        first="mira",
        second="dario",
        requester="tomasz",
        to="Network",
    ),
    Plan("first_line", 5, "resolved", TODAY),
    Plan("expert", 1, "resolved", TODAY, third="yuki"),
)

OVER = (
    Plan("first_line", 4, first="mira", requester="tomasz", apart="Hardware"),
    Plan("passed_on", 6),
    Plan("with_care", 4),
    Plan("closed_by_lead", 6),
    Plan("never_answered", 6, apart="Request"),
    Plan("reopened", 8),
    Plan("only_thanks", 8),
    Plan("held", 7),
    Plan("at_a_vendor_by_phone", 5),
    Plan("no_news", 5),
    Plan("on_behalf", 4),
    Plan("climbed", 28),
    Plan("bounced", 13),
    Plan("ping_pong", 4),
    Plan("expert", 11),
    Plan("at_the_vendor", 6),
    Plan("asked_the_vendor", 4),
    Plan("monitored", 6),
    Plan("triaged", 16, apart="Something else"),
    Plan("withdrawn", 6),
    Plan("spam", 9),
    Plan("cancelled", 4),
    Plan("restored", 2),
    Plan("restricted", 3),
    Plan("redacted", 2),
    Plan("merged", 3),
    Plan("duplicate", 3, apart="Request"),
    Plan("outage", 1),
    Plan("project", 2),
    Plan("split", 2),
    Plan("followed_up", 4),
    Plan("problem", 1),
)

PLANS = (*OPEN, *RESOLVED, *OVER)
