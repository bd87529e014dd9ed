"""What may be shown of a message about an account: its shape, and words that everybody knows.

Every message of the user channel holds our API key. Whoever looks for keys to hide finds the ones they think of, so
here only what is known to be harmless stays.
"""

from __future__ import annotations

import re

LONGEST = 200

_WORDS = """
event_type type order trade id owner order_owner trade_owner market asset_id side original_size size_matched price
outcome associate_trades created_at expiration order_type status maker_address timestamp taker_order_id size
fee_rate_bps match_time matchtime last_update transaction_hash bucket_index trader_side maker_orders order_id
matched_amount outcome_index data next_cursor limit count null true false PLACEMENT UPDATE CANCELLATION TRADE LIVE
MATCHED MINED CONFIRMED RETRYING FAILED DELAYED UNMATCHED CANCELED INVALID BUY SELL GTC GTD FOK FAK MAKER TAKER
"""
_KNOWN = frozenset(_WORDS.split())
_TOKEN = re.compile(r"[^\s{}\[\]:,\"]+")
_SMALL = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
_PLAIN_WORD = re.compile(r"[A-Za-z][a-z]{0,19}[a-z'.,;:!?()]{0,4}|[A-Z_]{1,24}")


def masked(frame: bytes) -> str:
    """The beginning of a message with everything hidden but the venue's own words and short numbers."""
    text = frame[: 4 * LONGEST].decode("ascii", "replace")
    shown = _TOKEN.sub(lambda found: found[0] if found[0] in _KNOWN or _SMALL.fullmatch(found[0]) else "…", text)
    return "".join(each if each.isprintable() else " " for each in shown)[:LONGEST]


def masked_words(text: str) -> str:
    """Free text of the venue, without what may be an id or a key."""
    words = text[:LONGEST].split()
    shown = " ".join(each if _PLAIN_WORD.fullmatch(each) or _SMALL.fullmatch(each) else "…" for each in words)
    return shown.lower().replace("_", " ") if shown.isupper() else shown
