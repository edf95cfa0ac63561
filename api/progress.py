"""How long work of a command shows how far it is: a bar on a terminal, else a line now and then."""

from typing import Any

WIDTH = 30


class Progress:
    """`out` is the command's stdout. `total` may be 0."""

    def __init__(self, out: Any, total: int, *, every: int = 1) -> None:
        self.out, self.total, self.every = out, total, every

    def show(self, done: int, words: str) -> None:
        """`words` beside the bar; without a terminal each `every` rows, and at the end."""
        if not self.out.isatty():
            if done % self.every == 0 or done == self.total:
                self.out.write(words)
            return
        part = WIDTH if not self.total else min(WIDTH, WIDTH * done // self.total)
        self.out.write(f"\r[{'#' * part}{'.' * (WIDTH - part)}] {words}\x1b[K", ending="")
        self.out.flush()

    def line(self, words: str) -> None:
        """A line of its own, where the bar was; the bar comes again below it."""
        self.out.write(f"\r\x1b[K{words}" if self.out.isatty() else words)

    def end(self) -> None:
        """The next line begins at the left again."""
        if self.out.isatty():
            self.out.write("")
