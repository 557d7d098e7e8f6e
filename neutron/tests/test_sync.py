import copy
import datetime
import unittest
from unittest import mock

from bordergw_neutron import bodies
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

    def get_l2_gateway_connection(self, context, connection_id, fields=None):
        return next(c for c in self.connections if c['id'] == connection_id)


class SyncerTest(unittest.TestCase):

    def setUp(self):
        self.core = mock.Mock()
        self.core.get_networks.return_value = [NET]
        self.core.get_network.return_value = NET
        patch = mock.patch.object(sync.directory, 'get_plugin', return_value=self.core)
        patch.start()
        self.addCleanup(patch.stop)
        self.feed, self.fdb = mock.Mock(enabled=True), mock.Mock()

    def syncer(self, bordergw, gateways=(GW,), connections=(CONN,)):
        plugin = FakePlugin(list(gateways), list(connections))
        return sync.Syncer(bordergw, fakes.conf(), plugin, self.feed, self.fdb)

    def test_all_is_sent(self):
        bordergw = FakeBordergw()
        self.syncer(bordergw).run()
        self.assertEqual(['create network n', 'create l2_gateway g', 'create l2_gateway_connection c'], bordergw.log)
        self.feed.send.assert_called_once_with('n')
        self.fdb.announce.assert_called_once_with('n')
        self.assertEqual(1, len(bordergw.stamps))

    def test_objects_of_others_stay(self):
        bordergw = FakeBordergw(dict(GW, id='x', managed_by=''), dict(NET, id='y', managed_by='site:a'))
        self.syncer(bordergw, (), ()).run()
        self.assertEqual([], bordergw.log)

    def test_one_refusal_does_not_stop_the_others_and_is_one_error(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = exc.refusal(409, 'Conflict', 'no')
        syncer = self.syncer(bordergw)
        with self.assertLogs('bordergw_neutron.sync', 'ERROR') as logs:
            syncer.run()
            syncer.run()
        self.assertEqual(1, len(logs.output))
        self.assertIn('create l2_gateway_connection c', bordergw.log)
        bordergw.refuse.clear()
        with self.assertLogs('bordergw_neutron.sync', 'INFO') as logs:
            syncer.run()
        self.assertIn('no longer refused', logs.output[0])

    def test_a_bug_with_one_object_does_not_stop_the_others(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = KeyError('x')
        with self.assertLogs('bordergw_neutron.sync', 'ERROR'):
            self.syncer(bordergw).run()
        self.assertIn('create l2_gateway_connection c', bordergw.log)

    def test_unavailable_ends_it_without_a_stamp(self):
        bordergw = FakeBordergw()
        bordergw.refuse['create l2_gateway g'] = exc.BorderGatewayUnavailable(text='down')
        with self.assertRaises(exc.BorderGatewayUnavailable):
            self.syncer(bordergw).run()
        self.assertEqual([], bordergw.stamps)

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
        for name, objects, refuse, want in [
                ('ours', [NET], None, ['delete network n']),
                ('ours, in use', [NET], in_use, ['delete network n']),
                ('of others', [dict(NET, managed_by='')], None, ['delete endpoints n']),
                ('gone', [], None, [])]:
            with self.subTest(name):
                bordergw = FakeBordergw(*objects)
                if refuse:
                    bordergw.refuse['delete network n'] = refuse
                self.syncer(bordergw).release_network('n')
                self.assertEqual(want, bordergw.log)

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
        with self.assertLogs('bordergw_neutron.sync', 'ERROR'):
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
