"""Who somebody is: allauth's rules of logging in, and the person of every request by a query that is planned once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as Allauth

from accounts.models import User
from accounts.prepared import Prepared


class AuthenticationBackend(Allauth):
    def user_can_authenticate(self, user: Any) -> bool:
        """An account of a program has no door but its tokens."""
        return bool(super().user_can_authenticate(user)) and not user.is_service

    def get_user(self, user_id: Any) -> User | None:
        """The person whom a session names, unless they have left."""
        person = _people.first(key=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None


_people = Prepared(lambda key: User.objects.filter(pk=key).order_by(), "key")
