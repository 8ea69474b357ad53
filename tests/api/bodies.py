"""A usable body for each route that takes one, made from the house of the matrix. Areas add theirs."""

from collections.abc import Callable
from typing import Any

House = dict[str, Any]
Body = Callable[[House], Any]

UNTIL = "2026-12-01T08:00:00Z"
ACT = "POST v1/tickets/<str:number>/{}/"
NOTHING: Body = lambda house: {}  # noqa: E731  (a table of small functions)

OF_ACTS: dict[str, Body] = {
    "reply": lambda house: {"text": "Again"},
    "note": lambda house: {"text": "A note"},
    "share": lambda house: {"text": "To the vendor"},
    "ask-news": NOTHING,
    "only-thanks": NOTHING,
    "hand-over": lambda house: {"team": house["team"], "reason": "needs_expertise", "summary": "MTU checked"},
    "accept": NOTHING,
    "return": lambda house: {"reason": "not_ours", "text": "Not ours"},
    "rate-handoff": lambda house: {"rating": "complete"},
    "answer-item": lambda house: {"item": 1},
    "name-owner": lambda house: {"team": house["team"]},
    "propose-reply": lambda house: {"kind": "reply", "text": "Try it"},
    "propose-resolution": lambda house: {"code": "fixed", "summary": "Done"},
    "send-proposal": NOTHING,
    "refuse-proposal": lambda house: {"reason": "No"},
    "invite": lambda house: {"team": house["team"], "until": UNTIL, "question": "Why?"},
    "end-help": lambda house: {"invitation": 1},
    "hand-to-vendor": lambda house: {"team": house["vendor_team"], "summary": "Circuit 7"},
    "chase-vendor": NOTHING,
    "vendor-responsible": lambda house: {"to": house["mira"]},
    "claim-fix": lambda house: {"text": "Replaced"},
    "confirm-fix": NOTHING,
    "refuse-fix": lambda house: {"text": "Still drops"},
    "take": NOTHING,
    "release": NOTHING,
    "assign": lambda house: {"to": house["mira"]},
    "contact": lambda house: {"to": house["mira"]},
    "skip": lambda house: {"reason": "not_my_skill"},
    "wait-requester": lambda house: {"question": "On the cable too?"},
    "wait-vendor": lambda house: {"vendor": house["vendor"]},
    "hold": lambda house: {"reason": "part", "until": UNTIL},
    "resume": NOTHING,
    "promise": lambda house: {"due": UNTIL},
    "resolve": lambda house: {"code": "fixed", "summary": "Done"},
    "reopen": lambda house: {"text": "Again"},
    "close": NOTHING,
    "confirm": NOTHING,
    "rate": lambda house: {"rating": 5},
    "withdraw": NOTHING,
    "cancel": lambda house: {"reason_text": "Replaced"},
    "not-a-request": lambda house: {"reason": "noise"},
    "restore": NOTHING,
    "change": lambda house: {"impact": 2},
    "confirm-priority": NOTHING,
    "override-priority": lambda house: {"priority": 1, "reason": "The ward"},
    "tag": lambda house: {"names": ["wifi"]},
    "untag": lambda house: {"name": "vpn"},
    "watch": NOTHING,
    "unwatch": NOTHING,
    "refer": lambda house: {"system": "Zabbix", "key": "4711"},
    "log-work": lambda house: {"minutes": 5},
    "link": lambda house: {"type": "related", "other": house["problem"]},
    "unlink": lambda house: {"link": house["link"]},
    "merge": lambda house: {"into": house["other"]},
    "split": lambda house: {"message": house["message"], "subject": "Other"},
    "make-article": lambda house: {"kind": "known_error"},
    "problem-record": lambda house: {"root_cause": "MTU"},
    "problem-decide": lambda house: {"decision": "fix", "why": "Firmware"},
    "gather": lambda house: {"incidents": [house["other"]]},
    "restrict": NOTHING,
    "unrestrict": NOTHING,
    "redact-message": lambda house: {"message": house["message"], "reason": "A password"},
    "redact-file": lambda house: {"attachment": house["file"], "reason": "A password"},
    "redact-subject": lambda house: {"subject": "Access", "reason": "A password"},
}

BODIES: dict[str, Body] = {
    **{ACT.format(name): body for name, body in OF_ACTS.items()},
    "POST v1/tickets/": lambda house: {"subject": "VPN", "description": "Drops"},
    "POST v1/tickets/bulk/": lambda house: {
        "act": "tag",
        "tickets": [house["number"]],
        "arguments": {"names": ["wifi"]},
    },
    "POST v1/tickets/take-next/": NOTHING,
    "PATCH v1/tickets/<str:number>/": lambda house: {"impact": 2},
    "POST v1/views/": lambda house: {"name": "Mine"},
    "PATCH v1/views/<int:key>/": lambda house: {"name": "Ours"},
}
