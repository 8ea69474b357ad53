"""The editor of scripts: its steps one by one, the script as text, the drawing beside it, and a dry run.

Everything is written into the article's draft; publishing is an act of its own, as with every article.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.views.answers import UNPROCESSABLE, form_page
from accounts.views.guards import AuthenticatedRequest, for_the_desk
from knowledgebase.forms.scripts import BeginForm, NewStepForm, StepForm, TextForm
from knowledgebase.models import Article, ArticleVersion
from knowledgebase.operations.scripting import Examined, examine
from knowledgebase.operations.writing import write
from knowledgebase.queries.sops import editable_sops
from knowledgebase.refusals import DraftChanged
from knowledgebase.scripts.picture import draw
from knowledgebase.scripts.reading import as_text, from_text, read
from knowledgebase.scripts.spec import LABELS, ONWARD, OTHERWISE, Faulty, Kind, Step, in_words
from knowledgebase.scripts.walking import Answer, walk
from tickets.refusals import Refused

EMPTY: dict[str, Any] = {"start": "", "steps": {}}
UNLINKED = ("next", "cases", "otherwise", "key")
"""Faults with which a step is kept all the same: the steps that it leads to come later."""
LONGEST_TRIAL = 200


@require_GET
@for_the_desk
def editor(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """All steps with where they lead and what is wrong with them; the drawing beside."""
    article = sop_or_404(request, pk)
    return _editor(request, article)


@require_POST
@for_the_desk
def begin(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """With which step it begins, and whether the caller is verified."""
    article = sop_or_404(request, pk)
    script = script_of_draft(article)
    form = BeginForm(request.POST, steps=_keys(script), initial=script)
    if form.is_valid():
        changed = {**script, **form.cleaned_data}
        if not changed["requires_verification"]:
            changed.pop("requires_verification")
        return _saved(request, article, changed, _("Saved in the draft."))
    return _editor(request, article, begin=form)


@require_http_methods(["GET", "POST"])
@for_the_desk
def step(request: AuthenticatedRequest, pk: int, key: str) -> HttpResponse:
    """One step. What it lead to it by name is renamed with it."""
    article = sop_or_404(request, pk)
    script = script_of_draft(article)
    raw = script["steps"].get(key)
    if raw is None:
        raise Http404
    raw = raw if isinstance(raw, Mapping) else {}
    kind = _kind(request.GET.get("kind") or raw.get("kind"))
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, kind=kind, steps=_keys(script), raw=raw, key=key)
    if form.is_valid():
        return _save_step(request, article, script, form, key)
    return _step_page(request, article, form, key, script)


@require_http_methods(["GET", "POST"])
@for_the_desk
def new_step(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A step of the kind that is asked for."""
    article = sop_or_404(request, pk)
    script = script_of_draft(article)
    kind = _kind(request.GET.get("kind"))
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, kind=kind, steps=_keys(script))
    if form.is_valid():
        return _save_step(request, article, script, form, "")
    return _step_page(request, article, form, "", script)


@require_POST
@for_the_desk
def delete_step(request: AuthenticatedRequest, pk: int, key: str) -> HttpResponse:
    article = sop_or_404(request, pk)
    script = script_of_draft(article)
    if key not in script["steps"]:
        raise Http404
    steps = {name: step for name, step in script["steps"].items() if name != key}
    return _saved(request, article, {**script, "steps": steps}, _("The step is gone from the draft."))


@require_http_methods(["GET", "POST"])
@for_the_desk
def text(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """The whole script as YAML. A text that cannot be read is not kept; what else is wrong, the editor shows."""
    article = sop_or_404(request, pk)
    script = script_of_draft(article)
    data = request.POST if request.method == "POST" else None
    form = TextForm(data, initial={"yaml": as_text(script)})
    faults: list[Any] = []

    def show(why: str = "") -> HttpResponse:
        fresh = sop_or_404(request, pk)
        if why:
            form.add_error(None, why)
        return form_page(
            request, "knowledgebase/scripts/text.html", form, faults=faults, **about(fresh), here="text"
        )

    if not form.is_valid():
        return show()
    try:
        typed = from_text(form.cleaned_data["yaml"])
    except Faulty as faulty:
        faults = list(faulty.faults)
        form.add_error("yaml", " ".join(map(str, faults)))
        return show()
    return _saved(request, article, typed, _("Saved in the draft."), show)


@require_GET
@for_the_desk
def trial(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """A dry run of the draft: the answers stand in the address, and nothing is written."""
    article = sop_or_404(request, pk)
    examined = examine(script_of_draft(article), of=article)
    context = {**about(article), "examined": examined, "here": "try"}
    if not examined.faults:
        given = request.GET.getlist("a")[:LONGEST_TRIAL]
        context |= _tried(examined, given, request.GET.getlist("t")[:LONGEST_TRIAL])
    return render(request, "knowledgebase/scripts/trial.html", context)


# --- shared with the other pages of a script ---


def sop_or_404(request: AuthenticatedRequest, pk: int) -> Article:
    found = editable_sops(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def script_of_draft(article: Article) -> dict[str, Any]:
    """What the draft says, or where there is none, what is published; as people write it."""
    version = version_of(article)
    script = in_words(version.script) if version else None
    if not isinstance(script, Mapping) or not isinstance(script.get("steps"), Mapping):
        return dict(EMPTY)
    return dict(script)


def version_of(article: Article) -> ArticleVersion | None:
    return article.draft or article.published


def about(article: Article) -> dict[str, Any]:
    version = version_of(article)
    return {
        "article": article,
        "version": version,
        "base": f"{version.number}.{version.revision}" if version else "",
    }


# --- below ---


def _keys(script: Mapping[str, Any]) -> list[str]:
    return [str(key) for key in script["steps"]]


def _kind(name: Any) -> Kind:
    try:
        return Kind(str(name))
    except ValueError:
        return Kind.INSTRUCTION


def _save_step(
    request: AuthenticatedRequest, article: Article, script: dict[str, Any], form: StepForm, key: str
) -> HttpResponse:
    name = form.cleaned_data["key"]
    steps = {name if known == key else known: step for known, step in script["steps"].items()}
    steps[name] = form.raw
    changed = {**script, "steps": steps}
    if key and key != name:
        changed = _renamed(changed, key, name)
    if not changed["start"]:
        changed["start"] = name
    wrong = [fault for fault in read(changed)[1] if fault.step == name and fault.field not in UNLINKED]
    for fault in wrong:
        form.add_error(fault.field if fault.field in form.fields else None, fault.message)
    if wrong:
        return _step_page(request, article, form, key, script)

    def again(why: str) -> HttpResponse:
        form.add_error(None, why)
        fresh = sop_or_404(request, article.pk)
        return _step_page(request, fresh, form, key, script_of_draft(fresh))

    told = _("“%(step)s” is saved in the draft.") % {"step": name}
    return _saved(request, article, changed, told, again)


def _renamed(script: dict[str, Any], before: str, after: str) -> dict[str, Any]:
    """Lead all that led to a step to its new name."""

    def lead(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: lead(to) for name, to in value.items()}
        return after if value == before else value

    names = ("next", "cases", "otherwise", "of")
    steps = {
        key: {name: lead(value) if name in names else value for name, value in step.items()}
        if isinstance(step, Mapping)
        else step
        for key, step in script["steps"].items()
    }
    return {**script, "start": lead(script["start"]), "steps": steps}


def _saved(
    request: AuthenticatedRequest,
    article: Article,
    script: Mapping[str, Any],
    told: str,
    again: Callable[[str], HttpResponse] | None = None,
) -> HttpResponse:
    """Write the draft and go back to the editor; `again` shows what was typed once more, with why it is not kept."""
    try:
        write(article, script=dict(script), base=_base(request), by=request.user, at=timezone.now())
    except DraftChanged as changed:
        theirs = changed.theirs.written_by
        why = _(
            "%(name)s has saved this script since you opened it. Look at it, then save yours again on top."
        ) % {"name": theirs.name if theirs else _("Somebody")}
    except Refused as refused:
        why = str(refused)
    else:
        messages.success(request, told)
        return redirect("script-edit", article.pk)
    if again is not None:
        return again(why)
    messages.error(request, why)
    return redirect("script-edit", article.pk)


def _base(request: AuthenticatedRequest) -> tuple[int, int] | None:
    number, _dot, revision = request.POST.get("base", "").partition(".")
    usable = all(part.isascii() and part.isdecimal() and len(part) < 9 for part in (number, revision))
    return (int(number), int(revision)) if usable else None


def _editor(
    request: AuthenticatedRequest, article: Article, *, begin: BeginForm | None = None
) -> HttpResponse:
    script = script_of_draft(article)
    examined = examine(script, of=article)
    context = {
        **about(article),
        "here": "edit",
        "begin": begin or BeginForm(steps=_keys(script), initial=script),
        "new": NewStepForm(),
        "lines": [_line(key, examined) for key in _keys(script)],
        "faults": examined.of_all,
        "is_usable": not examined.faults,
        "picture": _picture(article, examined),
    }
    status = UNPROCESSABLE if begin is not None else 200
    return render(request, "knowledgebase/scripts/editor.html", context, status=status)


def _line(key: str, examined: Examined) -> dict[str, Any]:
    """A step in the list of the editor."""
    step = examined.script.steps.get(key)
    return {
        "key": key,
        "step": step,
        "kind": LABELS[step.kind] if step else "",
        "is_start": key == examined.script.start,
        "ways": _ways(step) if step else [],
        "faults": examined.of_step(key),
    }


def _ways(step: Step) -> list[tuple[str, str]]:
    return [(step.says(answer), to) for answer, to in step.next.items()]


def _picture(article: Article, examined: Examined, here: str = "") -> Any:
    title = _("The flow of “%(name)s”") % {"name": article}
    faulty = {fault.step for fault in examined.faults}
    drawn = draw(examined.script, title=title, here=here, faulty=faulty)
    return mark_safe(drawn)  # noqa: S308  (words are escaped where it is drawn)


def _step_page(
    request: AuthenticatedRequest, article: Article, form: StepForm, key: str, script: Mapping[str, Any]
) -> HttpResponse:
    faults = examine(script, of=article).of_step(key) if key and not form.is_bound else []
    return form_page(
        request,
        "knowledgebase/scripts/step.html",
        form,
        **about(article),
        key=key,
        kind=form.kind,
        kind_label=LABELS[form.kind],
        faults=faults,
        kinds=[(str(kind), label) for kind, label in LABELS.items()],
        fields=[bound for bound in form.visible_fields() if bound.name != "key"],
    )


def _tried(examined: Examined, given: list[str], told: list[str]) -> dict[str, Any]:
    """Where these answers lead. `told` says of fields of the ticket what they are: `kind=incident`."""
    readings = {name: [value.casefold()] for name, _is, value in (each.partition("=") for each in told)}
    answers: dict[int, Answer] = {}
    position = walk(examined.script, answers, readings)
    for value in given:
        if position.is_ended or position.needs:
            break
        answers[position.place] = Answer(position.step.key, value)
        after = walk(examined.script, answers, readings)
        if after.place == position.place:
            break
        position = after
    step = position.step
    cases = [case for case in step.next if case != OTHERWISE] if position.needs else []
    return {
        "path": position.path,
        "step": step,
        "kind": LABELS[step.kind],
        "needs": position.needs,
        "cases": cases,
        "answers": step.answers(),
        "is_typed": step.kind in (Kind.TEXT, Kind.NUMBER),
        "is_onward": ONWARD in step.answers() and step.kind not in (Kind.TEXT, Kind.NUMBER),
        "given": given[: position.place],
        "told": told,
        "drawn": mark_safe(  # noqa: S308  (words are escaped where it is drawn)
            draw(examined.script, title=_("The flow, and where you are in it"), here=step.key)
        ),
    }
