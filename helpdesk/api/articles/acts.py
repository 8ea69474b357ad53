"""Acts on an article: its way to the readers, and what they say of it."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.response import Response

from helpdesk.api.articles.articles import ArticleEndpoint, answered
from helpdesk.api.articles.inputs import ChangeNote, Remark, Until, Vote, Why
from helpdesk.api.articles.shapes import (
    WHOLE,
    ArticleShape,
)
from helpdesk.api.asking import Request
from helpdesk.api.describing import described
from helpdesk.api.inputs import Nothing
from knowledgebase.operations import reviewing, voting


class CommentShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()


def act(
    name: str,
    summary: str,
    words: str,
    operation: Callable[..., Any],
    body: Any = Nothing,
    sent: Any = None,
    errors: tuple[int, ...] = (409,),
) -> type[ArticleEndpoint]:
    """An endpoint that carries out one operation on an article."""

    class Act(ArticleEndpoint):
        @described(
            summary,
            words,
            request=body,
            response=ArticleShape,
            sent=sent or {},
            example=WHOLE,
            errors=errors,
            writes=True,
            operation=f"{name.replace('-', '_')}_article",
        )
        def post(self, request: Request, key: int) -> Response:
            row = self.readable(key)
            return answered(operation(row, **self.read(body), by=self.person, at=self.at) or row, self.person)

    Act.__name__ = f"{name.title().replace('-', '')}Article"
    return Act


ACTS = {
    "submit": act(
        "submit",
        "Ask for a review",
        "The section's reviewers are asked.",
        reviewing.submit,
        ChangeNote,
        {"note": ""},
    ),
    "approve": act(
        "approve", "Approve a draft", "By a reviewer who has not written in it.", reviewing.approve
    ),
    "send-back": act(
        "send-back",
        "Send a draft back",
        "With what is missing.",
        reviewing.send_back,
        Why,
        {"note": "Add the router's model"},
    ),
    "publish": act(
        "publish",
        "Publish a draft",
        "Readers see it from now on. A section may want a review first.",
        reviewing.publish,
        ChangeNote,
        {"note": "With pictures"},
    ),
    "archive": act("archive", "Archive an article", "Readers see it no more.", reviewing.archive),
    "unarchive": act(
        "unarchive",
        "Take an article out of the archive",
        "Readers see it again as it was.",
        reviewing.unarchive,
    ),
    "still-right": act(
        "still-right",
        "Say that it is still right",
        "It is looked at again by `until`, or in half a year.",
        reviewing.still_right,
        Until,
        {"until": "2027-05-26"},
    ),
}


class ArticleVote(ArticleEndpoint):
    @described(
        "Say whether it helped",
        "Who says it again changes it.",
        request=Vote,
        response=ArticleShape,
        sent={"helped": True},
        example=WHOLE,
        writes=True,
        operation="vote_article",
    )
    def post(self, request: Request, key: int) -> Response:
        row, given = self.readable(key), self.read(Vote)
        helped = given.pop("helped")
        voting.vote(row, is_helpful=helped, **given, by=self.person, at=self.at)
        return answered(row, self.person)


class ArticleComment(ArticleEndpoint):
    @described(
        "A word to the owner",
        "Who is told by mail.",
        request=Remark,
        response=CommentShape,
        status=201,
        sent={"text": "The menu looks different since the update."},
        example={"id": 8},
        writes=True,
        operation="comment_article",
    )
    def post(self, request: Request, key: int) -> Response:
        row = self.readable(key)
        made = voting.comment(row, **self.read(Remark), by=self.person, at=self.at)
        return Response({"id": made.pk}, status=201)
