"""What the test client answers, as far as tests read it."""

from typing import Protocol


class Answer(Protocol):
    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


def text_of(response: Answer, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()
