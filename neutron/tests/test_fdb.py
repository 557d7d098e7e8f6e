import types
import unittest
from unittest import mock

from neutron_lib import constants

from bordergw_neutron import fdb
from tests import fakes


def members(*addresses, far=()):
    return {'members': [{'device_id': 'd', 'name': 'sw', 'switch': 'sw', 'tunnel_ip': a, 'reachable': True}
                        for a in addresses], 'far': list(far)}


class PureTest(unittest.TestCase):

    def test_addresses(self):
        for found, want in [(members(), (set(), True)), (members('10.1.0.1', far=['198.51.100.5']),
                                                         ({'10.1.0.1', '198.51.100.5'}, True)),
                            (members('10.1.0.1', ''), ({'10.1.0.1'}, False)),
                            (members('10.1.0.1', None), ({'10.1.0.1'}, False)),
                            (members('fd00::1'), (set(), True)), ({'members': []}, (set(), True))]:
            with self.subTest(found=found):
                self.assertEqual(want, fdb.addresses_of(found))

    def test_entries(self):
        self.assertEqual({'n': {'segment_id': 7, 'network_type': 'vxlan',
                                'ports': {'10.1.0.1': [constants.FLOODING_ENTRY]}}}, fdb.entries('n', 7, {'10.1.0.1'}))


class FdbTest(unittest.TestCase):

    def setUp(self):
        self.of = {'n': members('10.1.0.1', '10.1.0.2'), 'm': members('10.1.0.2')}
        self.connected = {'n', 'm'}
        client = types.SimpleNamespace(members=lambda network_id: self.of[network_id])
        self.fdb = fdb.Fdb(client, fakes.conf(), lambda network_id: {'provider:segmentation_id': 7},
                           lambda among: self.connected & set(among or self.connected))
        self.fdb._rpc = self.rpc = mock.Mock()
        self.rows = {}
        self.core = mock.Mock()
        self.core.mechanism_manager.ordered_mech_drivers = [types.SimpleNamespace(name='openvswitch')]
        driver = mock.Mock()
        self.core.type_manager.drivers = {'vxlan': types.SimpleNamespace(obj=driver)}
        driver.get_endpoint_by_ip.side_effect = self.rows.get
        driver.add_endpoint.side_effect = lambda ip, host: self.rows.update({ip: types.SimpleNamespace(host=host)})
        driver.delete_endpoint.side_effect = self.rows.pop
        patch = mock.patch.object(fdb.directory, 'get_plugin', return_value=self.core)
        patch.start()
        self.addCleanup(patch.stop)

    def removed(self):
        return [sorted(c.args[1]['n']['ports']) for c in self.rpc.remove_fdb_entries.call_args_list]

    def test_announce(self):
        self.assertTrue(self.fdb.announce('n'))
        context, body, host = self.rpc.add_fdb_entries.call_args.args
        self.assertEqual((['10.1.0.1', '10.1.0.2'], None), (sorted(body['n']['ports']), host))
        self.assertEqual(['10.1.0.1', '10.1.0.2'], sorted(self.rows))

    def test_announce_to_one_host(self):
        self.fdb.announce('n', 'h1')
        self.assertEqual('h1', self.rpc.add_fdb_entries.call_args.args[2])
        self.core.notifier.tunnel_update.assert_not_called()

    def test_announce_without_all_addresses(self):
        self.of['n'] = members('10.1.0.1', '')
        self.assertFalse(self.fdb.announce('n'))

    def test_switch_that_left(self):
        self.fdb.announce('n')
        self.of['n'] = members('10.1.0.2')
        self.fdb.announce('n')
        self.assertEqual([['10.1.0.1']], self.removed())
        self.core.notifier.tunnel_delete.assert_called_once()
        self.assertEqual(['10.1.0.2'], sorted(self.rows))

    def test_last_connection_of_a_network(self):
        self.fdb.announce('n')
        self.connected = {'m'}
        self.fdb.withdraw('n', set())
        self.assertEqual([['10.1.0.1', '10.1.0.2']], self.removed())
        self.assertEqual(['10.1.0.2'], sorted(self.rows))       # network m needs it

    def test_another_connection_needs_the_same(self):
        self.fdb.announce('n')
        self.fdb.withdraw('n', {'10.1.0.1', '10.1.0.2'})
        self.assertEqual([], self.removed())

    def test_address_of_a_hypervisor_stays(self):
        self.rows['10.1.0.1'] = types.SimpleNamespace(host='h1')
        self.connected = {'m'}
        self.fdb.withdraw('n', {'10.1.0.1'})
        self.assertIn('10.1.0.1', self.rows)

    def test_no_agents(self):
        self.core.mechanism_manager.ordered_mech_drivers = [types.SimpleNamespace(name='ovn')]
        with self.assertLogs('bordergw_neutron.fdb', 'INFO') as logs:
            self.fdb.announce('n')
            self.fdb.announce('n')
        self.assertEqual(1, len(logs.output))
        self.rpc.add_fdb_entries.assert_not_called()
