"""Runs a campaign: one engine, targets as it needs them, results to the disk as they come."""

from __future__ import annotations

import asyncio
import datetime
import os
import shutil
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from netsonde import _core
from netsonde.campaign._keep import new_run, now
from netsonde.campaign._plan import Plan, read_plan
from netsonde.campaign._progress import Meter, Progress
from netsonde.campaign._state import State, identity, refuse_changes
from netsonde.measure import (
    Walk,
    blocking_iterate,
    capture_file,
    choose,
    excluded,
    job,
    refuse_gaps,
)
from netsonde.model import (
    Done,
    Failed,
    HopSettled,
    HostError,
    Kind,
    NetsondeError,
    Output,
    PingReply,
    Start,
    UsageError,
    decode_event,
)
from netsonde.model import Progress as EngineProgress
from netsonde.store import Dataset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    import pyarrow as pa

    from netsonde.measure import Frame, TargetList, Vantage, VantageLike
    from netsonde.model import Counters
    from netsonde.store import Writer

#: Between two words of the engine on its progress.
PROGRESS_MS = 100
#: How long ahead targets are handed over: what was handed over is finished before a stop.
LOOKAHEAD_S = 0.5
#: Targets handed over ahead at least, and at most.
LOOKAHEAD_MIN, LOOKAHEAD_MAX = 4, 65_536
#: Between two notes of the number of probes sent, in nanoseconds.
_NOTE_NS = 1_000_000_000
#: Kinds that cannot be campaigns: they look at all targets together, or need none.
_NOT_KINDS = frozenset({"alias", "dns"})


class Batch(NamedTuple):
    """Some rows of a table, which are on the disk already."""

    table: str
    """Its name; `docs/reference/tables.md` describes it."""
    stream: bytes
    """One Arrow IPC stream of one record batch."""

    def record_batch(self) -> pa.RecordBatch:
        """Return the rows."""
        import pyarrow as pa  # noqa: PLC0415 - whoever only counts batches does without

        return pa.ipc.open_stream(self.stream).read_next_batch()


class Campaign:
    """One run of a campaign.

    Args:
        plan: The campaign, or its file.
        directory: Where the results go; the name of the file, without its ending, if None.
        resume: Go on with what the directory holds.
        vantage: Where to measure from, whatever the plan says.
        pcap: Write the packets that are sent and received to this file, as pcapng; on resuming,
            after those of earlier runs.

    Raises:
        UsageError: The plan cannot be followed, or the directory holds something else.
        HostError: A file cannot be read.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from netsonde.campaign import Plan, Targets
        >>> plan = Plan(kind=netsonde.model.Kind.PING, targets=Targets(list=("5.2.0.0/30",)))
        >>> with TemporaryDirectory() as directory:
        ...     campaign = Campaign(plan, directory, vantage=netsonde.lab.load("plain"))
        ...     found = [batch.record_batch().num_rows for batch in campaign.run()]
        >>> campaign.is_complete, campaign.progress.targets_done
        (True, 4)
    """

    def __init__(
        self,
        plan: Plan | Path | str,
        directory: Path | str | None = None,
        *,
        resume: bool = False,
        vantage: VantageLike = None,
        pcap: Path | str | None = None,
    ) -> None:
        self.plan = plan if isinstance(plan, Plan) else read_plan(plan)
        if str(self.plan.kind) in _NOT_KINDS:
            message = f"{self.plan.kind} looks at all its targets together: no campaign"
            stored = " -o DIR" if self.plan.kind is Kind.ALIAS else ""
            hint = f"`netsonde {self.plan.kind} -f FILE{stored}` measures them"
            raise UsageError(message, hint)
        stem = self.plan.file.stem if self.plan.file else self.plan.name or "campaign"
        self.directory = Path(directory if directory is not None else stem)
        self._resume = resume
        self._pcap = pcap
        self._vantage = self.plan.vantage.open() if vantage is None else choose(vantage)
        self._stopping = asyncio.Event()
        self._aborted = asyncio.Event()
        self._begun = asyncio.Event()
        self._meter = Meter(0)
        self._engine_begun = self._done = 0
        self.on_progress: Callable[[Progress], object] | None = None
        """Called with every progress."""
        self.counters: Counters | None = None
        """What was sent and received, once the run is over."""
        self.refused: dict[str, int] = {}
        """Targets that were left out, by reason, once the run is over."""
        self.is_complete = False
        """Whether no target is left, once the run is over."""

    @property
    def vantage(self) -> Vantage:
        """Where it measures from."""
        return self._vantage

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._meter.last

    def stop(self) -> None:
        """Begin no more targets, finish those under way, and end."""
        self._stopping.set()
        self._begun.set()

    def abort(self) -> None:
        """End at once; what was not reported yet is measured again on resuming."""
        self.stop()
        self._aborted.set()

    def run(self) -> Generator[Batch, None, None]:
        """Yield what `batches` yields, without an event loop.

        Raises:
            UsageError: An event loop runs in this thread already.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return blocking_iterate(self.batches(), "campaign")
        message = "Campaign.run() cannot wait inside a running event loop"
        raise UsageError(message, "async for batch in campaign.batches()")

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Measure, and yield results once they are on the disk.

        Closing the generator ends the run at once; `stop` ends it cleanly.

        Raises:
            UsageError: The directory holds another campaign, or this one without `resume`.
            HostError: The host lacks a right, a route or room on the disk.
            NetsondeError: The measurement failed.
        """
        dataset = Dataset(self.directory)
        if dataset.exists and not self._resume:
            message = f"{self.directory} holds results already"
            raise UsageError(message, "--resume goes on with them, -o names another directory")
        asked = identity(self.plan)
        wanted = self.plan.target_list()
        for problem in wanted.problems:
            raise problem
        try:
            async with self._writer(dataset, asked) as (writer, state, seed):
                walk = self._walk(wanted, dataset, state, seed)
                async with aclosing(self._measure(writer, state, walk, seed)) as batches:
                    async for batch in batches:
                        yield batch
        except OSError as error:
            message = f"cannot write to {self.directory}: {error.strerror}"
            raise HostError(message, "with room on the disk, --resume goes on") from error

    def _writer(self, dataset: Dataset, asked: dict[str, Any]) -> _Opened:
        """Open the dataset, and refuse to go on with another campaign."""
        before = None
        if dataset.exists:
            before = State(dataset).settings()
            if "identity" in before:
                refuse_changes(before["identity"], asked, self.directory)
        kept = (before or {}).get("seed")
        if self.plan.seed is not None and kept not in (None, self.plan.seed):
            message = f"{self.directory} was begun with seed {kept}, not {self.plan.seed}"
            raise UsageError(message, "leave the seed as it was, or name another directory")
        drawn = 1 if self._vantage.is_virtual else int.from_bytes(os.urandom(4), "big")
        seed = kept if kept is not None else self.plan.seed if self.plan.seed is not None else drawn
        return _Opened(self, dataset, asked, seed)

    def _walk(self, wanted: TargetList, dataset: Dataset, state: State, seed: int) -> Walk:
        """Return the targets that are left."""
        request = self.plan.request()
        walk = Walk(
            wanted,
            self._vantage,
            seed=seed,
            exclude=excluded(request, self._vantage),
            allow_special_purpose=request.allows_special_purpose,
            family=self.plan.targets.family,
            known=state.names(),
        )
        # A budget of the whole campaign ends what is under way wherever it is.
        if self.plan.limits.probes_total is not None:
            state.keep(has_total=True)
        is_final = not state.settings().get("has_total", False)
        texts = dataset.finished_targets(budget_is_final=is_final)
        done = sum(map(walk.mark_done, texts))
        self._meter = Meter(done)
        return walk

    async def _measure(
        self, writer: Writer, state: State, walk: Walk, seed: int
    ) -> AsyncGenerator[Batch, None]:
        task = self._job(state, seed)
        noted_ns, sent_before = 0, state.settings().get("sent", 0)
        if task is None:
            return
        timer = self._timer()
        try:
            with capture_file(self._pcap, append=self._resume) as capture:
                feed = self._feed(walk)
                output = self._vantage.stream(task, feed, self._aborted, capture=capture)
                async with aclosing(output) as frames:
                    async for frame in frames:
                        if self._aborted.is_set():
                            break
                        if batch := self._take(frame, writer, walk):
                            yield batch
                        if time.monotonic_ns() - noted_ns >= _NOTE_NS:
                            noted_ns = time.monotonic_ns()
                            state.keep(sent=sent_before + self.progress.sent)
                            state.keep_names(walk.names)
        finally:
            if timer is not None:
                timer.cancel()
        sent = self.counters.sent if self.counters else self.progress.sent
        state.keep(sent=sent_before + sent)
        state.keep_names(walk.names)
        self.refused = walk.refused()
        self.is_complete = walk.left == 0 and self._done == walk.given
        counters = msgspec.to_builtins(self.counters) if self.counters else {}
        writer.finish(ended=now(), counters=counters)
        refuse_gaps(self._pcap, self.counters)

    def _take(self, frame: Frame, writer: Writer, walk: Walk) -> Batch | None:
        """Store what a frame holds."""
        if frame.table:
            table = _core.table_name(frame.table)
            assert table is not None, "the engine is of the same version"
            writer.append(table, frame.payload)
            return Batch(table, frame.payload)
        match event := decode_event(frame.payload):
            case EngineProgress():
                self._engine_begun = event.targets_begun
                self._begun.set()
                self._tell(event, walk)
            case Done():
                self.counters = event.counters
                self._done = event.targets_done
                last = EngineProgress(
                    sent=event.counters.sent,
                    received=event.counters.received,
                    targets_begun=event.targets_done,
                    targets_done=event.targets_done,
                    in_flight=0,
                    elapsed_ns=event.duration_ns,
                )
                self._tell(last, walk)
            case Failed():
                raise NetsondeError(event.reason, event.hint)
            case Start() | PingReply() | HopSettled():
                pass
            case _:
                writer.append_result(frame.payload)
        return None

    def _tell(self, said: EngineProgress, walk: Walk) -> None:
        progress = self._meter.update(said, left=walk.left, given=walk.given)
        if self.on_progress is not None:
            self.on_progress(progress)

    async def _feed(self, walk: Walk) -> AsyncGenerator[bytes, None]:
        """Yield targets shortly before the engine begins them, so that a stop is soon done."""
        ahead = int(self.plan.limits.rate_pps * LOOKAHEAD_S)
        ahead = min(max(ahead, LOOKAHEAD_MIN), LOOKAHEAD_MAX)
        piece = max(ahead // 4, 1) * _core.TARGET_BYTES
        given = 0
        async with aclosing(walk.chunks()) as chunks:
            async for chunk in chunks:
                for start in range(0, len(chunk), piece):
                    while not self._vantage.is_virtual and given - self._engine_begun >= ahead:
                        if self._stopping.is_set():
                            return
                        self._begun.clear()
                        await self._begun.wait()
                    if self._stopping.is_set():
                        return
                    part = chunk[start : start + piece]
                    given += len(part) // _core.TARGET_BYTES
                    yield part

    def _job(self, state: State, seed: int) -> bytes | None:
        """Return the job; None if earlier runs spent what the campaign may cost."""
        request, limits = self.plan.request(), self.plan.limits
        request = request._replace(run={**request.run, "seed": seed})
        if limits.probes_total is not None:
            kept = state.settings()
            spent = kept.get("sent", 0) + kept.get("unnoted", 0)
            if spent >= limits.probes_total:
                return None
            total = limits.probes_total - spent
            budget = msgspec.structs.replace(request.budget, total=total)
            request = request._replace(budget=budget)
        more: dict[str, Any] = {"output": Output.COLUMNS, "prefix": limits.prefix}
        more["progress_ms"] = 0 if self._vantage.is_virtual else PROGRESS_MS
        return job(request, self._vantage, None, **more)

    def _timer(self) -> asyncio.TimerHandle | None:
        """Stop the run in time."""
        left_s = self.plan.limits.left_s(datetime.datetime.now(datetime.UTC))
        if left_s is None:
            return None
        return asyncio.get_running_loop().call_later(left_s, self.stop)


class _Opened:
    """A dataset open for one run of a campaign."""

    def __init__(
        self, campaign: Campaign, dataset: Dataset, asked: dict[str, Any], seed: int
    ) -> None:
        self._campaign, self._dataset, self._asked, self._seed = campaign, dataset, asked, seed

    async def __aenter__(self) -> tuple[Writer, State, int]:
        plan = self._campaign.plan
        options = msgspec.to_builtins(msgspec.structs.replace(plan, file=None))
        run = new_run(self._campaign.vantage, options, self._seed)
        self._writer = self._dataset.writer(run)
        self._state = State(self._dataset)
        kept = self._state.settings()
        if kept.get("running"):
            # A run that died may have sent this much after its last note.
            unnoted = kept.get("unnoted", 0) + 2 * plan.limits.rate_pps
            self._state.keep(unnoted=unnoted)
        self._state.keep(running=True)
        if "identity" not in self._state.settings():
            self._state.keep(identity=self._asked, seed=self._seed, name=plan.name, sent=0)
            if plan.file is not None:
                shutil.copyfile(plan.file, self._dataset.path / "campaign.toml")
        return self._writer, self._state, self._seed

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            await asyncio.to_thread(self._writer.close)
        finally:
            if kind is None:
                self._state.keep(running=False)
