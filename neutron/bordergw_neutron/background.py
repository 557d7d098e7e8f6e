# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""The background thread of a process: comparisons, endpoints of changed networks, and what is to be done later.

Neutron forks, and does not run plugins' workers in all of its servers. So the thread is started in the process that
needs it, at the first use after a fork; what the parent had queued is the parent's.
"""
import heapq
import itertools
import os
import random
import time

from neutron_lib import exceptions as n_exc
from neutron_lib import worker as n_worker
from oslo_log import log as logging

from bordergw_neutron import exceptions as exc
from bordergw_neutron import threads

LOG = logging.getLogger(__name__)

GATHER_SECONDS = 0.1        # changes of ports come in bursts
OWED_SECONDS = 0.5
LATE_SECONDS = 5            # bordergw carries out what it had received when it stopped to answer
START_SECONDS = 2
MAX_PAUSE_SECONDS = 30
NEVER = float('inf')


class _Queue:
    """What one process has to do. Times are of time.monotonic()."""

    def __init__(self, threading):
        """threading is the module whose threads run here."""
        self.pid = os.getpid()
        self.threading = threading
        self.changed = threading.Condition()
        self.started = time.monotonic()
        # Processes that start together do not all compare: those that wait longer find the stamp of the first.
        self.compare_at = self.started + random.uniform(0, START_SECONDS)
        self.owed, self.late = False, False
        self.dirty, self.dirty_at = set(), NEVER
        self.later, self.number = [], itertools.count()
        self.pause = 1
        self.stopped = False

    def due_at(self):
        return min(self.compare_at, self.dirty_at, self.later[0][0] if self.later else NEVER)


class Background:
    """One thread for each process. All methods but the thread's return at once."""

    def __init__(self, syncer, connected_networks, interval, at_start=None):
        """connected_networks(among) gives the networks among these that have a connection.

        at_start is called in the thread before all else.
        """
        self.syncer, self.connected_networks, self.interval = syncer, connected_networks, interval
        self._at_start = at_start
        self._queue, self._start = None, threads.Lock()
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self):
        self._queue, self._start = None, threads.Lock()

    def ensure(self, hub=False):
        """Start the thread of this process, unless it runs. hub: see threads.background()."""
        queue = self._queue
        if queue is not None and queue.pid == os.getpid():
            return queue
        with self._start:
            queue = self._queue
            started = queue is not None and queue.pid == os.getpid()
            if not started:
                queue = self._queue = _Queue(threads.background(hub))
        if not started:     # without the lock: a green thread's start waits
            queue.threading.Thread(target=self._run, args=(queue,), name='bordergw', daemon=True).start()
        return queue

    def stop(self):
        """End the thread of this process."""
        queue = self._queue
        if queue is not None:
            with queue.changed:
                queue.stopped = True
                queue.changed.notify()

    def owe(self, late=False):
        """Something could not be sent, or was changed behind our back: compare soon, whoever else has just done so.

        late: it may still be carried out, even after that comparison. So there is one more some seconds later.
        """
        queue = self.ensure()
        with queue.changed:
            queue.owed, queue.late = True, queue.late or late
            if queue.pause == 1:        # else it is being tried already, in growing steps
                queue.compare_at = min(queue.compare_at, time.monotonic() + OWED_SECONDS)
            queue.changed.notify()

    def dirty(self, network_ids):
        """The endpoints of these networks may have changed."""
        queue = self.ensure()
        with queue.changed:
            queue.dirty.update(network_ids)
            queue.dirty_at = min(queue.dirty_at, time.monotonic() + GATHER_SECONDS)
            queue.changed.notify()

    def later(self, delay, function, *args):
        """Call a function in the thread after some seconds. If bordergw does not answer, a comparison is owed."""
        self._later(delay, function, args, once=False)

    def later_once(self, delay, function, *args):
        """The same, unless it is to be called already, with the same arguments."""
        self._later(delay, function, args, once=True)

    def _later(self, delay, function, args, once):
        queue = self.ensure()
        with queue.changed:
            if once and any(item[2:] == (function, args) for item in queue.later):
                return
            heapq.heappush(queue.later, (time.monotonic() + delay, next(queue.number), function, args))
            queue.changed.notify()

    # The thread

    def _run(self, queue):
        if self._at_start:
            self._at_start()
        while True:
            with queue.changed:
                while not queue.stopped and queue.due_at() > time.monotonic():
                    wait = queue.due_at() - time.monotonic()
                    queue.changed.wait(None if wait == NEVER else max(wait, 0))
                if queue.stopped:
                    return
                work = self._take(queue, time.monotonic())
            for function, args in work:
                self._call(function, *args)

    def _take(self, queue, now):
        """What is due: changed networks, one of the calls, a comparison. Under the lock.

        There may be many calls, as when all agents start. Changes of ports do not wait for all of them.
        """
        work = []
        if queue.dirty_at <= now:
            work.append((self._send_dirty, (queue.dirty,)))
            queue.dirty, queue.dirty_at = set(), NEVER
        if queue.later and queue.later[0][0] <= now:
            work.append(heapq.heappop(queue.later)[2:])
        if queue.compare_at <= now:
            work.append((self._compare, (queue, queue.owed)))
            queue.owed, queue.compare_at = False, NEVER
        return work

    def _call(self, function, *args):
        """What fails, but for a refusal, is owed: a comparison does all that could have been done here."""
        name = getattr(function, '__name__', function)
        try:
            function(*args)
            return
        except exc.BorderGatewayUnavailable as e:
            text, owed = str(e), True
        except n_exc.NeutronException as e:
            text, owed = '%s: %s' % (name, e), False
        except Exception:
            LOG.exception('%s failed', name)
            self.owe()
            return
        LOG.warning('%s', text)
        if owed:
            self.owe()

    def _send_dirty(self, network_ids):
        """One that fails does not stop the others, unless nobody answers."""
        failed = None
        for network_id in sorted(self.connected_networks(sorted(network_ids))):
            try:
                self.syncer.send_endpoints(network_id)
            except exc.PASSING as e:
                failed = e
                if getattr(e, 'silent', False):
                    break
        if failed:
            raise failed

    def _compare(self, queue, owed):
        pause, text = None, None
        try:
            if owed or not self._fresh(queue):
                self.syncer.run()
        except n_exc.NeutronException as e:     # no answer, or a refusal of what everything depends on
            pause, text = queue.pause, str(e)
        except Exception:
            pause = queue.pause
            LOG.exception('sync failed; again in %d s', pause)
        if text is not None:
            LOG.warning('sync: %s; again in %d s', text, pause)
        with queue.changed:
            self._schedule(queue, pause, owed)

    def _schedule(self, queue, pause, owed):
        """When to compare next. Under the lock."""
        if pause is not None:
            queue.owed = queue.owed or owed
            queue.compare_at, queue.pause = time.monotonic() + pause, min(pause * 2, MAX_PAUSE_SECONDS)
            return
        queue.pause = 1
        if queue.owed:      # something was owed during the comparison
            queue.compare_at = time.monotonic() + OWED_SECONDS
        elif queue.late:
            queue.owed, queue.late = True, False
            queue.compare_at = time.monotonic() + LATE_SECONDS
        elif self.interval:
            queue.compare_at = time.monotonic() + self.interval * random.uniform(0.9, 1.1)

    def _fresh(self, queue):
        """Whether another process has compared: lately, and not before this one started."""
        age = self.syncer.age()
        return age < min(self.interval / 2, time.monotonic() - queue.started)


class Worker(n_worker.BaseWorker):
    """Starts the thread in the process that eventlet's neutron-server makes for plugins."""

    def __init__(self, background):
        super().__init__(worker_process_count=0)
        self.background = background

    def start(self):
        super().start(desc='bordergw sync')
        self.background.ensure(hub=True)

    def stop(self):
        self.background.stop()

    def wait(self):
        pass

    def reset(self):
        pass
