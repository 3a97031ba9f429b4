"""Codes checked a second: ours, `cwt` alone, and the page's verifier in a real browser.

    python -m bench.verify --seconds 0.3 --rounds 20

All three are given the same genuine codes, one after the other, with one core each: text in,
colour out, the holder's document compared. What `cwt` does not do is not added to it: it accepts
forms, lives and contents that ours refuses, and knows of no revocation. Rounds alternate, and
medians are compared; the bare ES256 check of the same signatures is the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import base45
import cwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.async_api import Page, Route, async_playwright

import bot.channels
from core.colour import Colour
from core.credential import Document, check
from core.signing.issuer_keys import PublicKeys
from tests.browser import FLAGS, chromium
from tests.core.forge import COLOURS, Draft, key, signed

SCRIPTS = Path(bot.channels.__file__).parent / "web" / "verify"
PAGE = "http://localhost/"
"""Answered by the bench itself; a browser has its cryptography for such an address only."""

CODES, KEYS = 200, 4
"""So many different codes, by so many keys."""

NOW = datetime.now(UTC).replace(microsecond=0)
"""`cwt` looks at the clock itself."""

SIGNERS = [
    key(f"bench {number}", begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=2))
    for number in range(KEYS)
]
HELD = PublicKeys.of(*(signer.public for signer in SIGNERS), issued_at=NOW - timedelta(hours=1))

Check = Callable[[str, Document], str]


def main() -> None:
    """Compare, and print a line each and one of all."""
    parser = argparse.ArgumentParser(description=__doc__, prog="bench.verify")
    parser.add_argument("--seconds", type=float, default=0.3, help="of each in each round")
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    asyncio.run(compare(options.seconds, options.rounds))


async def compare(seconds: float, rounds: int) -> None:
    """Let each have its turn in every round."""
    drafts = [draft(number) for number in range(CODES)]
    shown = [(each.text, each.document) for each in drafts]
    in_python = {"ours": ours, "cwt alone": with_cwt(), "bare ES256": bare(drafts)}
    rates: dict[str, list[float]] = {name: [] for name in (*in_python, "browser")}
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        stack.push_async_callback(browser.close)
        page = await opened(await browser.new_page())
        colours = [COLOURS[each.private[1]] for each in drafts]
        for _ in range(rounds):
            for name, judge in in_python.items():
                assert [judge(*each) for each in shown] == colours
                rates[name].append(rate(judge, shown, seconds))
            rates["browser"].append(await in_browser(page, shown, colours, seconds))
    told = {name: statistics.median(each) for name, each in rates.items()}
    for name, each in told.items():
        sys.stdout.write(f"{name:11} {each:7.0f} a second, {1000 / each:.3f} ms each\n")
    sys.stdout.write(
        f"verify_per_s={told['ours']:.0f} cwt={told['cwt alone']:.0f} "
        f"ratio={told['ours'] / told['cwt alone']:.2f} browser_per_s={told['browser']:.0f}\n"
    )


def draft(number: int) -> Draft:
    """Draft a good code."""
    return Draft.genuine(
        SIGNERS[number % KEYS],
        issued_at=NOW - timedelta(seconds=number),
        expires_at=NOW + timedelta(hours=12),
        colour=list(COLOURS.values())[number % 3],
        code_id=hashlib.sha256(str(number).encode()).digest()[:8],
        document=("0", f"A{number:07}"),
    )


def rate(judge: Check, shown: list[tuple[str, Document]], seconds: float) -> float:
    """Return how many codes a second are judged, in a loop that does nothing else."""
    count, begun = 0, time.perf_counter()
    for text, document in cycle(shown):
        judge(text, document)
        count += 1
        if count % 50 == 0 and time.perf_counter() - begun > seconds:
            break
    return count / (time.perf_counter() - begun)


def ours(text: str, document: Document) -> str:
    """Judge as an officer's chat does."""
    verdict = check(text, HELD, NOW, document=document)
    return verdict.claims.colour if verdict.accepted and verdict.claims else "refused"


def with_cwt() -> Check:
    """Return the same with base45 and `cwt`: signature, time, colour, document."""
    keys = []
    for signer in SIGNERS:
        x, y = signer.public.coordinates
        keys.append(cwt.COSEKey.new({1: 2, 2: signer.kid, 3: -7, -1: 1, -2: x, -3: y}))

    def judge(text: str, document: Document) -> str:
        claims: Any = cwt.decode(base45.b45decode(text.removeprefix("HK1:")), keys)
        private = claims[-65537]
        tied = hashlib.sha256(claims[7] + "".join(document).encode()).digest()[:2]
        return COLOURS[private[1]] if tied == private[2] else "refused"

    return judge


def bare(drafts: list[Draft]) -> Check:
    """Return the check of the signature alone, all else done before."""
    ready = {}
    for each in drafts:
        r, s = (int.from_bytes(half, "big") for half in (each.signature[:32], each.signature[32:]))
        ready[each.text] = (
            each.signer.public.key,
            encode_dss_signature(r, s),
            signed(each.protected, each.payload),
            COLOURS[each.private[1]],
        )
    scheme = ec.ECDSA(SHA256())

    def judge(text: str, _: Document) -> str:
        public, signature, data, colour = ready[text]
        public.verify(signature, data, scheme)
        return colour

    return judge


async def opened(page: Page) -> Page:
    """Open an empty page that has the scripts of /verify, and give it the keys."""

    async def serve(route: Route) -> None:
        name = route.request.url.removeprefix(PAGE)
        if name in (each.name for each in SCRIPTS.glob("*.js")):
            await route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html>", content_type="text/html")

    await page.route(f"{PAGE}**", serve)
    await page.goto(PAGE)
    await page.evaluate(
        """async (jwks) => {
            const { fromKeySet } = await import("./keys.js");
            const { check } = await import("./credential.js");
            const keys = await fromKeySet(jwks);
            globalThis.judge = async (text, document, now) => {
                const { reason, claims } = await check(text, keys, now, { document });
                return reason ?? claims.colour;
            };
        }""",
        json.loads(HELD.to_json()),
    )
    return page


async def in_browser(
    page: Page, shown: list[tuple[str, Document]], colours: list[Colour], seconds: float
) -> float:
    """Return how many codes a second the page judges, one after the other."""
    judged, each_second = await page.evaluate(
        """async ([shown, now, seconds]) => {
            const judged = [];
            for (const [text, document] of shown) judged.push(await judge(text, document, now));
            let count = 0;
            const begun = performance.now();
            while (performance.now() - begun < seconds * 1000) {
                await judge(...shown[count % shown.length], now);
                count += 1;
            }
            return [judged, count / (performance.now() - begun) * 1000];
        }""",
        [shown, int(NOW.timestamp()), seconds],
    )
    assert judged == colours
    return float(each_second)


if __name__ == "__main__":
    main()
