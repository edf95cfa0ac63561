"""Why a URL does not become a logo, in a sentence that says what to do; and when to ask again."""

from api.errors import RateLimitedError, UnavailableError


class LogoError(Exception):
    """`message` is for whoever gave the URL. `code`: `not_fetched` or `not_a_picture`."""

    def __init__(self, message: str, code: str = "not_a_picture") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class TooManyFetchesError(RateLimitedError):
    message = "Too many pictures were fetched for this organization within the hour."

    def __init__(self, seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(seconds)})


class LogoGoneError(UnavailableError):
    message = "The picture was replaced at this moment: try again, and it is fetched anew."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class DecoderBusyError(UnavailableError):
    message = "Too many pictures are being read at this moment: try again."

    def __init__(self, seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(seconds)})
