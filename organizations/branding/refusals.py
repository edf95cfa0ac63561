"""Why a URL does not become a logo, in a sentence that says what to do."""


class LogoError(Exception):
    """`message` is for whoever gave the URL. `code`: `not_fetched` or `not_a_picture`."""

    def __init__(self, message: str, code: str = "not_a_picture") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
