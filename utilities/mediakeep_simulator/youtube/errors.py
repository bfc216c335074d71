"""The errors of the YouTube Data API: each reason has an HTTP status and a message."""

from __future__ import annotations

import msgspec

from mediakeep_simulator.http_types import SimulatorResponse

_ERRORS = {  # developers.google.com/youtube/v3/docs/errors
    "authError": (401, "Invalid Credentials"),
    "backendError": (503, "Backend Error"),
    "captionExists": (409, "The video already has captions of this language and name."),
    "forbidden": (403, "The request is not properly authorized."),
    "invalidCategoryId": (400, "The snippet.categoryId property has an invalid value."),
    "invalidContentRange": (400, "Invalid request. Failed to parse Content-Range header."),
    "invalidDescription": (400, "The request metadata specifies an invalid video description."),
    "invalidImage": (400, "The provided image content is invalid."),
    "invalidPublishAt": (400, "The request metadata specifies an invalid publishing time."),
    "invalidTags": (400, "The request metadata specifies invalid video keywords."),
    "invalidTitle": (400, "The request metadata specifies an invalid or empty video title."),
    "invalidVideoMetadata": (400, "The request metadata is invalid."),
    "mediaBodyRequired": (400, "The request does not include the video content."),
    "missingRequiredParameter": (400, "No filter selected, or a parameter is missing."),
    "notFound": (404, "Not Found"),
    "playlistNotFound": (404, "The playlist cannot be found."),
    "quotaExceeded": (403, "The request cannot be completed because you have exceeded your quota."),
    "rateLimitExceeded": (403, "Rate Limit Exceeded"),
    "sessionExpired": (410, "Gone"),
    "uploadLimitExceeded": (400, "The user has exceeded the number of videos they may upload."),
    "videoNotFound": (404, "Video not found."),
}
_DOMAINS = {"quotaExceeded": "youtube.quota", "rateLimitExceeded": "usageLimits"}


class YoutubeApiError(Exception):
    """Raised to respond with an error, given by its reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def error_response(reason: str, status: int = 0) -> SimulatorResponse:
    """Return the error response for a reason; another status than its own may be given."""
    own, message = _ERRORS.get(reason, (status or 500, reason))
    detail = {"message": message, "domain": _DOMAINS.get(reason, "global"), "reason": reason}
    error = {"code": status or own, "message": message, "errors": [detail]}
    return SimulatorResponse(status or own, msgspec.json.encode({"error": error}))
