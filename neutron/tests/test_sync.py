import contextlib
import copy
import datetime
import os
import tempfile
import unittest
from unittest import mock

from oslo_db import exception as db_exc

from bordergw_neutron import attempts
from bordergw_neutron import bodies
from bordergw_neutron import deletions
from bordergw_neutron import exceptions as exc
from bordergw_neutron import sync
from tests import fakes

MINE = {'managed_by': 'neutron', 'tenant_id': 't'}
NET = dict(MINE, id='n', name='blue', shared=False, **{'provider:network_type': 'vxlan',
                                                       'provider:segmentation_id': 1001})
GW = dict(MINE, id='g', name='gw', devices=[{'device_name': 'sw1', 'interfaces': [{'name': 'p1'}]}])
CONN = dict(MINE, id='c', network_id='n', l2_gateway_id='g', segmentation_id='100')


def picture(*objects):
    out = {kind: {} for kind in sync.KINDS}
    for o in objects:
        kind = sync.CONNECTION if 'network_id' in o else sync.GATEWAY if 'devices' in o else sync.NETWORK
        out[kind][o['id']] = o
    return out


ALL = picture(NET, GW, CONN)


class CompareTest(unittest.TestCase):

    def test_table(self):
        renamed, revni = dict(NET, name='green'), dict(NET, **{'provider:segmentation_id': 7})
        regw, reconn = dict(GW, name='x'), dict(CONN, segmentation_id=200)
        for name, here, there, want in [
                ('both empty', picture(), picture(), []),
                ('nothing to do', ALL, picture(NET, dict(GW, ha_mode='active-active'), dict(CONN, segmentation_id=100,
                                                                                            status='ACTIVE')), []),
                ('all missing', ALL, picture(), ['create network n', 'create l2_gateway g',
                                                 'create l2_gateway_connection c']),
                ('connection missing', ALL, picture(NET, GW), ['create l2_gateway_connection c']),
                ('all stray', picture(), ALL, ['delete l2_gateway_connection c', 'delete l2_gateway g',
                                               'delete network n']),
                ('connection stray', picture(GW), ALL, ['delete l2_gateway_connection c', 'delete network n']),
                ('name of network', ALL, picture(renamed, GW, CONN), ['update network n']),
                ('VNI of network', ALL, picture(revni, GW, CONN), ['create network n']),
                ('gateway changed', ALL, picture(NET, regw, CONN), ['update l2_gateway g']),
                ('connection changed', ALL, picture(NET, GW, reconn), ['delete l2_gateway_connection c',
                                                                       'create l2_gateway_connection c'])]:
            with self.subTest(name):
                steps = sync.compare(copy.deepcopy(here), copy.deepcopy(there))
                self.assertEqual(want, ['%s %s %s' % s[:3] for s in steps])

    def test_a_changed_gateway_is_sent_whole(self):
        step, = sync.compare(ALL, picture(NET, dict(GW, devices=[]), CONN))
        self.assertEqual({'name': 'gw', 'devices': GW['devices'], 'replace_devices': True}, step.body)


class FakeBordergw:
    """The client's methods, on objects in memory. `refuse` maps a step to an exception."""

    def __init__(self, *objects):
        self.objects, self.refuse, self.log, self.stamps = picture(*objects), {}, [], []

    def _do(self, *what):
        self.log.append(' '.join(what))
        if ' '.join(what) in self.refuse:
            raise self.refuse[' '.join(what)]

    def list(self, kind, managed_by):
        return [o for o in self.objects[kind].values() if o.get('managed_by') == managed_by]

    def get(self, kind, object_id):
        return self.objects[kind].get(object_id)

    def create(self, kind, obj, same):
        self._do('create', kind, obj['id'])
        self.objects[kind][obj['id']] = obj
        return obj

    def update(self, kind, object_id, change):
        self._do('update', kind, object_id)
        self.objects[kind][object_id] = dict(self.objects[kind][object_id], **change)

    def delete(self, kind, object_id):
        self._do('delete', kind, object_id)
        self.objects[kind].pop(object_id, None)

    def delete_endpoints(self, network_id, source):
        self._do('delete endpoints', network_id)

    def stamp(self, manager, synced_at):
        self.stamps.append(synced_at)


class FakePlugin:

    def __init__(self, gateways, connections):
        self.gateways, self.connections = gateways, connections

    def get_l2_gateways(self, context):
        return self.gateways

    def get_l2_gateway_connections(self, context):
        return self.connections

    def get_l2_gateway(self, context, gateway_id):
        return next(g for g in self.gateways if g['id'] == gateway_id)

    def connected_networks(self, context, among=None):
        return {c['network_id'] for c in self.connections if among is None or c['network_id'] in among}

    def get_l2_gateway_connection(self, context, connection_id, fields=None):
        return next(c for c in self.connections if c['id'] == connection_id)


class SyncerCase(unittest.TestCase):

    def setUp(self):
        self.core = mock.Mock()
        self.core.get_networks.return_value = [NET]
        self.core.get_network.return_value = NET
        patch = mock.patch.object(sync.directory, 'get_plugin', return_value=self.core)
        patch.start()
        self.addCleanup(patch.stop)
        self.feed, self.fdb = mock.Mock(enabled=True), mock.Mock()
        state = tempfile.TemporaryDirectory()
        self.addCleanup(state.cleanup)
        self.directory = os.path.join(state.name, 'bordergw', 'deleted')
        self.deletions = deletions.Deletions(self.directory)

    def syncer(self, bordergw, gateways=(GW,), connections=(CONN,)):
        plugin = FakePlugin(list(gateways), list(connections))
        return sync.Syncer(bordergw, fakes.conf(), plugin, self.feed, self.fdb, self.deletions)


class SyncerTest(SyncerCase):

    def test_all_is_sent(self):
        bordergw = FakeBordergw()
        self.syncer(bordergw).run()
        self.assertEqual(['create network n', 'create l2_gateway g', 'create l2_gateway_connection c'], bordergw.log)
        self.feed.send.assert_called_once_with('n')
        self.fdb.announce.assert_called_once_with('n')
        self.assertEqual(1, len(bordergw.stamps))

    def test_a_network_without_all_addresses_is_asked_for_again(self):
        syncer = self.syncer(FakeBordergw())
        syncer.ask_again = mock.Mock()
        syncer.run()
        syncer.ask_again.assert_not_called()
        self.fdb.announce.return_value = False
        syncer.run()
        syncer.ask_again.assert_called_once_with('n')

    def test_objects_of_others_stay(self):
        bordergw = FakeBordergw(dict(GW, id='x', managed_by=''), dict(NET, id='y', managed_by='site:a'))
        self.syncer(bordergw, (), ()).run()
        self.assertEqual([], bordergw.log)

    def test_one_refusal_does_not_stop_the_others_and_is_one_error(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = exc.refusal(409, 'Conflict', 'no')
        syncer = self.syncer(bordergw)
        with self.assertLogs('bordergw_neutron.attempts', 'ERROR') as logs:
            syncer.run()
            syncer.run()
        self.assertEqual(1, len(logs.output))
        self.assertIn('create l2_gateway_connection c', bordergw.log)
        bordergw.refuse.clear()
        with self.assertLogs('bordergw_neutron.attempts', 'INFO') as logs:
            syncer.run()
        self.assertIn('is done now', logs.output[0])

    def test_a_bug_with_one_object_does_not_stop_the_others(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = KeyError('x')
        with self.assertLogs('bordergw_neutron.attempts', 'ERROR'):
            self.syncer(bordergw).run()
        self.assertIn('create l2_gateway_connection c', bordergw.log)

    def test_unavailable_leaves_it_without_a_stamp(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = exc.BorderGatewayUnavailable(text='down')
        self.run_failing(self.syncer(bordergw), '1 of the steps')
        self.assertEqual([], bordergw.stamps)

    def nobody(self):
        error = exc.BorderGatewayUnavailable(text='down')
        error.nobody = error.silent = True
        return error

    def run_failing(self, syncer, text):
        """A comparison that fails. The failures of its steps are logged, which is not for the screen."""
        with mock.patch.object(attempts, 'LOG') as log, self.assertRaisesRegex(exc.BorderGatewayUnavailable, text):
            syncer.run()
        return log

    def test_a_failure_of_one_object_does_not_stop_the_others(self):
        for error in (exc.BorderGatewayUnavailable(text='answered 500: panic'), db_exc.DBConnectionError()):
            with self.subTest(error=error):
                bordergw = FakeBordergw()
                bordergw.refuse['create l2_gateway g'] = error
                syncer = self.syncer(bordergw, gateways=(GW, dict(GW, id='g2')), connections=())
                log = self.run_failing(syncer, '^1 of the steps of a comparison failed')
                self.assertIn('create l2_gateway g2', bordergw.log)
                self.assertEqual([], bordergw.stamps)
                self.assertEqual(attempts.logging.ERROR, log.log.call_args.args[0])
                log = self.run_failing(syncer, '^1 of the steps')
                self.assertEqual(attempts.logging.DEBUG, log.log.call_args.args[0])

    def test_endpoints_of_one_network_do_not_stop_those_of_others(self):
        net2, conn2 = dict(NET, id='n2', **{'provider:segmentation_id': 1002}), dict(CONN, id='c2', network_id='n2')
        self.core.get_networks.return_value = [NET, net2]
        self.feed.send.side_effect = [exc.BorderGatewayUnavailable(text='too late'), None]
        self.run_failing(self.syncer(FakeBordergw(), connections=(CONN, conn2)), 'too late')
        self.assertEqual([mock.call('n'), mock.call('n2')], self.feed.send.mock_calls)

    def test_only_when_nobody_answers_it_ends(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create network n'] = self.nobody()
        self.run_failing(self.syncer(bordergw), '^down$')
        self.assertEqual(['create network n'], bordergw.log)

    def test_several_without_an_answer_are_taken_for_nobody(self):
        late = exc.BorderGatewayUnavailable(text='late')
        late.silent = True
        bordergw = FakeBordergw()
        gateways = [dict(GW, id='g%d' % n) for n in range(10)]
        bordergw.refuse.update({'create l2_gateway %s' % g['id']: late for g in gateways})
        self.run_failing(self.syncer(bordergw, gateways, ()), '^late$')
        self.assertEqual(attempts.MAX_SILENT, len(bordergw.log))

    def test_refusals_of_objects_that_are_gone_are_forgotten(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = exc.refusal(409, 'Conflict', 'no')
        syncer = self.syncer(bordergw, (GW,), ())
        with self.assertLogs('bordergw_neutron.attempts', 'ERROR'):
            syncer.run()
        syncer.plugin.gateways = []
        syncer.run()
        self.assertEqual({}, syncer.attempts._failed)

    def test_a_filter_that_is_ignored_deletes_nothing_of_others(self):
        bordergw = FakeBordergw(dict(GW, id='x', managed_by=''))
        bordergw.list = lambda kind, managed_by: list(bordergw.objects[kind].values())
        self.syncer(bordergw, (), ()).run()
        self.assertEqual([], bordergw.log)

    def test_endpoints_that_failed_of_the_database_are_not_only_logged(self):
        self.feed.send.side_effect = db_exc.DBConnectionError()
        with self.assertRaises(db_exc.DBConnectionError):
            self.syncer(FakeBordergw(NET)).send_endpoints('n')

    def test_what_was_deleted_meanwhile_is_deleted_again(self):
        bordergw = FakeBordergw()
        syncer = self.syncer(bordergw)
        gone = sync.l2gw_exc.L2GatewayConnectionNotFound(id='c')
        syncer.plugin.get_l2_gateway_connection = mock.Mock(side_effect=gone)
        syncer.run()
        self.assertEqual({}, bordergw.objects[sync.CONNECTION])

    def test_what_was_changed_meanwhile_is_sent_again(self):
        bordergw = FakeBordergw()
        syncer = self.syncer(bordergw)
        syncer.plugin.get_l2_gateway = lambda context, gateway_id: dict(GW, name='new')
        syncer.run()
        self.assertEqual('new', bordergw.objects[sync.GATEWAY]['g']['name'])

    def test_vni_that_differs(self):
        with self.assertRaisesRegex(exc.Refused, r'blue \(n\) has VNI 1001 in Neutron and 7 in bordergw') as caught:
            self.syncer(FakeBordergw(dict(NET, **{'provider:segmentation_id': 7}))).ensure_network(NET)
        self.assertEqual(('VNIMismatch', 409), (type(caught.exception).__name__, caught.exception.status))

    def test_network_of_others_will_do(self):
        bordergw = FakeBordergw(dict(NET, managed_by=''))
        self.syncer(bordergw).ensure_network(NET)
        self.assertEqual([], bordergw.log)

    def test_release_network(self):
        in_use = exc.refusal(409, 'NetworkInUse', 'x')
        for name, objects, refuse, done, want in [
                ('ours', [NET], None, True, ['delete network n']),
                ('ours, in use', [NET], in_use, False, ['delete network n', 'delete endpoints n']),
                ('of others', [dict(NET, managed_by='')], None, False, ['delete endpoints n']),
                ('gone', [], None, False, [])]:
            with self.subTest(name):
                bordergw = FakeBordergw(*objects)
                if refuse:
                    bordergw.refuse['delete network n'] = refuse
                self.assertEqual(done, self.syncer(bordergw, (), ()).release_network('n'))
                self.assertEqual(want, bordergw.log)

    def test_a_network_that_is_connected_is_not_released(self):
        for there in (NET, dict(NET, managed_by='')):
            bordergw = FakeBordergw(there)
            self.syncer(bordergw).release_network('n')
            self.assertEqual([], bordergw.log)

    def test_a_network_that_is_connected_while_it_is_released_keeps_its_endpoints(self):
        bordergw = FakeBordergw(dict(NET, managed_by=''))
        syncer = self.syncer(bordergw, (GW,), ())
        bordergw.delete_endpoints = lambda network_id, source: syncer.plugin.connections.append(CONN)
        syncer.release_network('n')
        self.feed.send.assert_called_once_with('n')

    def test_an_abandoned_network_that_is_connected_during_the_comparison_keeps_its_endpoints(self):
        bordergw = FakeBordergw(dict(NET, managed_by=''))
        syncer = self.syncer(bordergw, (GW,), ())
        syncer.abandon_network('n')
        self.fdb.sweep.side_effect = lambda: syncer.plugin.connections.append(CONN)
        syncer.run()
        self.assertNotIn('delete endpoints n', bordergw.log)

    def test_a_network_of_ours_that_an_operator_connects_is_no_error(self):
        bordergw = FakeBordergw(NET)
        bordergw.refuse['delete network n'] = exc.refusal(409, 'NetworkInUse', 'x')
        with self.quiet('DEBUG'):
            self.syncer(bordergw, (), ()).run()

    def test_nothing_to_do_in_a_network_of_others_is_no_news(self):
        bordergw = FakeBordergw(dict(NET, managed_by=''), GW, CONN)
        with self.quiet('DEBUG'):
            self.syncer(bordergw).run()

    @contextlib.contextmanager
    def quiet(self, level):
        """Nothing of importance is logged: a line of the given level, which sync always logs, is all."""
        with self.assertLogs('bordergw_neutron', level) as logs:
            yield
        self.assertEqual([], [r.getMessage() for r in logs.records if r.levelname != level])

    def test_abandoned_network_of_others(self):
        bordergw = FakeBordergw(dict(NET, managed_by=''))
        syncer = self.syncer(bordergw, (), ())
        syncer.abandon_network('n')
        syncer.run()
        syncer.run()
        self.assertEqual(['delete endpoints n'], bordergw.log)

    def test_rename(self):
        for name, there, want in [('ours', dict(NET, name='old'), ['update network n']),
                                  ('of others', dict(NET, name='old', managed_by=''), []), ('same', NET, [])]:
            with self.subTest(name):
                bordergw = FakeBordergw(there)
                self.syncer(bordergw).rename_network('n')
                self.assertEqual(want, bordergw.log)

    def test_endpoints_of_a_network_that_is_lost(self):
        bordergw = FakeBordergw()
        self.feed.send.side_effect = [exc.refusal(404, 'NetworkNotFound', 'x'), None]
        self.syncer(bordergw).send_endpoints('n')
        self.assertEqual(['create network n'], bordergw.log)

    def test_a_network_without_vxlan_segment_is_left_out(self):
        self.core.get_networks.return_value = [{'id': 'n', 'name': '', 'tenant_id': 't'}]
        bordergw = FakeBordergw()
        with self.assertLogs('bordergw_neutron.attempts', 'ERROR'):
            self.syncer(bordergw).run()
        self.assertNotIn('create network n', bordergw.log)


class AgeTest(unittest.TestCase):

    def test_age(self):
        now = datetime.datetime(2026, 1, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)
        for text, want in [('2026-01-01T11:59:00Z', 60), ('2026-01-01T11:59:00.123456789Z', 60),
                           ('2026-01-01T12:00:02Z', -2), ('2026-01-01T13:00:00Z', float('inf')),
                           (None, float('inf')), ('x', float('inf'))]:
            with self.subTest(text=text):
                self.assertEqual(want, sync.age_of(text, now))


class ContentTest(unittest.TestCase):

    def test_every_kind_that_is_created_can_be_compared(self):
        self.assertEqual(set(sync.KINDS) | {'gateway_device'}, set(bodies.SAME))
