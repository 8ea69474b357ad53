import re
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledgebase.models.articles import Article


def article_file_path(file: "ArticleFile", filename: str) -> str:
    """A random path: nothing of the name that came from outside reaches the file system."""
    return f"articles/{file.id.hex[:2]}/{file.id.hex}"


class ArticleFile(models.Model):
    """A picture or file of an article. The text names it as `file:NAME`; who reads the article reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    article = models.ForeignKey(Article, models.CASCADE, related_name="files", db_index=False)
    file = models.FileField(upload_to=article_file_path, max_length=120)
    name = models.CharField(_("name"), max_length=150)
    content_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    """In pixels, of a picture: so that the page does not jump when it arrives."""
    uploaded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        verbose_name = _("file of an article")
        verbose_name_plural = _("files of articles")
        constraints = [
            models.UniqueConstraint(fields=["article", "name"], name="one_file_a_name_in_an_article"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.width is not None

    @property
    def reference(self) -> str:
        """How the article's text names it."""
        plain = not re.search(r"[\s()<>]", self.name)
        return f"file:{self.name}" if plain else f"<file:{self.name}>"

    @property
    def address(self) -> str:
        return f"/help/files/{self.pk}/"
