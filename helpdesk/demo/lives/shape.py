"""What a shape of life is: how it is written, which texts it needs, how many tickets it makes."""

from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.demo.script import Script

Write = Callable[[Script], None]


@dataclass(frozen=True)
class Life:
    write: Write
    needs: tuple[str, ...]
    tickets: int


LIVES: dict[str, Life] = {}


def life(*needs: str, tickets: int = 1) -> Callable[[Write], Write]:
    """Keep a shape of life by its function's name."""

    def keep(write: Write) -> Write:
        LIVES[write.__name__] = Life(write, needs, tickets)
        return write

    return keep
