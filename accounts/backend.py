"""Who somebody is: allauth's rules of logging in, and the person of every request by a query that is planned once."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend as Allauth

from accounts.models import User
from accounts.prepared import Prepared


class AuthenticationBackend(Allauth):
    def user_can_authenticate(self, user: Any) -> bool:
        """An account of a program has no door but its tokens."""
        return bool(super().user_can_authenticate(user)) and not user.is_service

    def _check_password(self, user: Any, password: str) -> Any:
        """As a wrong password: allauth goes on with whom it may not let in, to tell them that they are inactive."""
        return None if user is not None and user.is_service else super()._check_password(user, password)

    def get_user(self, user_id: Any) -> User | None:
        """The person whom a session names, unless they have left."""
        person = _people.first(key=user_id)
        return person if person is not None and self.user_can_authenticate(person) else None


_people = Prepared(lambda key: User.objects.filter(pk=key).order_by(), "key")
