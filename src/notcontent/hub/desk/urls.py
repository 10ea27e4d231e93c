"""The desk's paths. guard.py decides who may reach them; what is not named there needs a second factor."""

from django.urls import include, path

from notcontent.hub.desk import channel_views, source_views, views

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
    path("channels/", channel_views.channels, name="channels"),
    path("channels/seen/", channel_views.seen, name="channels_seen"),
    path("channels/judge/", channel_views.judge, name="channels_judge"),
    path("channels/radar/", channel_views.radar, name="radar"),
    path("channels/sources/", source_views.sources, name="sources"),
    path("channels/sources/file/", source_views.new_source, name="new_source"),
    path("channels/sources/links/", source_views.new_links, name="new_links"),
    path("channels/sources/<int:source>/withdraw/", source_views.withdraw, name="withdraw_source"),
    path("channels/family/<slug:family>/", channel_views.family, name="family"),
    path("channels/family/<slug:family>/file/", channel_views.hand_out, name="hand_out"),
    path("channels/compare/<slug:one>/<slug:other>/", channel_views.compare, name="compare"),
    path("channels/channel/<slug:channel>/", channel_views.channel, name="channel"),
]

urlpatterns = [
    path("account/", include("notcontent.hub.desk.account_urls")),
    path("", include((_pages, "desk"))),
]
