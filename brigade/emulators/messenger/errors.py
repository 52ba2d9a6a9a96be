"""What the Graph API refuses, as it says so."""

import secrets
from typing import Any

_MESSAGES = {
    (1, None): "An unknown error has occurred.",
    (2, None): "Service temporarily unavailable",
    (4, None): "(#4) Application request limit reached",
    (10, 2018065): "(#10) This message is sent by an app without the pages_messaging permission.",
    (10, 2018108): "(#10) This person cannot receive messages right now.",
    (10, 2018278): "(#10) This message is sent outside of allowed window.",
    (10, 1893063): "(#10) This Page is restricted.",
    (100, None): "(#100) Invalid parameter",
    (100, 33): "Unsupported request. Object does not exist, cannot be loaded due to missing permissions.",
    (100, 2018001): "(#100) No matching user found",
    (100, 2018008): "(#100) Failed to fetch the file from the url",
    (100, 2018014): "(#100) Message and sender action cannot be sent together.",
    (100, 2018034): "(#100) Message cannot be empty, must provide valid attachment or text",
    (100, 2018074): "(#100) Invalid attachment id.",
    (100, 2018276): "(#100) The HUMAN_AGENT tag is not approved for this app.",
    (100, 2018300): "(#100) Message failed to send because another app is controlling this thread now.",
    (190, 463): "Error validating access token: Session has expired.",
    (190, None): "Invalid OAuth access token - Cannot parse access token",
    (200, 2018218): "(#200) No profile available for this user.",
    (200, 2018247): "(#200) Insufficient permission to access user profile.",
    (368, None): "(#368) The action attempted has been deemed abusive or is otherwise disallowed",
    (551, 1545041): "(#551) This person isn't available right now.",
    (613, None): "(#613) Calls to this api have exceeded the rate limit.",
    (80006, None): "(#80006) There have been too many calls for this Page's messages.",
}
_STATUS = {1: 500, 2: 500, 10: 403, 200: 403}


class GraphError(Exception):
    """Answered as the Graph API answers; ``code`` and ``subcode`` decide, the text does not."""

    def __init__(self, code: int, subcode: int | None = None, message: str | None = None) -> None:
        self.code = code
        self.subcode = subcode
        self.message = message or _MESSAGES.get((code, subcode)) or _MESSAGES.get((code, None)) or f"(#{code}) Error"
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """HTTP."""
        return _STATUS.get(self.code, 400)

    def body(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            found["error_subcode"] = self.subcode
        return {"error": found | {"fbtrace_id": "A" + secrets.token_urlsafe(16)}}
