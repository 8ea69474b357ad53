"""Addresses of people and places."""

from django.urls import path

from helpdesk.api.people import people, places

urlpatterns = [
    path("people/", people.People.as_view()),
    path("people/<int:key>/", people.OnePerson.as_view()),
    path("people/<int:key>/deactivate/", people.Deactivation.as_view()),
    path("people/<int:key>/reactivate/", people.Reactivation.as_view()),
    path("people/<int:key>/availability/", people.PersonAvailability.as_view()),
    path("people/<int:key>/away/", people.GoingAway.as_view()),
    path("people/<int:key>/back/", people.ComingBack.as_view()),
    path("people/<int:key>/skills/<int:skill>/", people.PersonSkill.as_view()),
    path("teams/", places.Teams.as_view()),
    path("teams/<int:key>/", places.OneTeam.as_view()),
    path("teams/<int:key>/members/<int:person>/", places.TeamMember.as_view()),
    path("teams/<int:key>/retire/", places.TeamRetirement.as_view()),
    path("teams/<int:key>/revive/", places.TeamRevival.as_view()),
    path("tiers/", places.Tiers.as_view()),
    path("organisations/", places.Organisations.as_view()),
    path("organisations/<int:key>/", places.OneOrganisation.as_view()),
    path("skills/", places.Skills.as_view()),
    path("skills/<int:key>/", places.OneSkill.as_view()),
    path("categories/", places.Categories.as_view()),
]
