"""The request as endpoints see it: behind the frame's permission somebody is known."""

from typing import TYPE_CHECKING

from rest_framework.request import Request as AnyRequest

from accounts.models import User

__all__ = ["AnyRequest", "Request"]


class Request(AnyRequest):
    """For types alone: what comes is the framework's own."""

    if TYPE_CHECKING:
        user: User
