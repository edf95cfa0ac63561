"""The declared table of steps: what runs, in which order, and what `completed` needs."""

from collections.abc import Callable
from dataclasses import dataclass

from onboarding.models import Signup, StepRun
from onboarding.outcomes import Settled
from onboarding.steps import (
    assign_system_user,
    complete_link,
    create_templates,
    identify_assets,
    override_callback,
    register_phone,
    save_phone,
    save_waba,
    share_credit_line,
    subscribe_app,
    sync_coexistence,
)


@dataclass(frozen=True)
class Step:
    """What runs, what must be done before it, and whether `completed` needs it."""

    name: str
    run: Callable[[Signup, StepRun], Settled]
    after: tuple[str, ...] = ()
    required: bool = True


STEPS: tuple[Step, ...] = (
    Step("identify_assets", identify_assets.run),
    Step("save_waba", save_waba.run, after=("identify_assets",)),
    Step("save_phone", save_phone.run, after=("identify_assets", "save_waba")),
    Step("subscribe_app", subscribe_app.run, after=("save_waba",)),
    Step("assign_system_user", assign_system_user.run, after=("save_waba",), required=False),
    Step("share_credit_line", share_credit_line.run, after=("assign_system_user",), required=False),
    Step("register_phone", register_phone.run, after=("save_phone",), required=False),
    Step("sync_coexistence", sync_coexistence.run, after=("subscribe_app", "save_phone"), required=False),
    Step("override_callback", override_callback.run, after=("subscribe_app", "save_phone"), required=False),
)
# Runs when every required step is done and the others are settled.
COMPLETION = Step("complete_link", complete_link.run)
# Run when the link is completed, and nobody waits for them.
AFTERWARDS: tuple[Step, ...] = (
    Step("create_templates", create_templates.run, after=("complete_link",), required=False),
)
ALL_STEPS = (*STEPS, COMPLETION, *AFTERWARDS)
BY_NAME = {step.name: step for step in ALL_STEPS}
