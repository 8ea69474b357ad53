"""`{% translate %}` with constant texts looked up once for each language.

A page of the desk says about ninety texts that never change, and Django resolves, translates and escapes each of
them each time: a twelfth of what the page costs. `install` puts this tag into Django's own library, for one of the same
name beside it is what a check of Django warns of.
"""

from django.template.base import Parser, Token, Variable
from django.template.context import Context
from django.templatetags import i18n
from django.utils.translation import get_language


class SaidOnce(i18n.TranslateNode):
    """`{% translate "a text" %}` without filters, context or `as`: for each language the same every time."""

    def __init__(self, node: i18n.TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop)
        self.said: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if (text := self.said.get(language)) is None:
            text = self.said[language] = super().render(context)
        return text


def install() -> None:
    for name in ("translate", "trans"):
        i18n.register.tag(name, translate)


def translate(parser: Parser, token: Token) -> i18n.TranslateNode:
    node = i18n.do_translate(parser, token)
    return SaidOnce(node) if _is_constant(node) else node


def _is_constant(node: i18n.TranslateNode) -> bool:
    expression = node.filter_expression
    said = expression.var
    plain = isinstance(said, Variable) and said.lookups is None and not expression.filters
    return plain and not node.asvar and not node.message_context
