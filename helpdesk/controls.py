"""Controls of forms without templates: a page of settings has hundreds, and each would run through three of them.

What is written is what Django's own templates write, character by character (tests/helpdesk/test_controls.py). Kinds
that are rare are left to those.
"""

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape

FOLDER = "django/forms/widgets/"
INPUTS = frozenset(
    f"{FOLDER}{kind}.html"
    for kind in (
        "text",
        "number",
        "email",
        "url",
        "password",
        "hidden",
        "checkbox",
        "date",
        "time",
        "datetime",
    )
)
OPTION = f"{FOLDER}select_option.html"


class Controls(DjangoTemplates):
    """Renders inputs, areas of text, choices and lists of errors that are empty by itself."""

    def render(
        self, template_name: str, context: Mapping[str, Any], request: HttpRequest | None = None
    ) -> str:
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == f"{FOLDER}textarea.html":
            return _textarea(context["widget"])
        if template_name == f"{FOLDER}select.html" and _has_plain_options(context["widget"]):
            return _select(context["widget"])
        if template_name == "django/forms/errors/list/default.html" and not context["errors"]:
            return ""
        return super().render(template_name, dict(context), request)


def _input(widget: Mapping[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    return (
        f'<input type="{_shown(widget["type"])}" name="{_shown(widget["name"])}"{value}{_attributes(widget)}>'
    )


def _textarea(widget: Mapping[str, Any]) -> str:
    text = _shown(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{_shown(widget["name"])}"{_attributes(widget)}>\n{text}</textarea>'


def _select(widget: Mapping[str, Any]) -> str:
    parts = [f'<select name="{_shown(widget["name"])}"{_attributes(widget)}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{_shown(group)}">')
        parts += [f"\n  {_option(option)}\n" for option in options]
        if group:
            parts.append("\n  </optgroup>")
    parts.append("\n</select>")
    return "".join(parts)


def _has_plain_options(widget: Mapping[str, Any]) -> bool:
    return all(
        option["template_name"] == OPTION
        for _group, options, _index in widget["optgroups"]
        for option in options
    )


def _option(option: Mapping[str, Any]) -> str:
    return f'<option value="{_text(option["value"])}"{_attributes(option)}>{_shown(option["label"])}</option>'


def _attributes(widget: Mapping[str, Any]) -> str:
    return "".join(
        f" {_shown(name)}" if value is True else f' {_shown(name)}="{_text(value)}"'
        for name, value in widget["attrs"].items()
        if value is not False
    )


def _text(value: object) -> str:
    """Never in the way of a language: 1000 and not 1,000."""
    return conditional_escape(value if isinstance(value, str) else str(value))


def _shown(value: object) -> str:
    return conditional_escape(value if isinstance(value, str) else str(localize(value)))
