"""The portal's few paths. Everything about a case answers at /case/, so that the address tells nothing."""

from django.urls import path

from notcontent.hub.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("open/", views.intake, name="open"),
    path("case/", views.case, name="case"),
    path("help/", views.other_help, name="help"),
    path("leave/", views.leave, name="leave"),
]
