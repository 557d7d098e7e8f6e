# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Threads and locks for each of the servers that Neutron runs in.

Neutron's programs patch threading with eventlet's, whose threads are green: one runs only while the system's thread
that started it waits in eventlet's hub. The eventlet servers do that all the time. A server with threads of its own, as
uwsgi, does it only while a request waits for something: green threads that a request has started stop with it. So
what is to go on there needs a thread of the system, and locks that several of them can share.
"""
import functools
import sys
import threading
import time

from oslo_log import log as logging

LOG = logging.getLogger(__name__)

# How long one waits before it looks again whether a lock is free: at first, and at most.
FIRST_LOOK_SECONDS, MAX_LOOK_SECONDS = 0.0005, 0.02


def patched():
    """Whether threading is eventlet's."""
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched('thread')


def system():
    """threading with threads and locks of the system, whatever eventlet has made of it."""
    return sys.modules['eventlet.patcher'].original('threading') if patched() else threading


def background(hub):
    """threading whose threads go on running in the background. hub: one of eventlet's waits in the caller's thread."""
    return threading if hub and not in_uwsgi() else system()


def in_uwsgi():
    """Whether this process is uwsgi's, which has a module of this name for what it serves."""
    return 'uwsgi' in sys.modules


def in_uwsgi_worker():
    """Whether this is one of uwsgi's processes that serve, and not the one that they are forked from."""
    return in_uwsgi() and sys.modules['uwsgi'].worker_id() > 0


def Lock():
    """A lock for what never waits for anything while it holds it, in threads of all kinds."""
    return system().Lock()


@functools.lru_cache(maxsize=None)
def _guard():
    """Of the counters of all semaphores."""
    return Lock()


def share_locks():
    """Make eventlet's locks work between threads of the system.

    A lock of eventlet wakes the next one that waits for it through the hub of its own thread. One that waits in another
    thread is never woken ("greenlet.error: cannot switch to a different thread"), and then nobody gets the lock any
    more. Neutron's are of this kind, those of its database connections among them. With this, who waits looks again
    and again. That holds for all locks of the process, also for those that there are already.
    """
    if not patched():
        return
    semaphore = sys.modules['eventlet.semaphore'].Semaphore
    if semaphore.acquire is not _acquire:
        semaphore.acquire = _acquire
        LOG.info('eventlet has patched a server with threads of its own: its locks now work between these threads.')


def _take(semaphore):
    with _guard():
        if semaphore.counter <= 0:
            return False
        semaphore.counter -= 1
        return True


def _acquire(semaphore, blocking=True, timeout=None):
    """Instead of eventlet.semaphore.Semaphore.acquire()."""
    if timeout == -1:
        timeout = None
    if timeout is not None and (timeout < 0 or not blocking):
        raise ValueError('timeout must not be negative, and only be given when blocking')
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = FIRST_LOOK_SECONDS
    while not _take(semaphore):
        if not blocking or deadline is not None and time.monotonic() >= deadline:
            return False
        time.sleep(pause)       # eventlet's: others of this thread run meanwhile
        pause = min(pause * 2, MAX_LOOK_SECONDS)
    return True
