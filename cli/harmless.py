"""What comes from leads and their systems, made harmless for a terminal: control characters are shown, never obeyed.

An escape sequence in a company's name could otherwise clear the screen, change the title of the window or forge a line.
"""

from __future__ import annotations

import re

_FORMATTING = "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""Characters that are not seen and change what is: direction of writing, joining, line ends, marks of order."""

_STEERING = re.compile(f"[\x00-\x1f\x7f-\x9f{_FORMATTING}\ud800-\udfff]")
_STEERING_IN_JSON = re.compile(f"[\x7f-\x9f{_FORMATTING}\ud800-\udfff]")


def harmless(text: object) -> str:
    """On one line; `ESC` and its like by the signs that Unicode has for them, others by their number."""
    return _STEERING.sub(_shown, str(text))


def harmless_lines(text: object) -> list[str]:
    """The same, with line breaks where the text has them."""
    return [harmless(line.removesuffix("\r")) for line in str(text).split("\n")]


def harmless_json(written: str) -> str:
    """JSON says the same with these characters escaped."""
    return _STEERING_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _shown(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
