"""YAML with line numbers, so that a mapping's error names the line that a person has to mend."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml


class MappingError(Exception):
    """A mapping file cannot be used. `str()` lists every trouble with its line and key."""


class Section:
    """A block of keys in a YAML file. What is asked for is checked; troubles are collected, not raised."""

    def __init__(self, node: yaml.Node, key: str, file: "YamlFile") -> None:
        self.key, self.file, self.line = key, file, node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        self._asked: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            self.trouble("expected a block of `key: value` lines")
            return
        for name, value in node.value:
            if name.value in self._nodes:
                self.trouble(f"`{name.value}` stands here twice", name)
            self._nodes[str(name.value)] = value

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def names(self) -> list[str]:
        return list(self._nodes)

    def trouble(self, text: str, node: yaml.Node | None = None, name: str = "") -> None:
        line = node.start_mark.line + 1 if node is not None else self.line
        place = ".".join(part for part in (self.key, name) if part)
        self.file.troubles.append(f"line {line}, {place or 'file'}: {text}")

    def value(self, name: str) -> Any:
        """The plain value; None where it is missing or `~`."""
        self._asked.add(name)
        node = self._nodes.get(name)
        return None if node is None else plain(node)

    def text(self, name: str, default: str | None = None) -> str:
        value = self.value(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None:
            self.trouble("expected a text", self._nodes[name], name)
        elif default is None:
            self.trouble(f"`{name}` is missing")
        return default or ""

    def choice(self, name: str, options: Iterable[str], default: str | None = None) -> str:
        value, options = self.text(name, default), list(options)
        if value and value not in options:
            self.trouble(f"`{value}` is not one of {', '.join(options)}", self._nodes.get(name), name)
        return value

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.value(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            self.trouble(f"expected a number from {lowest} to {highest}", self._nodes[name], name)
            return default
        return value

    def switch(self, name: str, default: bool) -> bool:
        value = self.value(name)
        if value is not None and not isinstance(value, bool):
            self.trouble("expected true or false", self._nodes[name], name)
        return value if isinstance(value, bool) else default

    def texts(self, name: str) -> list[str]:
        """A list of texts; a single text counts as a list of one."""
        value = self.value(name)
        values = [] if value is None else value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list | bool) or item is None for item in values):
            self.trouble("expected a text or a list of texts", self._nodes[name], name)
            return []
        return [str(item) for item in values]

    def section(self, name: str) -> "Section":
        """A block below; an empty one where it is missing."""
        self._asked.add(name)
        node = self._nodes.get(name) or yaml.MappingNode("", [], _Mark(self.line - 1), _Mark(self.line - 1))
        return Section(node, ".".join(part for part in (self.key, name) if part), self.file)

    def done(self) -> None:
        """Report keys that nobody asked for: a slip of the pen would be ignored otherwise."""
        for name, node in self._nodes.items():
            if name not in self._asked:
                near = difflib.get_close_matches(name, self._asked, 1)
                known = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(self._asked))}"
                self.trouble(f"`{name}` means nothing here; {known}", node)


class _Mark(yaml.Mark):
    def __init__(self, line: int) -> None:
        super().__init__("", 0, line, 0, None, 0)


class YamlFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.troubles: list[str] = []
        self.root = Section(self._compose(), "", self)

    def _compose(self) -> yaml.Node:
        try:
            node = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except FileNotFoundError:
            raise MappingError(f"There is no mapping file {self.path}.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise MappingError(f"{self.path} cannot be read: {error}") from None
        except yaml.YAMLError as error:
            raise MappingError(f"{self.path} is not valid YAML: {error}") from None
        if node is None:
            raise MappingError(f"{self.path} is empty.")
        return node

    def check(self) -> None:
        if self.troubles:
            raise MappingError(f"{self.path} cannot be used:\n  " + "\n  ".join(self.troubles))


def plain(node: yaml.Node) -> Any:
    """A node as Python values. Keys are always texts: `"1": ...` and `1: ...` are the same code."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    finally:
        loader.dispose()
