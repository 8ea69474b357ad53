"""History in sentences: for the desk, for requesters in plain words, for a vendor's guests."""

from tickets.sentences.names import Line, Names
from tickets.sentences.progress import Step, Where, steps, steps_of, where
from tickets.sentences.saying import register, sentence, sentences
from tickets.sentences.timeline import Item, timeline

__all__ = [
    "Item",
    "Line",
    "Names",
    "Step",
    "Where",
    "register",
    "sentence",
    "sentences",
    "steps",
    "steps_of",
    "timeline",
    "where",
]
