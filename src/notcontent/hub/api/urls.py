"""The API's paths, all below /v1."""

from django.urls import path, re_path

from notcontent.hub.api import views

urlpatterns = [
    path("feed", views.feed),
    path("feed/snapshot", views.snapshot),
    path("hub", views.hub),
    path("health", views.health),
    re_path("", views.unknown, name="unknown"),
]
