"""Messages between numbers and the people who write to them.

- `people.py`: who they are to a business: number, BSUID, username; `chats.py`: what was said.
- `habits.py`: limits and habits of this Meta that tests switch; `failures.py`: its codes and their titles.
- `outcomes.py`: what becomes of a message that is sent; `recipients.py`: the numbers that choose it.
- `statuses.py`: the webhooks that tell it; `telling.py`: whom they are sent to.
- `contents.py`: what a person can write, a function a type; `writing.py`: writing it.
- `echoes.py`, `history.py`, `address_book.py`: what comes from the WhatsApp Business app.
- `identities.py`: new user ids, preferences. `files.py`: media. `reviews.py`: decisions on templates.
- `controls.py`: all this for tests in Python; `control.py`: the same as JSON calls; `page.py`: for people.
"""
