"""Mail addresses: whether one can be written to, and how it is written. Nobody is asked over the network."""

from __future__ import annotations

import re

import email_validator

_PREFIX = re.compile(r"^mailto:\s*", re.IGNORECASE)
_AROUND = " \t<>()[],;"

for _domain in ("test", "invalid"):
    # Reserved for trying things out: nobody else can have such an address, and made-up people do.
    if _domain in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_domain)


def mail_address(text: str) -> str | None:
    """`Ada <Ada@Example.COM>` as `Ada@example.com`; None for what is no address, or more than one. What stands before the @ is
    left as it is: in some places its case counts."""
    text = _PREFIX.sub("", text.strip())
    if not (text.endswith(">") and "<" in text[1:]):
        text = text.strip(_AROUND).removesuffix(".")
    try:
        found = email_validator.validate_email(text, check_deliverability=False, allow_display_name=True)
    except (email_validator.EmailNotValidError, ValueError):
        return None
    return found.normalized
