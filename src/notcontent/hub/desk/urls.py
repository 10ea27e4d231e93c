"""The desk's paths. guard.py decides who may reach them; what is not named there needs a second factor."""

from django.urls import include, path

from notcontent.hub.desk import views

_pages = [
    path("", views.overview, name="overview"),
    path("cases/", views.cases, name="cases"),
    path("cases/<str:alias>/", views.case, name="case"),
    path("members/", views.members, name="members"),
    path("register/", views.new_member, name="new_member"),  # not below members/: a member may be called "new"
    path("members/<slug:name>/", views.member, name="member"),
    path("members/<slug:name>/keys/new/", views.new_key, name="new_key"),
    path("members/<slug:name>/keys/<slug:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("audit/", views.audit, name="audit"),
]

urlpatterns = [
    path("account/", include("notcontent.hub.desk.account_urls")),
    path("", include((_pages, "desk"))),
]
