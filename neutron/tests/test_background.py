import os
import threading
import unittest
from unittest import mock

from oslo_db import exception as db_exc

from bordergw_neutron import background
from bordergw_neutron import exceptions as exc


class FakeSyncer:

    def __init__(self):
        self.runs, self.sent, self.fail, self.old = 0, [], 0, float('inf')
        self.ran, self.did_send = threading.Event(), threading.Event()
        self.done = threading.Semaphore(0)      # one for each run

    def age(self):
        return self.old

    def run(self):
        self.runs += 1
        if self.fail:
            self.fail -= 1
            raise exc.BorderGatewayUnavailable(text='down')
        self.ran.set()
        self.done.release()

    def send_endpoints(self, network_id):
        self.sent.append(network_id)
        self.did_send.set()


class BackgroundTest(unittest.TestCase):

    def setUp(self):
        for name in ('START_SECONDS', 'OWED_SECONDS', 'GATHER_SECONDS', 'LATE_SECONDS'):
            patch = mock.patch.object(background, name, 0)
            patch.start()
            self.addCleanup(patch.stop)
        self.syncer = FakeSyncer()
        self.background = background.Background(self.syncer, lambda among: set(among) - {'unconnected'}, 300)
        self.addCleanup(self.background.stop)

    def wait(self, event):
        self.assertTrue(event.wait(10))
        event.clear()

    def test_compares_at_start(self):
        self.background.ensure()
        self.wait(self.syncer.ran)

    def test_owed_is_never_skipped(self):
        self.syncer.old = 0
        self.background.owe()
        self.wait(self.syncer.ran)
        self.background.owe()
        self.wait(self.syncer.ran)

    def test_compares_again_after_the_first_that_works(self):
        """A request that got no answer may be carried out after the comparison that was to find it."""
        self.syncer.old, self.syncer.fail = 0, 1
        with self.assertLogs('bordergw_neutron.background', 'WARNING'):
            self.background.owe(late=True)
            for _ in range(2):
                self.assertTrue(self.syncer.done.acquire(timeout=10))
        self.assertFalse(self.syncer.done.acquire(timeout=0.2))
        self.assertEqual(3, self.syncer.runs)

    def test_tries_again(self):
        self.syncer.fail = 1
        with self.assertLogs('bordergw_neutron.background', 'WARNING') as logs:
            self.background.owe()
            self.wait(self.syncer.ran)
        self.assertIn('down; again in 1 s', logs.output[0])
        self.assertEqual(2, self.syncer.runs)

    def test_dirty_networks_without_connection_are_dropped(self):
        self.background.dirty(['a', 'unconnected'])
        self.wait(self.syncer.did_send)
        self.assertEqual(['a'], self.syncer.sent)

    def test_later(self):
        order, done = [], threading.Event()
        self.background.later(0.05, lambda: (order.append(2), done.set()))
        self.background.later(0, order.append, 1)
        self.wait(done)
        self.assertEqual([1, 2], order)

    def test_changes_of_ports_do_not_wait_for_many_calls(self):
        go, done, seen = threading.Event(), threading.Event(), []
        self.background.later(0, go.wait, 60)
        self.background.later(0, self.background.dirty, ['a'])
        self.background.later(0, lambda: (seen.extend(self.syncer.sent), done.set()))
        go.set()
        self.wait(done)
        self.assertEqual(['a'], seen)

    def test_what_fails_later_is_owed_if_bordergw_is_away(self):
        self.syncer.old = 0
        down = mock.Mock(side_effect=exc.BorderGatewayUnavailable(text='down'), __name__='down')
        with self.assertLogs('bordergw_neutron.background', 'WARNING'):
            self.background.later(0, down)
            self.wait(self.syncer.ran)

    def test_a_bug_does_not_end_the_thread(self):
        with self.assertLogs('bordergw_neutron.background', 'ERROR'):
            self.background.later(0, lambda: 1 / 0)
            self.background.dirty(['a'])
            self.wait(self.syncer.did_send)

    def test_a_failure_of_the_database_is_owed(self):
        """Whichever of the networks it was about: a comparison sends the endpoints of all."""
        for failing in ('connected_networks', 'send_endpoints'):
            with self.subTest(failing), mock.patch.object(background, 'LOG'), \
                    mock.patch.object(self.background, 'owe') as owe, \
                    mock.patch.object(self.background if failing == 'connected_networks' else self.syncer, failing,
                                      side_effect=db_exc.DBConnectionError()):
                self.background._call(self.background._send_dirty, {'n'})
                owe.assert_called_once()

    def test_one_network_does_not_stop_the_others(self):
        def send(network_id):
            self.syncer.sent.append(network_id)
            if network_id == 'a':
                raise exc.BorderGatewayUnavailable(text='too large')
        with mock.patch.object(self.syncer, 'send_endpoints', send):
            with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'too large'):
                self.background._send_dirty({'a', 'b'})
        self.assertEqual(['a', 'b'], self.syncer.sent)

    def test_what_fails_in_a_comparison_stays_owed(self):
        queue = background._Queue(threading)
        for error, logged in [(exc.refusal(404, 'NotFound', 'x'), 'warning'), (db_exc.DBError(), 'exception')]:
            with self.subTest(error=error), mock.patch.object(background, 'LOG') as log:
                queue.owed = False
                with mock.patch.object(self.syncer, 'run', side_effect=error):
                    self.background._compare(queue, True)
                self.assertTrue(queue.owed)
                getattr(log, logged).assert_called_once()

    def test_later_once(self):
        order, done = [], threading.Event()
        for _ in range(5):
            self.background.later_once(0.05, order.append, 1)
        self.background.later_once(0.05, order.append, 2)
        self.background.later(0.1, done.set)
        self.wait(done)
        self.assertEqual([1, 2], order)

    def test_fresh(self):
        queue = background._Queue(threading)
        queue.started -= 100
        for age, fresh in [(50, True), (99, True), (101, False), (float('inf'), False)]:
            with self.subTest(age=age):
                self.syncer.old = age
                self.assertEqual(fresh, self.background._fresh(queue))
        queue.started -= 1000
        self.syncer.old = 151       # more than half an interval
        self.assertFalse(self.background._fresh(queue))

    def test_a_forked_process_has_a_thread_of_its_own(self):
        self.background.ensure()
        self.wait(self.syncer.ran)
        read, write = os.pipe()
        child = os.fork()
        if not child:
            self.syncer.ran.clear()
            self.background.owe()
            os.write(write, b'1' if self.syncer.ran.wait(10) else b'0')
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(b'1', os.read(read, 1))
        os.close(read)
        os.close(write)
