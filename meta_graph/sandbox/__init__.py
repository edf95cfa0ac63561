"""A fake Meta: a separate WSGI program on its own port, which speaks to the product over real HTTP only.

What Meta has:
- `graph/`: the Graph endpoints, stateful, one module a noun; `graph/dispatch.py` is the way in.
- `popup.py`: the stand-in for Meta's JavaScript SDK and the Embedded Signup dialog.
- `signups.py`: what a finished dialog leaves behind; `portfolios.py` and `numbers.py` make its objects.
- `dashboard.py`: the partner's own side, its app and credit line among it.
- `scenario_table.py`: named failures, a line each; `effects.py` says what they do, `scenarios.py` when.
- `webhooks.py`: Meta's own webhooks, signed and sent to the app's callback; `account_updates.py` has the
  forms of the most important one, `handshake.py` verifies callbacks.
- `messaging/`: messages between numbers and people, their statuses, media, templates, coexistence.
- `signed_requests.py`: the callbacks of deauthorization and data deletion.

What a customer of the product has:
- `receiver.py`: takes outgoing webhooks; `signatures.py` checks them, `receiver_page.py` shows them.

What tests and people have:
- `control.py`: the JSON calls under `/_sandbox/`, `notifications.py` those that make Meta say something;
  `calls.py` is the record of Graph calls and of webhooks sent.
- `front.py`: the front page, what the sandbox knows and offers; `pages.py` is the frame of every page.

The program: `urls.py` is the WSGI application, `wsgi.py` its requests and responses, `server.py` serves it,
`state.py` keeps what it remembers, `config.py` what it is told, `later.py` runs what comes a moment later,
`world.py` hands these to every room.
"""
