"""Addresses of vendors."""

from django.urls import path

from helpdesk.api.vendors import views

urlpatterns = [
    path("vendors/", views.Vendors.as_view()),
    path("vendors/<int:key>/", views.OneVendor.as_view()),
    path("vendors/<int:key>/contracts/", views.Contracts.as_view()),
    path("vendors/<int:key>/contracts/<int:contract>/", views.OneContract.as_view()),
    path("vendors/<int:key>/contacts/", views.Contacts.as_view()),
    path("vendors/<int:key>/contacts/<int:contact>/", views.OneContact.as_view()),
]
