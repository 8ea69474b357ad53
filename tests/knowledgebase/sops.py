"""Scripts for tests, written and published as people do it."""

from datetime import datetime
from typing import Any

import yaml

from accounts.models import User
from knowledgebase.models import Article, ArticleAudience, ArticleKind, Run, Section
from knowledgebase.operations.reviewing import publish
from knowledgebase.operations.running import answer
from knowledgebase.operations.writing import create_article

WIFI = """
start: device
steps:
  device:
    kind: choice
    text: "Which device?"
    options: {laptop: A laptop, phone: A phone}
    next: {laptop: switch, phone: hand}
  switch: {kind: yes_no, text: "Is Wi-Fi on?", fills: tried, next: {yes: address, no: turn}}
  turn: {kind: instruction, text: Turn it on, next: fixed}
  fixed: {kind: yes_no, text: "Does it work?", next: {yes: done, no: address}}
  address:
    kind: text
    label: The address it got
    pattern: "[0-9.]+"
    fills: "checklist:The address is noted"
    next: hand
  done: {kind: outcome, act: resolve, code: fixed, text: The switch was off.}
  hand: {kind: outcome, act: hand_over, tier: L2, reason: needs_expertise, text: Wi-Fi does not come up.}
"""

PASSWORD = """
start: verify
requires_verification: true
steps:
  verify: {kind: verify, text: Who is it, ways: [call_back, code, manager], next: {passed: reset, failed: refused}}
  reset: {kind: action, webhook: Directory, text: Reset the password, next: {ok: wait, failed: hand}}
  wait: {kind: timer, minutes: 5, text: Let it spread, next: done}
  done: {kind: outcome, act: resolve, code: fulfilled, text: Your password is new.}
  hand: {kind: outcome, act: hand_over, tier: L2, text: The directory refuses.}
  refused: {kind: outcome, act: next_sop, sop: suspicious-call}
"""


def sop(
    text: str,
    *,
    by: User,
    at: datetime,
    title: str = "Wi-Fi",
    audience: str = ArticleAudience.L1,
    **facts: Any,
) -> Article:
    """A published script."""
    section = (
        facts.pop("section", None) or Section.objects.get_or_create(slug="desk", defaults={"name": "Desk"})[0]
    )
    script = yaml.safe_load(text)
    article = create_article(
        section=section,
        title=title,
        kind=ArticleKind.SOP,
        audience=audience,
        script=script,
        by=by,
        at=at,
        **facts,
    )
    return publish(article, by=by, at=at)


def go(run: Run, *answers: tuple[str, str], by: User, at: datetime) -> Run:
    """Answer where the run stands, one after the other."""
    for step, value in answers:
        run.refresh_from_db()
        run = answer(run, place=run.place, step=step, value=value, by=by, at=at)
    return run
