"""Sockets and streams of runs. Ids are read by the consumers, which answer bad ones like unknown ones."""

from __future__ import annotations

from django.urls import URLPattern, re_path

from apps.robots.consumers import NoSuchSocket, RunLogsConsumer, RunLogsStream

websocket_urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/ws/runs/(?P<run_id>[^/]+)/logs/?\Z", RunLogsConsumer.as_asgi()),
    re_path(r"", NoSuchSocket.as_asgi()),
]
stream_urlpatterns: list[URLPattern] = [
    re_path(r"^api/v1/runs/(?P<run_id>[^/]+)/logs/stream/?\Z", RunLogsStream.as_asgi()),
]
