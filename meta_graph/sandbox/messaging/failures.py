"""Meta's codes for messages: their titles and what they say in detail.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from meta_graph.sandbox.graph.errors import GraphError
from meta_graph.sandbox.wsgi import Json

HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
TITLES = {
    100: ("Invalid parameter", "One of the parameters is not valid."),
    130429: ("Rate limit hit", "Cloud API message throughput has been reached."),
    130472: ("User's number is part of an experiment", "The message was not sent as part of an experiment."),
    130497: (
        "Business account is restricted from messaging users in this country.",
        ("The country is not allowed."),
    ),
    131000: ("Something went wrong", "The message failed for a reason that is not known."),
    131008: ("Required parameter is missing", "A parameter that is required is missing."),
    131009: ("Parameter value is not valid", "A value of a parameter is not valid."),
    131016: ("Service unavailable", "A service is temporarily not available."),
    131021: ("Recipient cannot be sender", "The recipient's number is the sender's."),
    131026: ("Message undeliverable", "The message cannot be delivered to this recipient."),
    131030: ("Recipient phone number not in allowed list", "The number is not in the list of recipients."),
    131031: ("Business Account locked", "The account has been locked."),
    131037: ("Display name not approved", "The number's display name must be approved first."),
    131042: ("Business eligibility payment issue", "There is an error with the payment method."),
    131045: ("Incorrect certificate", "The number is not registered as it should be."),
    131047: (
        "Re-engagement message",
        (
            "Message failed to send because more than 24 hours have passed since the"
            " customer last replied to this number."
        ),
    ),
    131048: ("Spam rate limit hit", "Too many messages of this number were blocked or flagged as spam."),
    131049: (
        "This message was not delivered to maintain healthy ecosystem engagement.",
        ("Meta chose not to deliver it."),
    ),
    131050: (
        "Unable to deliver the message",
        ("The recipient has chosen to stop marketing messages of this business."),
    ),
    131051: ("Unsupported message type", "Message type is currently not supported."),
    131052: ("Media download error", "The media of the user's message could not be downloaded."),
    131053: ("Media upload error", "The media of the message could not be uploaded."),
    131056: (
        "(Business Account, Consumer Account) pair rate limit hit",
        ("Too many messages from this number to the same person in a short time."),
    ),
    131057: ("Account in maintenance mode", "The account is in maintenance mode."),
    131060: ("This message is unavailable.", "The message is of a type that cannot be shown here."),
    131062: ("Business-scoped user id not supported", "Authentication templates need a phone number."),
    132000: ("Template param count mismatch", "The number of parameters is not the template's."),
    132001: ("Template does not exist", "The template does not exist in that language, or is not approved."),
    132012: ("Template parameter format mismatch", "A parameter is not of the template's form."),
    132015: ("Template is paused", "The template is paused because of low quality."),
    132016: ("Template is disabled", "The template is disabled for ever."),
    133010: ("Account not registered", "The number is not registered."),
    2593109: (
        "History sync is turned off by the business from the WhatsApp Business App",
        ("History sharing is turned off by the business."),
    ),
}


def titled(code: int) -> tuple[str, str]:
    return TITLES.get(code, ("Something that is documented nowhere", "No details."))


def refusal(code: int, details: str = "") -> GraphError:
    """Meta's no to a call."""
    title, usual = titled(code)
    return GraphError(code, f"(#{code}) {title}", details=details or usual)


def error(code: int, details: str = "") -> Json:
    """An entry of a webhook's `errors`."""
    title, usual = titled(code)
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or usual},
        "href": HREF,
    }
