"""The one language of filters: lists, addresses, saved views, rules, policies and reports speak it.

A filter is a tree of all, any, not and conditions. `as_q` evaluates it for sets of tickets, `holds` in
plain Python for one ticket; both agree always (tests/tickets/test_vocabulary.py).
"""

from tickets.vocabulary import shipped as shipped
from tickets.vocabulary.addresses import Pill, describe, operator_words, params_from_tree, tree_from_params
from tickets.vocabulary.custom import all_fields, field_named
from tickets.vocabulary.facts import Facts, add_fact, facts_of
from tickets.vocabulary.fields import OP_LABELS, Field, Moment, Op, Unreadable, Word, register, registered
from tickets.vocabulary.trees import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Condition,
    Not,
    Tree,
    as_q,
    condition,
    conditions,
    holds,
    parse,
    to_json,
)
from tickets.vocabulary.types import Code, Flag, Key, Many, Number, Text, Time

__all__ = [
    "EVERYTHING",
    "OP_LABELS",
    "AllOf",
    "AnyOf",
    "Code",
    "Condition",
    "Facts",
    "Field",
    "Flag",
    "Key",
    "Many",
    "Moment",
    "Not",
    "Number",
    "Op",
    "Pill",
    "Text",
    "Time",
    "Tree",
    "Unreadable",
    "Word",
    "add_fact",
    "all_fields",
    "as_q",
    "condition",
    "conditions",
    "describe",
    "facts_of",
    "field_named",
    "holds",
    "operator_words",
    "params_from_tree",
    "parse",
    "register",
    "registered",
    "to_json",
    "tree_from_params",
]
