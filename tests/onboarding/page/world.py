"""The parties that the signup page talks to, played at the HTTP seam: our server, Meta's SDK and window."""

import io
import json
import mimetypes
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from PIL import Image, ImageDraw
from playwright.sync_api import BrowserContext, Page, Route, expect

from onboarding.branding import ShownLogo
from onboarding.models import OnboardingLink
from onboarding.page_context import FIRST_VIEW, page_context
from onboarding.preview_page import preview_context
from onboarding.texts import step_titles
from organizations.models import Organization

OURS = "https://connect.test"
META = "https://www.facebook.test"
LINK = "6e7f3c1a-0b59-4f7e-9d7b-0d8c5d1c2b3a"
EXTRAS = {"setup": {}, "version": "v4"}
RUNNING = "11111111-2222-4333-8444-555555555555"
BACK = "https://shop.test/whatsapp?status=error"
ONWARD = "https://shop.test/whatsapp?status=success"
STEPS = ["identify_assets", "save_waba", "save_phone", "subscribe_app", "register_phone", "complete_link"]

# What Meta's SDK does as far as the page can see: FB.login opens a window and calls back with its answer.
SDK = """
window.FB = {
  init(options) { window.initialised = options; },
  login(callback, options) {
    if (callback.constructor.name === "AsyncFunction") throw new Error("Expression is of type asyncfunction");
    window.asked = options;
    const opened = window.open("META/dialog", "signup", "width=400,height=500");
    window.answerLogin = (answer, stays) => { if (!stays) opened?.close(); callback(answer); };
  },
};
window.fbAsyncInit();
""".replace("META", META)

POLICY = (
    f"default-src 'none'; script-src 'self' {META}; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PREVIEW_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:"
FOOTER = {"privacy_url": f"{OURS}/privacy", "terms_url": "", "support_url": f"{OURS}/help"}


def error(code: str, **fields: Any) -> dict[str, Any]:
    """An error object as the server gives it to the page."""
    details = {
        "linkId": LINK, "step": "register_phone", "metaCode": 133005, "metaSubcode": None,
        "traceId": "AbCdEfGhIjK", "sessionId": None, "at": "2026-11-20T10:30:00.000Z",
    }  # fmt: skip
    usual = {"title": f"Title of {code}", "body": f"Body of {code}", "canRetry": True, "backUrl": None}
    return {"code": code, "details": details} | usual | fields


def refusal(code: str, *, message: str = "No.", **fields: Any) -> dict[str, Any]:
    """The body of a call that the server refused."""
    return {"error": {"code": code, "message": message, "requestId": "r-1"} | fields}


def progress(status: str = "processing", *, running: str = STEPS[0], **fields: Any) -> dict[str, Any]:
    """A status answer in which everything before `running` is done."""
    at = STEPS.index(running)
    steps = [
        {"step": step, "status": "done" if place < at else "running" if place == at else "waiting"}
        for place, step in enumerate(STEPS)
    ]
    usual = {"status": status, "steps": steps, "nextAction": None, "error": None, "redirectUrl": None}
    return usual | fields


def picture() -> bytes:
    """A dark logo without a ground of its own, in twice the size that it is shown in."""
    drawn = Image.new("RGBA", (400, 120))
    pen = ImageDraw.Draw(drawn)
    pen.rounded_rectangle((4, 14, 96, 106), 24, fill="#12324a")
    pen.ellipse((34, 44, 66, 76), fill="#f2b134")
    pen.text((116, 28), "Rio Azul", fill="#12324a", font_size=60)
    file = io.BytesIO()
    drawn.save(file, "PNG")
    return file.getvalue()


@dataclass
class World:
    """`posts` is what the page sent, in order; `status` what it is told next; `answers` are unusual ones."""

    context: BrowserContext
    page: Page
    window: Page | None = None
    config: dict[str, Any] = field(default_factory=dict)
    posts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=lambda: progress("pending"))
    answers: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    retry_after: int | None = None
    status_answers: list[int | str] = field(default_factory=list)
    sdk: str | None = SDK
    is_callback_held: bool = False
    is_sdk_held: bool = False
    held: Route | None = None
    organization_name: str = "Acme Chat"
    name: str = "Café Río"
    language: str = "en"
    # Columns of the link, and what its page is to look like.
    columns: dict[str, Any] = field(default_factory=dict)
    branding: dict[str, str] = field(default_factory=dict)
    logo: ShownLogo | None = None

    def start(self) -> None:
        self.context.route(f"{OURS}/**", self.ours)
        self.context.route(f"{META}/**", self.meta)
        self.context.route(
            "https://shop.test/**", lambda route: route.fulfill(body="the shop", content_type="text/html")
        )

    def open(self, status: str = "pending", **config: Any) -> Page:
        """Loads the page for a link of that status."""
        calls = ("opened", "start", "session", "callback", "pin", "skip", "status", "number", "check")
        own = {"requestCode": "request-code", "verifyCode": "verify-code"}
        with translation.override(self.language):
            titles = step_titles()
        self.config = {
            "linkId": LINK,
            "name": self.name,
            "status": status,
            "signupId": None if status == "pending" else RUNNING,
            "hostedUrl": f"{OURS}/signup/{LINK}",
            "urls": {key: f"/signup/{LINK}/{call}" for key, call in ({c: c for c in calls} | own).items()},
            "sdkUrl": f"{META}/en_US/sdk.js",
            "sdk": {"appId": "67", "version": "v25.0", "configId": "78", "extras": EXTRAS},
            "messageOrigins": [META],
            "error": None,
            "nextAction": None,
            "redirectUrl": None,
            "stepTitles": titles,
            "csrfToken": "csrf-token",
        } | config  # fmt: skip
        self.page.goto(f"{OURS}/signup/{LINK}", wait_until="domcontentloaded")
        return self.page

    def preview(self, shown: str = "start") -> Page:
        self.page.goto(f"{OURS}/signup/{LINK}?preview=c2ln&show={shown}")
        return self.page

    def becomes(self, status: str, *, running: str = STEPS[0]) -> None:
        """The link goes on without this page: status and page say so from now on."""
        self.status = progress(status, running=running)
        self.config |= {"status": status, "signupId": RUNNING}

    def ours(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.path.startswith("/static/"):
            file = Path(settings.BASE_DIR) / url.path.lstrip("/")
            route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0])
        elif url.path.startswith("/logos/"):
            route.fulfill(body=picture(), content_type="image/png")
        elif url.path.endswith("/status"):
            self.answer_status(route, parse_qs(url.query)["signupId"][0])
        elif route.request.method == "POST":
            self.answer_post(route, url.path.rsplit("/", 1)[1])
        else:
            given = parse_qs(url.query)
            policy = PREVIEW_POLICY if "preview" in given else POLICY
            body = self.html(given) if url.path.startswith("/signup/") else self.plain(url.path.strip("/"))
            route.fulfill(body=body, content_type="text/html", headers=self.headers(policy))

    def html(self, given: dict[str, list[str]]) -> str:
        """The page as our server writes it, for a link that no database holds."""
        link = OnboardingLink(
            pk=LINK,
            name=self.name,
            organization=Organization(name=self.organization_name),
            branding=self.branding,
            **self.columns,
        )
        with translation.override(self.language):
            if "preview" in given:
                context = preview_context(link, given["preview"][0], given["show"][0])
            else:
                context = page_context(link, self.config, FIRST_VIEW[self.config["status"]])
            context |= {"branding": replace(context["branding"], logo=self.logo), **FOOTER}
            return render_to_string("onboarding/signup.html", context)

    def plain(self, template: str) -> str:
        """A page without a link."""
        with translation.override(self.language):
            return render_to_string(template, {"request_id": "0e6f3c1a-7d21-4a55-9d0f-2f1f6c3b8a90"})

    def headers(self, policy: str) -> dict[str, str]:
        return {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy,
            "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        }

    def answer_status(self, route: Route, signup_id: str) -> None:
        self.asked.append(signup_id)
        trouble = self.status_answers.pop(0) if self.status_answers else 200
        if trouble == "offline":
            route.abort("internetdisconnected")
        elif trouble != 200:
            route.fulfill(status=int(trouble), json={}, headers={"Retry-After": "3"})
        else:
            route.fulfill(json=self.status)

    def answer_post(self, route: Route, call: str) -> None:
        assert route.request.headers["x-csrftoken"] == "csrf-token"
        self.posts.append((call, json.loads(route.request.post_data or "{}")))
        if call == "callback" and self.is_callback_held:
            return
        queue = self.answers.get(call)
        if not queue:
            route.fulfill(status=202, json={"status": "processing"})
            return
        status, body = queue.pop(0)
        if status:
            headers = {"Retry-After": str(self.retry_after)} if status == 429 and self.retry_after else {}
            route.fulfill(status=status, json=body, headers=headers)
        else:
            route.abort("connectionreset")

    def meta(self, route: Route) -> None:
        if not route.request.url.endswith("sdk.js"):
            route.fulfill(body="<title>Meta</title>", content_type="text/html")
        elif self.sdk is None:
            route.abort("blockedbyclient")
        elif self.is_sdk_held:
            self.held = route
        else:
            headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/javascript"}
            route.fulfill(body=self.sdk, headers=headers)

    def release_sdk(self) -> None:
        assert self.held is not None
        self.is_sdk_held = False
        self.meta(self.held)

    def click(self, name: str = "Continue with Facebook") -> Page:
        """Presses a button that opens Meta's window; answers the window."""
        with self.page.expect_popup() as popup:
            self.page.get_by_role("button", name=name).click()
        self.window = popup.value
        self.window.wait_for_load_state()
        return self.window

    def say(self, window: Page, message: Any) -> None:
        """Meta's window says something to the page."""
        window.evaluate("message => opener.postMessage(message, '*')", message)

    def login(self, code: str | None) -> None:
        """Meta's window closes and FB.login calls back, with a code or without."""
        answer = {"status": "connected", "authResponse": {"code": code}} if code else {"status": "unknown"}
        assert self.window is not None
        with self.window.expect_event("close"):
            self.page.evaluate("answer => window.answerLogin(answer)", answer)

    def sent(self, call: str) -> list[dict[str, Any]]:
        return [body for name, body in self.posts if name == call]

    def wait_for(self, call: str, count: int = 1) -> dict[str, Any]:
        """The `count`th body that the page sent to `call`, as soon as it is there."""
        for _ in range(200):
            if len(self.sent(call)) >= count:
                return self.sent(call)[count - 1]
            self.page.wait_for_timeout(25)
        raise AssertionError(f"{call} was sent {len(self.sent(call))} times: {self.posts}")

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()
