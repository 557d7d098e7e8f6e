import os
import time
from unittest import mock

from bordergw_neutron import deletions
from bordergw_neutron import sync
from tests import test_sync

CONN2, CONN3 = dict(test_sync.CONN, id='c2'), dict(test_sync.CONN, id='c3')
FOREIGN = [dict(o, id='x' + o['id']) for o in (test_sync.NET, test_sync.GW)] + [
    dict(test_sync.CONN, id='xc', network_id='xn', l2_gateway_id='xg')]


class MassDeletionTest(test_sync.SyncerCase):
    """A comparison deletes no more strange connections than it finds known ones."""

    def nothing_is_changed(self, bordergw, gateways, connections, strange, common):
        with self.assertLogs('bordergw_neutron.sync', 'ERROR') as logs:
            self.syncer(bordergw, gateways, connections).run()
        self.assertIn('allow_mass_deletion', logs.output[0])
        self.assertRegex(logs.output[0], 'has %d connections .* and %d that it knows' % (strange, common))
        self.assertEqual(([], []), (bordergw.log, bordergw.stamps))

    def test_refused(self):
        one = [test_sync.NET, test_sync.GW, test_sync.CONN]
        three = one + [CONN2, CONN3]
        for name, there, gateways, connections, strange, common in [
                ('connections emptied, gateway and network are known', three, [test_sync.GW], [], 3, 0),
                ('all tables emptied, one connection', one, [], [], 1, 0),
                ('objects of another Neutron', FOREIGN, [test_sync.GW], [test_sync.CONN], 1, 0),
                ('emptied, and one connection made since', three, [test_sync.GW], [test_sync.CONN], 2, 1),
                ('a shared mark, and a connection of each', FOREIGN + [CONN2, dict(FOREIGN[2], id='xc2')],
                 [test_sync.GW], [CONN2], 2, 1)]:
            with self.subTest(name):
                self.nothing_is_changed(test_sync.FakeBordergw(*there), gateways, connections, strange, common)

    def all_are_deleted(self, *noted, **conf):
        bordergw = test_sync.FakeBordergw(test_sync.NET, test_sync.GW, test_sync.CONN, CONN2)
        self.deletions.note(*noted)
        # A process that is started again knows only what is written.
        self.deletions = deletions.Deletions(self.directory)
        syncer = self.syncer(bordergw, (), ())
        for key, value in conf.items():
            setattr(syncer.conf, key, value)
        syncer.run()
        self.assertEqual({}, bordergw.objects[sync.CONNECTION])
        self.assertEqual(1, len(bordergw.stamps))

    def test_the_last_deletions_are_owed(self):
        self.all_are_deleted('c', 'c2')

    def test_allowed(self):
        self.all_are_deleted(allow_mass_deletion=True)

    def test_one_of_the_last_is_owed(self):
        self.deletions.note('c')
        bordergw = test_sync.FakeBordergw(test_sync.NET, test_sync.GW, test_sync.CONN, CONN2)
        self.nothing_is_changed(bordergw, [], [], 1, 0)

    def test_as_many_as_are_known(self):
        bordergw = test_sync.FakeBordergw(test_sync.NET, test_sync.GW, test_sync.CONN, CONN2)
        self.syncer(bordergw).run()
        self.assertEqual(['delete l2_gateway_connection c2'], bordergw.log)

    def test_what_came_behind_a_deletion_is_noted(self):
        """A create of the comparison may be carried out by bordergw after its answer did not come."""
        syncer = self.syncer(test_sync.FakeBordergw())
        syncer.plugin.get_l2_gateway_connection = mock.Mock(side_effect=sync.l2gw_exc.L2GatewayConnectionNotFound(
            id='c'))
        syncer.run()
        self.assertEqual({'c'}, self.deletions.known())


class DeletionsTest(test_sync.SyncerCase):

    def test_old_ones_are_forgotten(self):
        self.deletions.note('old', 'owed', 'new')
        for name in ('old', 'owed'):
            at = time.time() - deletions.KEEP_SECONDS - 1
            os.utime(os.path.join(self.directory, name), (at, at))
        self.deletions.forget({'owed': None})
        self.assertEqual({'owed', 'new'}, self.deletions.known())

    def test_what_cannot_be_written_is_known_to_the_process(self):
        with open(os.path.dirname(os.path.dirname(self.directory)) + '/bordergw', 'w'):
            pass        # a file where the directory should be
        with self.assertLogs('bordergw_neutron.deletions', 'WARNING') as logs:
            self.deletions.note('a')
            self.deletions.note('b', 'not/a/name')
        self.assertEqual(1, len(logs.output))
        self.assertEqual({'a', 'b', 'not/a/name'}, self.deletions.known())
        with mock.patch.object(deletions.time, 'time', return_value=time.time() + deletions.KEEP_SECONDS + 1):
            self.deletions.forget({'b': None})
        self.assertEqual({'b'}, self.deletions.known())

    def test_none(self):
        self.deletions.forget({})
        self.assertEqual(set(), self.deletions.known())
