"""Words for how long a guest stays in a hotel, as patterns that take no heed of case."""

from __future__ import annotations

LEAVES = (
    r"(?:\d{1,2} ?月 ?)?\d{1,2} ?[日號号] ?"
    r"(?:朝早?|早上?|上午|中午)?[先就會会]?(?:走|退房|[離离][開开])"
)
"""The day on which he leaves, as Chinese says it: the day first."""
UNTIL = (
    r"\b(?:until|till?|last night|check(?:ing|s)?[- ]?out|leav(?:e|ing))\b"
    r"|[住直][到至]|退房|最[後后]一?[晚夜]"
)
"""What stands before the day on which his stay ends."""
FOR_LONG = (
    r"\bfor \w+ (?:more )?(?:nights?|days?|weeks?)\b"
    r"|住多?[\d一二兩两三四五六七八九十幾几]{1,3}[晚日天]"
)
"""For how many nights he stays."""
