"""The WSGI application: which path leads to which room. What is nobody's is Graph's."""

import re
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from meta_graph.sandbox import control, dashboard, front, notifications, popup, prefill_page, receiver
from meta_graph.sandbox.graph import dispatch, media
from meta_graph.sandbox.messaging import control as messaging
from meta_graph.sandbox.messaging import page
from meta_graph.sandbox.world import World
from meta_graph.sandbox.wsgi import Request, Response

View = Callable[..., Response]

ROUTES: list[tuple[str, str, View]] = [
    ("GET", r"/", front.page),
    ("GET", r"/favicon\.ico", front.icon),
    ("GET", r"/([a-z]{2,3}_[A-Z]{2})/sdk\.js", popup.sdk),
    ("GET", r"/dialog", popup.dialog),
    ("POST", r"/dialog/finish", prefill_page.finish),
    ("GET", r"/receiver/([\w.-]+)", receiver.page),
    ("POST", r"/receiver/([\w.-]+)", receiver.receive),
    ("GET", r"/chat/(\d+)", page.page),
    ("GET", r"/chat/(\d+)/files/(\d+)", page.file),
    ("GET", r"/_media/(\d+)", media.download),
    ("POST", r"/_sandbox/signups", control.sign_up),
    ("GET", r"/_sandbox/dialogs", prefill_page.list_dialogs),
    ("GET", r"/_sandbox/scenarios", control.list_scenarios),
    ("POST", r"/_sandbox/scenarios", control.set_scenario),
    ("DELETE", r"/_sandbox/scenarios", control.clear_scenarios),
    ("DELETE", r"/_sandbox/scenarios/(\w+)", control.clear_scenarios),
    ("GET", r"/_sandbox/calls", control.list_calls),
    ("DELETE", r"/_sandbox/calls", control.clear_calls),
    ("GET", r"/_sandbox/counts", control.count_calls),
    ("GET", r"/_sandbox/app", control.show_app),
    ("POST", r"/_sandbox/app", control.change_app),
    ("POST", r"/_sandbox/account-updates", notifications.send_account_update),
    ("GET", r"/_sandbox/webhooks", notifications.list_webhooks),
    ("POST", r"/_sandbox/webhooks", notifications.send_webhook),
    ("DELETE", r"/_sandbox/webhooks", notifications.clear_webhooks),
    ("GET", r"/_sandbox/messages", messaging.list_messages),
    ("POST", r"/_sandbox/messages", messaging.write_message),
    ("DELETE", r"/_sandbox/messages", messaging.clear_messages),
    ("POST", r"/_sandbox/echoes", messaging.write_echo),
    ("POST", r"/_sandbox/statuses", messaging.tell_status),
    ("GET", r"/_sandbox/messaging", messaging.show_habits),
    ("POST", r"/_sandbox/messaging", messaging.change_habits),
    ("POST", r"/_sandbox/history", messaging.tell_history),
    ("POST", r"/_sandbox/state-sync", messaging.tell_contacts),
    ("POST", r"/_sandbox/user-ids", messaging.tell_user_id),
    ("POST", r"/_sandbox/preferences", messaging.tell_preference),
    ("POST", r"/_sandbox/templates/(\d+)", messaging.decide_template),
    ("POST", r"/_sandbox/deauthorize", notifications.deauthorize),
    ("POST", r"/_sandbox/data-deletion", notifications.delete_data),
    ("GET", r"/_sandbox/objects", control.list_objects),
    ("GET", r"/_sandbox/objects/(\d+)", control.get_object),
    ("POST", r"/_sandbox/objects/(\d+)", control.change_object),
    ("GET", r"/_sandbox/receivers", control.list_receivers),
    ("POST", r"/_sandbox/receivers/([\w.-]+)", control.set_receiver),
    ("GET", r"/_sandbox/receivers/([\w.-]+)/deliveries", control.list_deliveries),
    ("DELETE", r"/_sandbox/receivers/([\w.-]+)/deliveries", control.clear_deliveries),
]


class Application:
    """Called by any WSGI server; only `server.py` can cut a connection, elsewhere ConnectionCut is a 500."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.routes = [(method, re.compile(pattern), view) for method, pattern, view in ROUTES]
        dashboard.install(world)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.answer(Request.from_environ(environ)).send(start_response)

    def answer(self, request: Request) -> Response:
        for method, pattern, view in self.routes:
            match = pattern.fullmatch(request.path)
            if match is not None and method == request.method:
                return view(self.world, request, *match.groups())
        if request.path.startswith("/_sandbox/"):
            return control.refused("There is no such call.", 404)
        return dispatch.answer(self.world, request)
