"""Uploads: in one go, or begun, appended and finished; videos are worked on for a moment."""

import base64
import time
from typing import Any

from aiohttp import web

from brigade.emulators.x.api import Answer, Routes, json_of
from brigade.emulators.x.problems import Problem, invalid

_MOST = {"dm_image": 5 * 2**20, "dm_gif": 15 * 2**20, "dm_video": 512 * 2**20, "tweet_image": 5 * 2**20}
_WORK = 1.0  # seconds that a video takes
_DAY = 86400


class Media(Routes):
    """``POST /2/media/upload`` and what belongs to it."""

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        path = "/2/media/upload"
        return [
            self.route("POST", path, self._upload, "media"),
            self.route("GET", path, self._status, "media"),
            self.route("POST", path + "/initialize", self._begin, "media"),
            self.route("POST", path + r"/{id:\d{1,19}}/append", self._append, "media"),
            self.route("POST", path + r"/{id:\d{1,19}}/finalize", self._finish, "media"),
        ]

    async def _upload(self, caller: str, request: web.Request) -> Answer:
        said = await _fields(request)
        data = said.get("media")
        if isinstance(data, str):
            try:
                data = base64.b64decode(data, validate=True)
            except ValueError as error:
                raise invalid("media is not base64") from error
        if not isinstance(data, bytes) or not data:
            raise invalid("media is missing")
        category = str(said.get("media_category"))
        kept = self._keep(caller, str(said.get("media_type") or said.get("type") or "image/png"), category, len(data))
        kept["data"] = data
        self._done(kept)
        return 200, {"data": self._shown(kept)}

    async def _begin(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        kept = self._keep(caller, str(said.get("media_type")), str(said.get("media_category")), said["total_bytes"])
        return 200, {"data": self._shown(kept)}

    async def _append(self, caller: str, request: web.Request) -> Answer:
        said = await _fields(request)
        kept = self._mine(caller, request.match_info["id"])
        index = int(said.get("segment_index", -1))
        if not 0 <= index <= 999:
            raise invalid("segment_index is between 0 and 999")
        data = said.get("media")
        kept["parts"][index] = base64.b64decode(data) if isinstance(data, str) else data
        return 200, {"data": {"expires_at": int(time.time()) + _DAY}}

    async def _finish(self, caller: str, request: web.Request) -> Answer:
        kept = self._mine(caller, request.match_info["id"])
        kept["data"] = b"".join(kept["parts"][index] for index in sorted(kept["parts"]))
        if len(kept["data"]) != kept["size"]:
            raise invalid("Segments do not add up to provided total file size.")
        self._done(kept)
        return 200, {"data": self._shown(kept)}

    async def _status(self, caller: str, request: web.Request) -> Answer:
        if request.query.get("command") != "STATUS":
            raise invalid("command is STATUS")
        return 200, {"data": self._shown(self._mine(caller, request.query.get("media_id", "")))}

    def _keep(self, caller: str, kind: str, category: str, size: Any) -> dict[str, Any]:
        if category not in _MOST:
            raise invalid(f"The media_category {category} is not one of those described")
        if not isinstance(size, int) or not 0 < size <= _MOST[category]:
            raise invalid("The media is too large")
        key = self.world.id()
        kept = {"id": key, "owner": caller, "type": kind, "category": category, "size": size, "parts": {}}
        self.world.media[key] = kept | {"state": "pending", "data": b"", "ready_at": 0.0}
        return self.world.media[key]

    def _done(self, kept: dict[str, Any]) -> None:
        working = kept["category"] == "dm_video" or self.world.fault("processing") is not None
        kept["state"] = "in_progress" if working else "succeeded"
        kept["ready_at"] = time.time() + _WORK if working else 0.0

    def _mine(self, caller: str, key: str) -> dict[str, Any]:
        kept = self.world.media.get(key)
        if kept is None or kept["owner"] != caller:
            raise Problem(404, "Not Found Error", f"Could not find media with id: [{key}].", "resource-not-found")
        return kept

    def _shown(self, kept: dict[str, Any]) -> dict[str, Any]:
        if kept["state"] == "in_progress" and time.time() >= kept["ready_at"]:
            kept["state"] = "succeeded"
        found: dict[str, Any] = {"id": kept["id"], "media_key": f"3_{kept['id']}", "expires_after_secs": _DAY}
        found["size"] = kept["size"]
        if kept["ready_at"]:
            found["processing_info"] = {"state": kept["state"], "check_after_secs": 1, "progress_percent": 50}
        return found


async def _fields(request: web.Request) -> dict[str, Any]:
    """JSON or multipart."""
    if request.content_type == "application/json":
        return dict(await json_of(request))
    found: dict[str, Any] = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            found |= {key: value.file.read(), "type": value.content_type}
        else:
            found[key] = value
    return found
