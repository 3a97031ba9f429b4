"""The page's verifier, `credential.js`, beside ours in Python: the same answers to everything."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from core.credential import Reason
from tests.core.forgeries import KEYS, Forgery, forgeries, genuine
from tests.stories.at_the_gate import Gate, Issuer, officer, report

pytestmark = pytest.mark.asyncio(loop_scope="session")

VECTORS = Path(__file__).parents[2] / "docs" / "vectors"
SEED, COUNT = 20211210, 10_000

CHECK = """async ([keySets, codes]) => {
    const { check } = await import("/verify/credential.js");
    const { fromKeySet } = await import("/verify/keys.js");
    const sets = {};
    for (const [name, keySet] of Object.entries(keySets)) sets[name] = await fromKeySet(keySet);
    const said = [];
    for (const { text, keys, now, document, challenge } of codes) {
        const verdict = await check(text, sets[keys], now, { document, challenge });
        const { claims, ...outcome } = verdict;
        said.push({ ...outcome, colour: claims?.colour, name: claims?.name });
    }
    return said;
}"""

OPEN = """async ([keySet, bundles]) => {
    const { open } = await import("/verify/bundle.js");
    const { fromKeySet } = await import("/verify/keys.js");
    const { check } = await import("/verify/credential.js");
    const { bundleKeys } = await fromKeySet(keySet);
    const said = [];
    for (const { bundle, now, codes } of bundles) {
        const bytes = Uint8Array.from(bundle.match(/../g) ?? [], (pair) => parseInt(pair, 16));
        try {
            const opened = await open(bytes, bundleKeys, now);
            const { sequence, issuedAt: issued, expiresAt: expires } = opened;
            const verdicts = (codes ?? []).map(({ text }) => check(text, opened, now));
            const reasons = (await Promise.all(verdicts)).map(({ reason }) => reason);
            const [keys, revoked] = [[...opened.keys.keys()].sort(), [...opened.revoked]];
            said.push({ reason: null, sequence, issued, expires, keys, revoked, reasons });
        } catch (error) {
            said.push({ reason: error.reason ?? String(error) });
        }
    }
    return said;
}"""

SPEED = """async ([keySet, text, now, count]) => {
    const { check } = await import("/verify/credential.js");
    const { fromKeySet } = await import("/verify/keys.js");
    const keys = await fromKeySet(keySet);
    const began = performance.now();
    for (let i = 0; i < count; i += 1) {
        if ((await check(text, keys, now)).reason !== null) throw new Error("refused");
    }
    return (count * 1000) / (performance.now() - began);
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, gate: Gate) -> AsyncIterator[Page]:
    async with officer(browser, gate.url) as one:
        await one.page.goto(gate.url)
        yield one.page


def attempt(one: Forgery) -> dict[str, Any]:
    return {
        "text": one.text,
        "keys": one.keys,
        "now": one.now.timestamp(),
        "document": one.document,
        "challenge": one.challenge,
    }


async def test_it_refuses_ten_thousand_forgeries_each_for_its_reason(page: Page) -> None:
    attempts = [*forgeries(SEED, COUNT), *genuine(SEED, 100)]
    sets = {name: json.loads(keys.to_json()) for name, keys in KEYS.items()}
    said = await page.evaluate(CHECK, [sets, [attempt(one) for one in attempts]])
    mistaken: Counter[tuple[str, Reason | None, str]] = Counter()
    for one, verdict in zip(attempts, said, strict=True):
        if verdict["reason"] != one.reason:
            mistaken[one.name, one.reason, verdict["reason"]] += 1
    assert not mistaken
    assert [verdict["reason"] for verdict in said[COUNT:]] == [None] * 100


async def test_it_holds_to_the_vectors_for_codes(page: Page) -> None:
    content = json.loads((VECTORS / "codes.json").read_text())
    codes = [{**vector, "keys": "published"} for vector in content["vectors"]]
    for code in codes:
        code.setdefault("challenge", None)
        code.setdefault("document", None)
    said = await page.evaluate(CHECK, [{"published": content["keys"]}, codes])
    for vector, verdict in zip(codes, said, strict=True):
        known = {name: value for name, value in verdict.items() if value is not None}
        expected = {name: value for name, value in vector["expect"].items() if value is not None}
        assert known == expected, vector["name"]


async def test_it_holds_to_the_vectors_for_bundles(page: Page) -> None:
    content = json.loads((VECTORS / "bundles.json").read_text())
    said = await page.evaluate(OPEN, [content["keys"], content["vectors"]])
    for vector, opened in zip(content["vectors"], said, strict=True):
        reasons = [code["expect"]["reason"] for code in vector.get("codes", [])]
        assert opened.pop("reasons", []) == reasons, vector["name"]
        assert opened == vector["expect"], vector["name"]


async def test_how_many_it_checks_in_a_second(
    page: Page, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, now = json.loads(issuer.published.documents["jwks.json"]), issuer.now.timestamp()
    speed = await page.evaluate(SPEED, [keys, issuer.code(), now, 1000])
    with capsys.disabled():
        report(f"{speed:.0f} verifications a second")
    assert speed > 100
