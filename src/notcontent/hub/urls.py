"""Which face answers which path. Each face keeps its own urls.py."""

from django.urls import include, path

urlpatterns = [
    path("v1/", include("notcontent.hub.api.urls")),
    path("desk/", include("notcontent.hub.desk.urls")),
    path("", include("notcontent.hub.portal.urls")),
]

# Wherever no face answers, and for what nobody foresaw: the portal's calm page, without data.
handler404 = "notcontent.hub.portal.views.nowhere"
handler500 = "notcontent.hub.portal.views.broken"
