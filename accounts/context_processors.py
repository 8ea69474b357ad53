from django.http import HttpRequest  # noqa: TID251  (a context processor is of the web)
from django.utils.functional import SimpleLazyObject

from accounts.current import current_desk


def desk(request: HttpRequest) -> dict[str, object]:
    """`desk` in every template: name, phone and hours. Read when a template asks, and not again for seconds."""
    return {"desk": SimpleLazyObject(current_desk)}
