"""Who a browser is, and how it is forgotten."""

from __future__ import annotations

import aiohttp
from yarl import URL

from bot.channels import web as web_channel
from tests.bot.channels.person import ASK, Person, somebody
from tests.bot.channels.transcript import LoopbackChat


async def test_the_cookie_is_random_and_kept_from_scripts_and_other_sites(
    chat: LoopbackChat,
) -> None:
    seen = set()
    for headers in ({}, {"X-Forwarded-Proto": "https"}, {"X-Forwarded-Proto": "HTTPS, http"}):
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(chat.url, headers=headers) as response,
        ):
            cookie = response.cookies["__Host-chat" if headers else "chat"]
            seen.add(cookie.value)
            assert len(cookie.value) == 43
            assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
            assert bool(cookie["secure"]) == bool(headers)
            assert response.headers["Cache-Control"] == "no-store"
    assert len(seen) == 3


async def test_a_cookie_is_kept_but_a_made_up_one_is_replaced(
    chat: LoopbackChat, person: Person
) -> None:
    before = person.name
    async with person.session.get(chat.url):
        assert person.name == before
    person.session.cookie_jar.clear()
    async with person.session.get(chat.url, headers={"Cookie": "chat=x"}) as response:
        assert response.cookies["chat"].value != "x"


async def test_by_https_a_cookie_that_a_neighbour_may_have_set_opens_nothing(
    chat: LoopbackChat,
) -> None:
    token = "n" * 43
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        for name, kept in ("chat", False), ("__Host-chat", True):
            headers = {"X-Forwarded-Proto": "https", "Cookie": f"{name}={token}"}
            async with session.get(chat.url, headers=headers) as response:
                assert (response.cookies["__Host-chat"].value == token) == kept


async def test_without_the_cookie_there_is_no_chat_and_the_page_is_told_why(
    chat: LoopbackChat, person: Person
) -> None:
    person.session.cookie_jar.clear()
    async with person.tab() as tab:
        assert (await tab.socket.receive(timeout=10)).data == web_channel.NO_COOKIE
    async with person.session.post(
        f"{chat.url}/upload", data=b"x", headers=person.origin | {"X-Message-Id": "a"}
    ) as response:
        assert response.status == 403
    async with person.session.get(f"{chat.url}/picture/1") as response:
        assert response.status == 404


async def leave(person: Person, **headers: str) -> int:
    async with person.session.post(
        f"{person.chat.url}/leave", headers=person.origin | headers
    ) as response:
        return response.status


async def test_who_leaves_is_forgotten_by_the_browser_and_closed_in_every_tab(
    chat: LoopbackChat, person: Person
) -> None:
    await chat.reply(person.name, ASK)
    before = person.name
    await chat.channel.show_sms(before, "+85291234567", "Your code is 482913.")
    async with person.tab() as one, person.tab() as other:
        await one.hello()
        await other.hello()
        assert await leave(person) == 204
        for tab in (one, other):
            while (message := await tab.socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert message.data == web_channel.LEFT
    after = person.name
    assert after != before
    async with person.session.get(chat.url), person.session.get(chat.url):
        assert person.name == after, "the tabs begin anew in one chat"
    async with person.tab() as tab:
        assert await tab.hello() == []


async def test_the_token_that_was_kept_elsewhere_opens_no_text_message_any_more(
    chat: LoopbackChat, person: Person
) -> None:
    [cookie] = person.session.cookie_jar
    await chat.channel.show_sms(person.name, "+85291234567", "Your code is 482913.")
    await leave(person)
    person.session.cookie_jar.update_cookies({"chat": cookie.value}, URL(chat.url))
    async with person.tab() as tab:
        await tab.hello()
        await chat.reply(person.name, ASK)
        assert (await tab.hear())["type"] == "reply"


async def test_another_site_cannot_make_somebody_leave(chat: LoopbackChat, person: Person) -> None:
    before = person.name
    assert await leave(person, Origin="https://evil.example") == 403
    assert person.name == before


async def test_who_has_no_chat_may_leave_too(chat: LoopbackChat) -> None:
    async with somebody(chat) as person:
        person.session.cookie_jar.clear()
        assert await leave(person) == 204
