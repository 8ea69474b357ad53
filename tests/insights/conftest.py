from tests.insights.stories import second_desk, story
from tests.sla.conftest import office

__all__ = ["office", "second_desk", "story"]
