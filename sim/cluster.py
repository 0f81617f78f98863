"""Replications on the workers of a dask.distributed scheduler, on one machine or on many.

Workers send what they measured, encoded as the journal keeps it, and this process stores it: a
cluster need not share a disk, and the bytes are those of a study on one machine. A worker that
dies costs what it had at work, which another one does again; a replication that keeps killing
workers is given up by the scheduler (distributed.scheduler.allowed-failures) and named here. A
scheduler that is lost ends the study, which can be resumed, here or on another one.

Whoever can reach a scheduler at a tcp:// address can run programs as its user: it is for this
machine alone. Beyond, use tls://, with certificates as distributed's own configuration
(distributed.comm.tls) names them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scenarios.errors import EnvironmentFailure, Fault, InputError
from sim.experiment import Job, RunOne
from sim.journal import Journal, sealed, write_aside
from sim.provenance import own_version, versions

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 20
"""Seconds to wait for the scheduler, and for its first worker."""

AHEAD = 3
"""Replications handed out per worker: the next ones wait there, the rest here."""

LOST = (OSError, TimeoutError, asyncio.CancelledError)
"""What is raised where the scheduler is gone; errors of its connections are OSErrors."""

_one_at_a_time = threading.Lock()


def run_on_cluster(jobs: Sequence[Job], run_one: RunOne, journal: Journal, address: str,
                   resume: str) -> Iterator[Job]:
    """Run jobs on a scheduler's workers and store what comes back; yields each job stored.

    resume: the command that takes the study up, for the messages. Raises InputError for an address
    that is none; EnvironmentFailure if distributed is not installed, the scheduler cannot be
    reached or is lost, its workers have other versions than this process, or a replication keeps
    killing workers; and whatever run_one raises, with the replication named in a note.
    """
    place = address_of(address)
    try:
        import distributed
    except ImportError as error:
        raise EnvironmentFailure("--cluster needs distributed: pip install \"onestop[cluster]\" "
                                 f"({error})") from None
    # It logs with tracebacks what is told below in a line.
    for name in [name for name in logging.root.manager.loggerDict if "distributed" in name]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(place, timeout=PATIENCE, set_as_default=False)
    except LOST as error:
        raise EnvironmentFailure(f"no scheduler answers at {place} ({type(error).__name__}); "
                                 "start one with: dask scheduler --host 127.0.0.1") from None
    try:
        with_workers = _checked(client, place)
        yield from _run(client, jobs, run_one, journal, AHEAD * with_workers)
    except (*LOST, distributed.client.FutureCancelledError) as error:
        if isinstance(error, EnvironmentFailure):
            raise
        raise EnvironmentFailure(f"the scheduler at {place} is lost ({type(error).__name__}); what "
                                 f"is finished is kept, resume with: {resume}") from None
    finally:
        try:
            client.close(timeout=1)
        except LOST:
            pass


def address_of(text: str) -> str:
    """The address of a scheduler: a port alone is one of this machine.

    Raises InputError for what is no address, or plain tcp to another machine.
    """
    if text.isdecimal():
        return f"tcp://127.0.0.1:{text}"
    parts = urlsplit(text if "://" in text else f"tcp://{text}")
    try:
        known = parts.scheme in ("tcp", "tls") and bool(parts.hostname and parts.port)
    except ValueError:
        known = False
    if not known:
        raise InputError(Fault("is no address of a scheduler", key="--cluster", found=text,
                               allowed="tcp://HOST:PORT, tls://HOST:PORT, or a PORT"))
    if parts.scheme == "tcp" and not _is_loopback(parts.hostname or ""):
        raise InputError(Fault(
            "plain tcp to another machine is neither encrypted nor authenticated",
            key="--cluster", found=text, allowed="tls://HOST:PORT",
            hint="Set up distributed's TLS, or a tunnel to a port of this machine."))
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _facts() -> tuple[str, dict[str, str | None]]:
    """What must be the same everywhere, so that the bytes are."""
    return own_version(), dict(versions())


def _checked(client: Client, place: str) -> int:
    """How many workers there are. Raises EnvironmentFailure without any, or with other versions.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise EnvironmentFailure(f"the scheduler at {place} has no workers; start some with: dask "
                                 f"worker {place} --nworkers 2 --nthreads 1") from None
    try:
        answers: dict[str, Any] = client.run(_facts)
    except (ImportError, AttributeError) as error:
        raise EnvironmentFailure(f"the workers of {place} cannot import onestop ({error}): install "
                                 f"version {own_version()} on all of them") from None
    ours = _facts()
    for worker, theirs in answers.items():
        if tuple(theirs) != ours:
            odd = [f"{name} {found} (here {ours[1].get(name)})"
                   for name, found in theirs[1].items() if ours[1].get(name) != found]
            if theirs[0] != ours[0]:
                odd.insert(0, f"onestop {theirs[0]} (here {ours[0]})")
            raise EnvironmentFailure(f"the worker {worker} has {', '.join(odd)}: results would "
                                     "differ. Install the same versions everywhere")
    return len(answers)


def _run(client: Client, jobs: Sequence[Job], run_one: RunOne, journal: Journal, most: int
         ) -> Iterator[Job]:
    """Hand out jobs, at most so many at a time, and store what comes back."""
    from distributed import KilledWorker, as_completed

    waiting = iter(jobs)
    at_work: dict[Any, Job] = {}
    done = as_completed(loop=client.loop)

    def hand_out() -> None:
        job = next(waiting, None)
        if job is not None:
            future = client.submit(_encoded, run_one, job, pure=False)
            at_work[future] = job
            done.add(future)

    for _ in range(most):
        hand_out()
    while at_work:
        future = next(done)
        job = at_work.pop(future)
        try:
            content: bytes = future.result()
        except KilledWorker:
            raise EnvironmentFailure(f"{job} kept killing its worker on the cluster (out of "
                                     "memory?); what is finished is kept") from None
        except LOST:
            raise
        except Exception as error:
            error.add_note(f"in {job}")
            raise
        write_aside(journal.path(job.scenario, job.replication), content)
        hand_out()
        yield job


def _encoded(run_one: RunOne, job: Job) -> bytes:
    """On a worker: one replication as the journal keeps it. Threads of one worker take turns."""
    with _one_at_a_time:
        return sealed(run_one(job.payload, job.scenario, job.replication))
