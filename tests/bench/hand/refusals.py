from __future__ import annotations


class Refused(Exception):
    """Nothing is done, and the client is told why."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code
