import unittest

from bordergw_neutron import endpoints
from bordergw_neutron import exceptions as exc
from tests import fakes

ADDRESSES = {'h1': '10.0.0.1', 'h2': '10.0.0.2'}
VRRP = '00:00:5e:00:01:01'


def port(mac, host='h1', owner='compute:nova', vif_type='ovs', ips=(), pairs=(), hosts=()):
    return endpoints.Port(mac, owner, host, vif_type, list(ips), list(pairs), list(hosts))


def at(address, *macs):
    return {'vtep_address': address,
            'macs': [{'mac_address': m} if isinstance(m, str) else {'mac_address': m[0], 'ip_address': m[1]}
                     for m in macs]}


class EndpointsTest(unittest.TestCase):

    def test_table(self):
        for name, ports, want in [
                ('nothing', [], []),
                ('sorted and in lower case', [port('AA', 'h2'), port('bc'), port('aa:1')],
                 [at('10.0.0.1', 'aa:1', 'bc'), at('10.0.0.2', 'aa')]),
                ('IPv4 first', [port('aa', ips=['fd00::1', '10.9.0.5', '10.9.0.4'])],
                 [at('10.0.0.1', ('aa', '10.9.0.4'))]),
                ('IPv6 only', [port('aa', ips=['fd00::1'])], [at('10.0.0.1', ('aa', 'fd00::1'))]),
                ('unbound', [port('aa', vif_type='unbound')], []),
                ('binding failed', [port('aa', vif_type='binding_failed')], []),
                ('no binding', [port('aa', host=None, vif_type=None)], []),
                ('no owner', [port('aa', owner='')], []),
                ('no agent', [port('aa', host='h3')], []),
                ('pair with a MAC of its own', [port('aa', pairs=[('BC', '10.9.0.9')])],
                 [at('10.0.0.1', 'aa', ('bc', '10.9.0.9'))]),
                ('pair with a prefix', [port('aa', pairs=[('bc', '10.9.0.0/24')])], [at('10.0.0.1', 'aa', 'bc')]),
                ('pair with the MAC of the port', [port('aa', ips=['10.9.0.4'], pairs=[('aa', '10.9.0.9')])],
                 [at('10.0.0.1', ('aa', '10.9.0.4'))]),
                ('MAC of a group', [port('aa'), port('03:16:3e:00:00:02')], [at('10.0.0.1', 'aa')]),
                ('MAC of zeros', [port('aa'), port('00:00:00:00:00:00')], [at('10.0.0.1', 'aa')]),
                ('pair with the MAC of a group', [port('aa', pairs=[('01:00:5e:00:00:01', '')])],
                 [at('10.0.0.1', 'aa')]),
                ('pair with two addresses', [port('aa', pairs=[('bc', '10.9.0.9'), ('bc', '10.9.0.8')])],
                 [at('10.0.0.1', 'aa', ('bc', '10.9.0.8'))]),
                ('pair at two endpoints', [port('aa', pairs=[(VRRP, '10.9.0.9')]),
                                           port('bc', 'h2', pairs=[(VRRP, '10.9.0.9')])],
                 [at('10.0.0.1', 'aa'), at('10.0.0.2', 'bc')]),
                ('pair with the MAC of another port', [port('aa', pairs=[('bc', '')]), port('bc', 'h2')],
                 [at('10.0.0.1', 'aa'), at('10.0.0.2', 'bc')]),
                ('distributed router', [port('aa', host='', owner='network:router_interface_distributed',
                                             vif_type='distributed', hosts=['h1', 'h2', 'h3'])],
                 [at('10.0.0.1'), at('10.0.0.2')]),
                ('HA router', [port('aa', owner='network:ha_router_replicated_interface', hosts=['h1', 'h2'])],
                 [at('10.0.0.1', 'aa'), at('10.0.0.2')])]:
            with self.subTest(name):
                self.assertEqual(want, endpoints.endpoints(ports, ADDRESSES))

    def test_tunnel_address(self):
        for configurations, want in [
                ({'tunneling_ip': '10.0.0.1', 'tunnel_types': ['gre', 'vxlan']}, '10.0.0.1'),
                ('{"tunneling_ip": "10.0.0.1", "tunnel_types": ["vxlan"]}', '10.0.0.1'),
                ({'tunneling_ip': '10.0.0.1', 'tunnel_types': ['gre']}, None),
                ({'tunneling_ip': 'fd00::1', 'tunnel_types': ['vxlan']}, None),
                ({'tunneling_ip': '127.0.0.1', 'tunnel_types': ['vxlan']}, None),
                ({'tunneling_ip': '0.0.0.0', 'tunnel_types': ['vxlan']}, None),
                ({'tunneling_ip': '224.0.0.1', 'tunnel_types': ['vxlan']}, None),
                ({'tunneling_ip': 'host-7', 'tunnel_types': ['vxlan']}, None), ('[]', None),
                ({'tunnel_types': ['vxlan']}, None), ({}, None), (None, None), ('', None), ('{', None)]:
            with self.subTest(configurations=configurations):
                self.assertEqual(want, endpoints.tunnel_address(configurations))

    def test_same(self):
        want = [at('10.0.0.1', ('aa', '10.9.0.4'), 'bc'), at('10.0.0.2')]
        for name, there, site, yes in [
                ('the same', want, '', True),
                ('order, and keys without content', [{'vtep_address': '10.0.0.2', 'x': ''},
                                                     at('10.0.0.1', ('bc', ''), ('aa', '10.9.0.4'))], None, True),
                ('an endpoint less', want[:1], '', False),
                ('another IP address', [at('10.0.0.1', 'aa', 'bc'), at('10.0.0.2')], '', False),
                ('another site', want, 'east', False)]:
            with self.subTest(name):
                found = {'endpoints': there} if site is None else {'endpoints': there, 'site': site}
                self.assertEqual(yes, endpoints.same(found, {'site': '', 'endpoints': want}))
        self.assertTrue(endpoints.same({'endpoints': []}, {'site': 'east', 'endpoints': []}))


class FakeClient:
    """A set of endpoints that others change before the first `losses` of our requests."""

    def __init__(self, losses):
        self.losses, self.set, self.reads, self.etag = losses, {'endpoints': []}, 0, 0

    def endpoints(self, network_id, source):
        self.reads += 1
        return self.set, str(self.etag)

    def put_endpoints(self, network_id, source, found, etag):
        if self.losses:
            self.losses, self.etag = self.losses - 1, self.etag + 1
        if etag != str(self.etag):
            return False
        self.set = found
        return True


class FeedTest(unittest.TestCase):

    def feed(self, client):
        read, self.reads = endpoints.read_ports, []
        addresses = endpoints.read_addresses
        self.addCleanup(setattr, endpoints, 'read_ports', read)
        self.addCleanup(setattr, endpoints, 'read_addresses', addresses)
        endpoints.read_ports = lambda context, network_id: self.reads.append(client.reads) or [port('aa')]
        endpoints.read_addresses = lambda context: ADDRESSES
        return endpoints.Feed(client, fakes.conf())

    def test_reads_the_ports_after_the_etag_each_time(self):
        client = FakeClient(losses=2)
        self.feed(client).send('n')
        self.assertEqual({'site': '', 'endpoints': [at('10.0.0.1', 'aa')]}, client.set)
        self.assertEqual([1, 2, 3], self.reads)

    def test_another_site_is_sent(self):
        client = FakeClient(losses=0)
        feed = self.feed(client)
        feed.send('n')
        feed.conf.site = 'east'
        feed.send('n')
        self.assertEqual({'site': 'east', 'endpoints': [at('10.0.0.1', 'aa')]}, client.set)

    def test_same_set_is_not_sent(self):
        client = FakeClient(losses=0)
        feed = self.feed(client)
        feed.send('n')
        client.losses = 1       # another request would be refused
        feed.send('n')
        self.assertEqual(1, client.losses)

    def test_what_is_left_out_is_warned_of_once(self):
        client = FakeClient(losses=0)
        feed = self.feed(client)
        endpoints.read_ports = lambda context, network_id: [port('aa'), port('01:00:5e:00:00:01')]
        endpoints.warn_once.cache_clear()
        with self.assertLogs('bordergw_neutron.endpoints', 'WARNING') as logs:
            feed.send('n')
            feed.send('n')
        self.assertEqual(1, len(logs.output))
        self.assertEqual([at('10.0.0.1', 'aa')], client.set['endpoints'])

    def test_gives_up(self):
        with self.assertRaises(exc.BorderGatewayUnavailable):
            self.feed(FakeClient(losses=1000)).send('n')
