# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Which threads and locks there are in the servers that Neutron runs in.

Neutron's programs patch threading with eventlet's, whose threads are green: one runs only while the system's thread
that started it waits in eventlet's hub. The eventlet servers do that all the time. A server with threads of its own, as
uwsgi, does it only while a request waits for something: green threads that a request has started stop with it. And a
thread of the system must not share with requests what eventlet has patched: eventlet's locks do not work between
threads of the system, and Neutron's database, messages and services have such locks. So a process of uwsgi has no
thread of ours: see remote. Other servers with threads of their own, which were not tried, get one of the system.
"""
import sys
import threading


def patched():
    """Whether threading is eventlet's."""
    patcher = sys.modules.get('eventlet.patcher')
    return patcher is not None and patcher.is_monkey_patched('thread')


def system():
    """threading with threads and locks of the system, whatever eventlet has made of it."""
    return sys.modules['eventlet.patcher'].original('threading') if patched() else threading


def background(hub):
    """threading whose threads go on running in the background. hub: one of eventlet's waits in the caller's thread."""
    return threading if hub else system()


def in_uwsgi():
    """Whether this process is uwsgi's, which has a module of this name for what it serves."""
    return 'uwsgi' in sys.modules


def in_uwsgi_worker():
    """Whether this is one of uwsgi's processes that serve, and not the one that they are forked from."""
    return in_uwsgi() and sys.modules['uwsgi'].worker_id() > 0


def Lock():
    """A lock for what never waits for anything while it holds it, in threads of all kinds."""
    return system().Lock()
