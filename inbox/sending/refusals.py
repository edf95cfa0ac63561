"""Why Meta refuses a message, in words that say what to do.

https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
"""

from django.conf import settings

from api.errors import MetaRefusedError
from inbox.models import Message
from meta_graph.errors import GraphError

TEXTS = {
    368: "Meta has blocked this account for a while because of its policies.",
    130472: "Meta did not deliver it: this person is part of an experiment with marketing messages.",
    130497: "Meta does not let this account write to people in that country.",
    131026: "This person cannot get it: no WhatsApp there, or one that is too old for this form.",
    131031: "Meta has locked this account. Its owner has to ask Meta's business support.",
    131037: "The display name of this number has to be approved by Meta first.",
    131042: "This account cannot pay: its owner has to add a payment method in WhatsApp Manager.",
    131045: "This number is not registered properly. Register it again.",
    131047: "More than 24 hours have passed since this person last wrote: send a template instead. Free-form"
    " messages are possible again when the person answers.",
    131049: "Meta held this marketing template back, for this person gets many of them. Try another day.",
    131050: "This person has stopped marketing messages from this business.",
    131051: "WhatsApp does not know this type of message.",
    131052: "Meta could not load the file.",
    131053: "Meta could not take the file: its type or size is not supported.",
    131062: "This template cannot be sent to a business-scoped user id: it takes the person's number.",
    132000: "The number of parameters is not that of the template's placeholders.",
    132001: "There is no approved template of that name in that language.",
    132005: "The template's text becomes too long with these parameters.",
    132007: "The template's text breaks a rule of WhatsApp's.",
    132012: "A parameter is not of the kind that the template's placeholder takes.",
    132015: "The template is paused because of its quality.",
    132016: "The template is disabled because of its quality.",
    132068: "The flow is blocked.",
    132069: "The flow is throttled.",
    133010: "This number is not registered at Meta. Register it.",
}


def refusal(error: GraphError, message: Message) -> MetaRefusedError:
    """The answer to a message that Meta refused at once; the message stays, as failed."""
    said = ": ".join(filter(None, (error.message, error.details)))
    known = TEXTS.get(error.code or 0)
    meta = {"code": error.code, "subcode": error.subcode, "traceId": error.fbtrace_id}
    where = f"{settings.PUBLIC_BASE_URL}/v1/phones/{message.phone_id}/messages/{message.pk}"
    text = f"{known} Meta said: {said}" if known and said else known or said
    return MetaRefusedError(text, meta=meta, headers={"Location": where})
