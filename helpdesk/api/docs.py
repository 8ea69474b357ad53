"""The description of the API, and the page that shows it. Both are open: they say nothing about anybody."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny


class ByFormat(DefaultContentNegotiation):
    """`?format=json` or `yaml` where somebody cannot set a header."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return super().select_renderer(
            request, renderers, format_suffix or request.query_params.get("format")
        )


class SchemaDocument(SpectacularAPIView):
    """OpenAPI 3.1, YAML or JSON by `Accept` or `?format=`."""

    renderer_classes = [OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2]
    content_negotiation_class = ByFormat
    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    throttle_classes: list[Any] = []

    @extend_schema(exclude=True)
    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        renderer = request.accepted_renderer
        return HttpResponse(_written(renderer.media_type), content_type=renderer.media_type)


@cache
def _written(media_type: str) -> bytes:
    """The description, once a process: to look at every endpoint takes seconds."""
    renderers: list[Any] = SchemaDocument.renderer_classes
    renderer = next(each for each in renderers if each.media_type == media_type)
    text: bytes = renderer().render(_described(), renderer_context={})
    return text


@cache
def _described() -> Any:
    with translation.override("en"):
        return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")
