"""Handing a link's templates in at Meta; looked for first, so that a repetition hands in nothing twice."""

from contextlib import suppress
from uuid import UUID

from meta_graph import templates, uploads
from meta_graph.client import Token
from meta_graph.errors import Cause, GraphError
from meta_graph.templates import TemplateInfo
from onboarding.models import OnboardingLink
from onboarding.starter_templates.keeping import named, note_failed, note_there
from onboarding.starter_templates.templates import (
    SAMPLE_NAME,
    SAMPLE_TYPE,
    Template,
    sample,
    template_of,
)
from onboarding.verdicts import problem_of
from wabas.models import Waba

REJECTED = "REJECTED"
# Whatever is asked of Meta next fares no better, or keeps the step beyond its lease.
ENDS_THE_TRY = frozenset({Cause.RATE_LIMITED, Cause.TIMEOUT, Cause.UNREACHABLE, Cause.TOKEN_INVALID})


def hand_in(*, link: OnboardingLink, waba: Waba, token: Token) -> list[GraphError]:
    """Hands in what is not at Meta yet. Returns what failed: its rows say why, the others are there."""
    failures: list[GraphError] = []
    for row in named(link.pk):
        if row["status"] is not None:
            continue
        try:
            hand_in_one(link, row["template"], waba=waba, token=token)
        except GraphError as error:
            note_failed(link.pk, row["template"], problem_of(error).message)
            failures.append(error)
            if error.cause in ENDS_THE_TRY:
                break
    return failures


def hand_in_one(link: OnboardingLink, name: str, *, waba: Waba, token: Token) -> None:
    """Raises GraphError. Two links of one account have one template: Meta takes a name once a language."""
    template, link_id = template_of(name, link.language), link.pk
    if there := look_for(template, waba, token):
        note_there(link_id, name, there, waba=waba, is_new=False)
        return
    try:
        made = make(template, waba, token)
    except GraphError as error:
        if error.cause is not Cause.TEMPLATE_EXISTS:
            raise
        keep_others(link_id, name, template, waba, token, error)
    else:
        explained = with_reason(made, template, waba, token)
        note_there(link_id, name, explained, waba=waba, is_new=True)


def keep_others(
    link_id: UUID, name: str, template: Template, waba: Waba, token: Token, refusal: GraphError
) -> None:
    """Somebody was quicker. Raises the refusal where Meta does not show theirs."""
    if (there := look_for(template, waba, token)) is None:
        raise refusal
    note_there(link_id, name, there, waba=waba, is_new=False)


def with_reason(made: TemplateInfo, template: Template, waba: Waba, token: Token) -> TemplateInfo:
    """The answer to a hand-in does not say why it is a rejection; the list does."""
    if made.status == REJECTED:
        with suppress(GraphError):
            return look_for(template, waba, token) or made
    return made


def look_for(template: Template, waba: Waba, token: Token) -> TemplateInfo | None:
    found = templates.list_templates(
        waba_id=waba.meta_waba_id, token=token, name=template.name, language=template.language_code
    )
    # Meta looks for a part of the name.
    exact = (one for one in found if one.name == template.name and one.language == template.language_code)
    return next(exact, None)


def make(template: Template, waba: Waba, token: Token) -> TemplateInfo:
    components = list(template.components)
    if template.needs_sample:
        handle = uploads.upload(content=sample(), mime_type=SAMPLE_TYPE, filename=SAMPLE_NAME, token=token)
        components = template.with_sample(handle)
    return templates.create(
        waba_id=waba.meta_waba_id,
        name=template.name,
        language=template.language_code,
        category=template.category,
        components=components,
        token=token,
    )
