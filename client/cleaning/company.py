"""Company names, for comparison: people see the name as it was sent."""

from __future__ import annotations

from engine.plain_words import plain as folded

_FORMS = """
    ab ag aktiengesellschaft aps as asa bv bvba co company corp corporation cv doo eg ek ev ewiv gbr gesmbh ggmbh gmbh inc
    incorporated kft kg kgaa kk limited llc llp lp ltd ltda mbh nv ohg oy oyj partg plc pllc pte pty pvt rt sa sab sae sal sarl sas
    sca scs sdn bhd se sia sl slu snc sp spa spol spolka sro srl ug zoo zrt
"""
_LEGAL_FORMS = frozenset(_FORMS.split())
"""As they are written without dots."""

_JOINING = frozenset({"and", "und", "et", "y", "e", "i", "of"})


def compared(name: str) -> str:
    """The name without its legal form, its case, its accents and its signs: `Cobalt GmbH & Co. KG` is `cobalt`. What would be
    nothing then is left whole."""
    words = folded(_joined(name)).split()
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in _LEGAL_FORMS or (kept[-1] in _JOINING and len(kept) < len(words))):
        kept.pop()
    return " ".join(kept)


def _joined(name: str) -> str:
    """`S.p.A.` and `d.o.o.` as one word each."""
    return " ".join(word.replace(".", "") if _is_initials(word) else word for word in name.split())


def _is_initials(word: str) -> bool:
    parts = word.strip(",;()").split(".")
    return len(parts) > 1 and all(len(part) <= 2 for part in parts)
