"""A fake Meta: a separate WSGI program on its own port, which speaks to the product over real HTTP only.

- `graph/`: the Graph endpoints, stateful, one module a noun.
- `popup.py`: the stand-in for Meta's JavaScript SDK and the Embedded Signup dialog.
- `signups.py`: what a finished dialog leaves behind; `portfolios.py` and `numbers.py` make its objects.
- `scenarios.py`: named failures on the Graph side, declared in one table; `effects.py` says what they do.
- `webhooks.py`: Meta's own webhooks, signed and sent to the app's callback.
- `receiver.py`: receives the product's outgoing webhooks and shows whether their signatures are right.
- `control.py`: the JSON calls under `/_sandbox/`, for tests and for the demonstration walk.
- `front.py`: the front page, what the sandbox knows and offers.
- `urls.py`: the WSGI application and its routes; `server.py` serves it; `state.py` keeps what it remembers.
"""
