from django.urls import path

from tickets.settings import views

urlpatterns = [
    path("categories/", views.categories, name="settings-categories"),
    path("categories/new/", views.category, name="settings-category-new"),
    path("categories/<int:pk>/", views.category, name="settings-category"),
    path("categories/<int:pk>/move/", views.move_category, name="settings-category-move"),
    path("writing/", views.writing, name="settings-writing"),
    path("writing/<int:pk>/<int:level>/remove/", views.remove_writing, name="settings-writing-remove"),
    path("fields/", views.fields, name="settings-fields"),
    path("fields/new/", views.field, name="settings-field-new"),
    path("fields/<int:pk>/", views.field, name="settings-field"),
    path("matrix/", views.matrix, name="settings-matrix"),
    path("replies/", views.replies, name="settings-replies"),
    path("replies/new/", views.reply, name="settings-reply-new"),
    path("replies/<int:pk>/", views.reply, name="settings-reply"),
    path("replies/<int:pk>/delete/", views.delete_reply, name="settings-reply-delete"),
]
