"""Which face answers which path. Each face keeps its own urls.py."""

from django.urls import include, path

urlpatterns = [
    path("v1/", include("notcontent.hub.api.urls")),
    path("desk/", include("notcontent.hub.desk.urls")),
    path("", include("notcontent.hub.portal.urls")),
]
