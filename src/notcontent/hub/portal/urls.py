"""The portal's few paths. Everything about a case answers at /case/, so that the address tells nothing."""

from django.urls import path, re_path

from notcontent.hub.portal import threads, views

app_name = "portal"
urlpatterns = [
    path("", views.landing, name="landing"),
    path("open/", views.intake, name="open"),
    path("case/", views.case, name="case"),
    path("help/", views.other_help, name="help"),
    path("leave/", views.leave, name="leave"),
    re_path(r"^static/portal/joined/(?P<thread>worker|film-worker)\.js$", threads.joined_thread, name="joined"),
]
