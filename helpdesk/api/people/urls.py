"""Addresses of people and teams."""

from django.urls import path

from helpdesk.api.people import organisations, people, skills, teams

urlpatterns = [
    path("people/", people.People.as_view()),
    path("people/<int:key>/", people.OnePerson.as_view()),
    path("people/<int:key>/deactivate/", people.Deactivation.as_view()),
    path("people/<int:key>/reactivate/", people.Reactivation.as_view()),
    path("people/<int:key>/availability/", people.PersonAvailability.as_view()),
    path("people/<int:key>/away/", people.GoingAway.as_view()),
    path("people/<int:key>/back/", people.ComingBack.as_view()),
    path("people/<int:key>/skills/<int:skill>/", people.PersonSkill.as_view()),
    path("teams/", teams.Teams.as_view()),
    path("teams/<int:key>/", teams.OneTeam.as_view()),
    path("teams/<int:key>/members/<int:person>/", teams.TeamMember.as_view()),
    path("teams/<int:key>/retire/", teams.TeamRetirement.as_view()),
    path("teams/<int:key>/revive/", teams.TeamRevival.as_view()),
    path("tiers/", teams.Tiers.as_view()),
    path("organisations/", organisations.Organisations.as_view()),
    path("organisations/<int:key>/", organisations.OneOrganisation.as_view()),
    path("skills/", skills.Skills.as_view()),
    path("skills/<int:key>/", skills.OneSkill.as_view()),
]
