from django.urls import path

from tickets.settings.views import categories, fields, matrix, statuses, writing

urlpatterns = [
    path("categories/", categories.categories, name="settings-categories"),
    path("categories/new/", categories.category, name="settings-category-new"),
    path("categories/<int:pk>/", categories.category, name="settings-category"),
    path("categories/<int:pk>/move/", categories.move_category, name="settings-category-move"),
    path("categories/<int:pk>/place/", categories.place_category, name="settings-category-place"),
    path("categories/<int:pk>/retire/", categories.retire_category, name="settings-category-retire"),
    path("writing/", writing.writing, name="settings-writing"),
    path("writing/<int:pk>/<int:level>/remove/", writing.remove_writing, name="settings-writing-remove"),
    path("fields/", fields.fields, name="settings-fields"),
    path("fields/order/", fields.order, name="settings-fields-order"),
    path("fields/new/", fields.field, name="settings-field-new"),
    path("fields/<int:pk>/", fields.field, name="settings-field"),
    path("statuses/", statuses.statuses, name="settings-statuses"),
    path("matrix/", matrix.matrix, name="settings-matrix"),
]
