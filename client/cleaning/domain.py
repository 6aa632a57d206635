"""Domains: under which name a company, or everybody, has its mail. From the list that comes with the library; nothing is fetched."""

from __future__ import annotations

import ipaddress

import tldextract

_EXTRACT = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_ANYBODYS = """
    163 aim alice aol aon arcor att bigpond bluewin btinternet centrum chello comcast email fastmail free freenet gmail gmx
    googlemail hey hotmail hushmail icloud inbox interia kolumbus laposte libero list live mac mail mailbox me msn naver numericable
    o2 online onet orange outlook posteo proton protonmail qq rambler rediffmail rocketmail sapo seznam sfr shaw sky sympatico
    t-online talktalk telenet telia terra tin tiscali tuta tutanota uol verizon virgilio vodafone wanadoo web wp yahoo yandex ymail
    ziggo zoho
"""
FREE_MAIL = frozenset(_ANYBODYS.split())
"""Names under which anybody may have an address, under whichever ending: a common one says nothing of a company."""


def domain_of(text: str) -> str | None:
    """The name that was registered: `example.co.uk` of `Ada@mail.example.co.uk` and of `https://www.example.co.uk/about`."""
    host = text.strip().rpartition("@")[2].lower()
    found = _EXTRACT(host, include_psl_private_domains=False)
    if found.suffix:
        return found.top_domain_under_public_suffix or None
    # An ending that nobody has registered yet, such as .example: the name is what stands before it.
    labels = found.fqdn.split(".") if found.fqdn else [*filter(None, found.subdomain.split(".")), found.domain]
    return ".".join(labels[-2:]) if len(labels) > 1 and not _is_address(".".join(labels)) else None


def is_free_mail(domain: str) -> bool:
    """Whether anybody may have an address there."""
    return domain.partition(".")[0] in FREE_MAIL


def company_domain(text: str | None) -> str | None:
    """The domain of a mail address or web site, where it is one of a company."""
    domain = domain_of(text) if text else None
    return domain if domain is not None and not is_free_mail(domain) else None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
