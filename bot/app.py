"""The composition root: settings in, a started program out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from bot import unusable
from bot.channels import Channel
from bot.channels.published import routes as published
from bot.channels.telegram import TelegramChannel
from bot.channels.web import WebChannel
from bot.channels.web_transcript import Transcript
from bot.clock import Clock, system_clock
from bot.disk import nearly_full
from bot.erasures import Erasures
from bot.gateways.sms import ConsoleSms, SmsGateway, TwilioSms
from bot.inbox import Inbox, Keep
from bot.outbox import Outbox, Route, at_pace
from bot.processes.confinement import landlock
from bot.processes.voice import Voice
from bot.processes.workers import Workers
from bot.settings import SettingError, Settings
from bot.upkeep.chaining import Chaining
from bot.upkeep.pages import keep_waking
from bot.upkeep.publication import Publication
from bot.upkeep.reassessment import keep_reassessing
from bot.upkeep.retention import keep_erasing
from bot.upkeep.set_back import keep_in_step
from bot.upkeep.steps import keep_telling
from bot.upkeep.strain import keep_watching
from bot.upkeep.takeovers import keep_announcing
from bot.upkeep.withdrawn_keys import keep_withdrawing
from bot.work import READ_AT_ONCE, SANDBOXED, SANDBOXED_AT_ONCE, Work
from core.conversation.messages import Incoming, Reply
from core.conversation.texts import Language, Texts
from core.conversation.turn import Job, Sms
from core.policy import Policy
from core.signing.issuer_keys import KeysError
from core.store.outbox import Due
from core.store.schema import LaterSchema, migrate
from core.store.store import Store, Transaction
from core.vault import KeyRing
from handlers.commands import conversation

COMMANDS = (
    "start",
    "today",
    "my_people",
    "register_other",
    "link_chat",
    "details",
    "language",
    "help",
    "privacy",
    "cancel",
)
"""The menu of commands on platforms that have one. In the place of a policy Telegram shows its own,
unless `privacy` is among them: https://core.telegram.org/constructor/botInfo."""

TAGS = {Language.ENGLISH: "en", Language.TRADITIONAL: "zh-hant", Language.SIMPLIFIED: "zh"}
"""Language codes by which Telegram tells command menus apart."""

log = logging.getLogger(__name__)


class App:
    """The running program."""

    def __init__(
        self,
        settings: Settings,
        policy: Policy,
        clock: Clock = system_clock,
        workers: Workers | None = None,
    ) -> None:
        self.settings = settings
        self.policy = policy
        self.clock = clock
        self.texts = Texts.load()
        self.store = open_store(settings, policy, clock)
        self.publication = Publication(self.store, settings.data, clock)
        self.chaining = Chaining(self.store, settings.data, clock)
        self.workers = workers or Workers()
        self._own_workers = workers is None
        self.channels: dict[str, Channel] = {}
        self.web: WebChannel | None = None
        self.telegram: TelegramChannel | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Bring the schema up to date, finish what an earlier run left, open the channels.

        Raise SettingError where a setting names what cannot be used.
        """
        try:
            await bring_up_to_date(self.store)
            with unusable.told():
                await Erasures(self.settings.data).again(self.store, self.clock)
                await self.publication.first_look()
        except (SettingError, KeysError):
            await self.store.close()
            raise
        if not landlock():
            log.warning("no Landlock here: what opens strangers' files is held by limits alone")
        self.workers.warm()
        self._open_channels()
        self.outbox = Outbox(
            self.store,
            self._routes(),
            self.clock,
            self._settle_inbox,
            self._wake_inbox,
        )
        self.inbox = Inbox(
            self.store,
            conversation(),
            self.texts,
            # Who writes by a channel that is off now is answered when it is on again.
            {channel.name: channel.capabilities for channel in (TelegramChannel, WebChannel)}
            | {name: channel.capabilities for name, channel in self.channels.items()},
            self.clock,
            self.outbox,
            self._forget,
        )
        await self.outbox.start()
        await self.inbox.start()
        self._tasks = [
            asyncio.create_task(keep_erasing(self.store, self.clock)),
            asyncio.create_task(keep_reassessing(self.store, self.clock, self._wake_inbox)),
            asyncio.create_task(keep_announcing(self.store, self.clock, self._wake_inbox)),
            asyncio.create_task(self.publication.keep_publishing()),
            asyncio.create_task(self.chaining.keep_chaining()),
            asyncio.create_task(self.chaining.keep_checking()),
            asyncio.create_task(keep_withdrawing(self.store, self.clock, self._wake_inbox)),
            asyncio.create_task(keep_watching(self.store, self.clock)),
            asyncio.create_task(keep_telling(self.inbox.steps)),
            asyncio.create_task(keep_in_step(self.store, self.clock, self._wake_both)),
        ]
        if self.web and self.store.shared:
            self._tasks.append(asyncio.create_task(keep_waking(self.store, self.web)))
        for channel in self.channels.values():
            try:
                await channel.start(self.inbox.receive)
            except OSError as error:
                await self.stop()
                # A channel that only reaches out tries again by itself.
                raise unusable.web(error, *cast(tuple[str, int], self.settings.web)) from None

    async def stop(self) -> None:
        """Take nothing more in, finish the turns in hand, send what is ready, close."""
        if self.telegram:
            await self.telegram.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.inbox.stop()
        await self.outbox.stop()
        if self.web:
            await self.web.stop()
        if self.telegram:
            await self.telegram.close()
        if self._session:
            await self._session.close()
        if self._own_workers:
            self.workers.close()
        await self.chaining.look()
        await self.store.close()

    async def _receive(self, items: Sequence[Incoming], keep: Keep) -> None:
        await self.inbox.receive(items, keep)

    async def _forget(self, tx: Transaction, name: str, ref: str) -> None:
        if channel := self.channels.get(name):
            await channel.forget(tx, ref)

    def _full(self) -> bool:
        # A database that is a server's is on a disk of its own.
        return not self.store.shared and nearly_full(self.settings.data)

    def _wake_inbox(self) -> None:
        self.inbox.wake()

    def _wake_both(self) -> None:
        self.inbox.wake()
        self.outbox.wake()

    def _settle_inbox(self) -> None:
        self.inbox.settle()

    def _open_channels(self) -> None:
        settings, voice = self.settings, Voice()
        speak = voice.speak if voice.available else None
        routes = published(lambda: self.publication.newest)
        if settings.telegram_token:
            self.telegram = TelegramChannel(
                settings.telegram_token,
                self.workers.draw,
                self._menus(),
                api=settings.telegram_api,
                webhook=settings.telegram_webhook,
                secrets=settings.telegram_secrets,
                speak=speak,
                pace=self.policy.telegram_per_second,
                clock=self.clock,
            )
            self.channels["telegram"] = self.telegram
            routes += self.telegram.routes()
        if settings.web:
            host, port = settings.web
            self.web = WebChannel(
                host,
                port,
                Transcript(self.store, self.clock),
                self.workers.draw,
                speak=speak,
                clock=self.clock,
                routes=routes,
                sms_pane=settings.sms == "console",
                full=self._full,
            )
            self.channels["web"] = self.web

    def _menus(self) -> Mapping[str, Mapping[str, str]]:
        return {
            tag: {c: self.texts.say(language, f"menu.command.{c}") for c in COMMANDS}
            for language, tag in TAGS.items()
        }

    def _routes(self) -> dict[str, Route]:
        sms = self._sms()

        async def deliver_sms(due: Due) -> None:
            if isinstance(due.body, Sms):
                await sms.send(due.chat, due.body.to, due.body.text, str(due.number))

        async def deliver_work(due: Due) -> None:
            if isinstance(due.body, Job):
                await work.deliver(due.chat, due.body)

        def reply_to(channel: Channel) -> Route:
            async def deliver(due: Due) -> None:
                if isinstance(due.body, Reply):
                    address = due.chat.partition(":")[2]
                    await channel.send(address, due.body, due.number)

            pace = self.policy.telegram_per_second if channel is self.telegram else 0
            return Route(deliver, kept=channel is self.web, at_once=at_pace(pace))

        work = Work(self.store, self.channels, self.clock, self.workers, self._receive)
        return {
            **{name: reply_to(channel) for name, channel in self.channels.items()},
            "sms": Route(deliver_sms),
            "work": Route(deliver_work, at_once=READ_AT_ONCE),
            **{kind: Route(deliver_work, at_once=SANDBOXED_AT_ONCE) for kind in SANDBOXED},
        }

    def _sms(self) -> SmsGateway:
        settings = self.settings
        if settings.sms == "console":
            return ConsoleSms(settings.data / "sms.txt", self._show_sms, self.clock)
        self._session = aiohttp.ClientSession()
        return TwilioSms(
            settings.twilio_api,
            settings.twilio_account,
            settings.twilio_token,
            settings.twilio_from,
            self._session,
        )

    async def _show_sms(self, chat: str, to: str, text: str) -> None:
        if self.web:
            await self.web.show_sms(chat, to, text)


def open_store(settings: Settings, policy: Policy, clock: Clock) -> Store:
    """Open the database that the settings name, under their key ring; both are made if new.

    Raise KeyRingError or SettingError where they cannot be.
    """
    ring = KeyRing.open(settings.data / "keys.json", clock(), policy.keys.life)
    try:
        store = Store.open(settings.database, ring, policy)
    except OSError as error:
        raise unusable.database(error) from None
    store.note_erased = Erasures(settings.data).note
    return store


@asynccontextmanager
async def opened(settings: Settings, policy: Policy, clock: Clock) -> AsyncIterator[Store]:
    """Open the store, its schema up to date, for one command of the operator.

    Raise SettingError where the database cannot be used, or fails meanwhile.
    """
    store = open_store(settings, policy, clock)
    try:
        await bring_up_to_date(store)
        with unusable.told():
            yield store
    finally:
        await store.close()


async def bring_up_to_date(store: Store) -> None:
    """Bring the schema up to date; raise SettingError where the database cannot be used.

    Raise KeyRingError where the key ring is another than the data are sealed under.
    """
    try:
        async with store.reading() as tx:
            wrapped = await tx.some_keys()
        # First: a new schema may have to make something of what is sealed.
        store.ring.fits(wrapped)
        await migrate(store)
    except LaterSchema:
        raise SettingError(
            "HEALTHCODE_DATABASE cannot be used: a later version of this program has changed it."
        ) from None
    except (OSError, SQLAlchemyError, TypeError, ValueError, ArithmeticError) as error:
        # The last three: a parameter of the URL that the driver does not know, or cannot use.
        raise unusable.database(error) from None
