"""YAML that knows its lines: a refusal of any part of a text says where it stands. Of JSON, only the place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from django.utils.translation import gettext as _

from tickets.refusals import Invalid

LONGEST_TEXT = 200_000


@dataclass(frozen=True)
class Piece:
    """A part of the text: `value` is a dict or list of pieces, or a plain value."""

    value: Any
    path: str
    line: int
    """0 where it comes from no text."""

    def refuse(self, message: str) -> NoReturn:
        """Raise it with line and place."""
        if not self.line:
            raise Invalid(f"{self.path}: {message}" if self.path else message, field=self.path)
        where = _("Line %(line)d") % {"line": self.line} + (f", {self.path}" if self.path else "")
        raise Invalid(f"{where}: {message}", field=self.path or "yaml", line=self.line)

    def mapping(self, keys: Iterable[str] | None) -> "Mapping[str, Piece]":
        """Its parts by name; other names than `keys` are refused."""
        if not isinstance(self.value, dict):
            self.refuse(_("Here is expected: names with values (“name: value”)."))
        known = None if keys is None else list(keys)
        for name, piece in self.value.items():
            if known is not None and name not in known:
                piece.refuse(
                    _("“%(name)s” is not known here. Choose from: %(known)s.")
                    % {"name": name, "known": ", ".join(known)}
                )
        return self.value

    def items(self) -> "list[Piece]":
        if not isinstance(self.value, list):
            self.refuse(_("Here is expected: a list (“[one, two]”)."))
        return self.value

    def text(self) -> str:
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if self.value is None or isinstance(self.value, dict | list):
            self.refuse(_("Here is expected: a text."))
        return str(self.value)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self.refuse(_("Here is expected: true or false."))
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.refuse(_("Here is expected: a number."))
        return self.value


class _Loader(yaml.SafeLoader):
    """Without aliases: they let a few lines stand for billions."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, _("aliases (*name) are not read"), event.start_mark)
        return super().compose_node(parent, index)


def parse(text: str) -> Piece:
    """The text as pieces that know their lines.

    Raises:
        Invalid: it is too long, empty or no YAML.
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid(_("The text is too long for a policy."), field="yaml")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise Invalid(_("The text is empty."), field="yaml")
        return _piece(loader, node, "")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Invalid(
            _("Line %(line)d: this is no YAML: %(problem)s.") % {"line": line, "problem": error.problem},
            field="yaml",
            line=line,
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(_("The text cannot be read as YAML."), field="yaml") from error


def pieces(value: Any, path: str = "") -> Piece:
    """The same of values that were read already, such as the body of a request."""
    if isinstance(value, Mapping):
        return Piece(
            {str(key): pieces(each, f"{path}.{key}".lstrip(".")) for key, each in value.items()}, path, 0
        )
    if isinstance(value, list):
        return Piece([pieces(each, f"{path}[{n}]") for n, each in enumerate(value, start=1)], path, 0)
    return Piece(value, path, 0)


def _piece(loader: yaml.SafeLoader, node: yaml.Node, path: str) -> Piece:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Piece] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                Piece(None, f"{path}.{name}".lstrip("."), key.start_mark.line + 1).refuse(
                    _("“%(name)s” stands here twice.") % {"name": name}
                )
            found[name] = _piece(loader, value, f"{path}.{name}".lstrip("."))
        return Piece(found, path, line)
    if isinstance(node, yaml.SequenceNode):
        return Piece(
            [_piece(loader, each, f"{path}[{n}]") for n, each in enumerate(node.value, start=1)], path, line
        )
    return Piece(loader.construct_object(node), path, line)
