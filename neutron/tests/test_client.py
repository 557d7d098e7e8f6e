from concurrent import futures
import os
import tempfile
import threading
import time
import unittest
from unittest import mock

from bordergw_neutron import bodies
from bordergw_neutron import client
from bordergw_neutron import exceptions as exc
from tests import fakes

WANT = {'id': 'c1', 'managed_by': 'neutron', 'network_id': 'n', 'l2_gateway_id': 'g', 'segmentation_id': '5'}
TAKEN = fakes.fault(409, 'Conflict', 'Connection c1 already exists.')


class ClientTest(unittest.TestCase):

    def setUp(self):
        patch = mock.patch.object(client, 'FIRST_PAUSE_SECONDS', 0.01)
        patch.start()
        self.addCleanup(patch.stop)

    def client(self, *answers, **conf):
        self.server = fakes.Server(*answers)
        self.addCleanup(self.server.close)
        return fakes.client(**dict({'url': self.server.url}, **conf))

    def unavailable(self, text, call, *args):
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, text) as caught:
            call(*args)
        self.assertNotIn('0x', str(caught.exception))
        self.assertNotIn('\n', str(caught.exception))
        return str(caught.exception)

    def create(self, c):
        return c.create('l2_gateway_connection', WANT, bodies.same_connection)

    def test_paths(self):
        c = self.client((200, {'networks': [], 'network': {}, 'endpoints': [], 'members': [], 'synced_at': 'x'}))
        c.list('network', managed_by='neutron')
        c.get('network', 'a/b')
        c.delete('gateway_device', 'd')
        c.endpoints('n', 'neutron')
        c.members('n')
        c.synced_at('neutron')
        self.assertEqual(['GET /v2.0/networks?managed_by=neutron', 'GET /v2.0/networks/a%2Fb',
                          'DELETE /v2.0/gw/gateway_devices/d', 'GET /v1/networks/n/endpoints/neutron',
                          'GET /v1/networks/n/members', 'GET /v1/managers/neutron'], self.server.seen())

    def test_refusal(self):
        c = self.client(fakes.fault(409, 'GatewayDeviceInUse', 'in use: 100 %'))
        with self.assertRaises(exc.Refused) as caught:
            c.delete('gateway_device', 'd')
        self.assertEqual(('GatewayDeviceInUse', 'in use: 100 %', 409),
                         (type(caught.exception).__name__, str(caught.exception), caught.exception.status))
        self.assertEqual(1, len(self.server.requests))

    def test_refusal_that_is_not_json(self):
        c = self.client((404, b'<html>nothing\n here</html>'))
        self.assertIsNone(c.get('network', 'n'))
        with self.assertRaises(exc.Refused) as caught:
            c.update('network', 'n', {})
        self.assertEqual('<html>nothing here</html>', str(caught.exception))

    def test_deleting_what_is_gone(self):
        self.client(fakes.fault(404, 'NetworkNotFound', 'x')).delete('network', 'n')

    def test_own_object_that_is_there_already(self):
        there = dict(WANT, segmentation_id=5, status='ACTIVE')
        c = self.client(TAKEN, (200, {'l2_gateway_connection': there}))
        self.assertEqual(there, self.create(c))

    def test_other_objects_under_the_same_id(self):
        for name, there in [('another mark', dict(WANT, managed_by='site:a')), ('no mark', dict(WANT, managed_by='')),
                            ('other content', dict(WANT, segmentation_id=6))]:
            with self.subTest(name), self.assertRaisesRegex(exc.Refused, 'already exists'):
                self.create(self.client(TAKEN, (200, {'l2_gateway_connection': there})))

    def test_own_object_without_mark(self):
        """Of a gateway device: nobody manages it, which bordergw says with an empty text."""
        device = {'id': 'd', 'name': 'sw1', 'management_port': '6640'}
        there = dict(device, management_port=6640, managed_by='')
        c = self.client(TAKEN, (200, {'gateway_device': there}))
        self.assertEqual(there, c.create('gateway_device', device, bodies.same_device))

    def test_conflict_that_is_not_about_the_id(self):
        c = self.client(fakes.fault(409, 'L2GatewayDuplicateSegmentationID', 'taken'),
                        fakes.fault(404, 'L2GatewayConnectionNotFound', 'x'))
        with self.assertRaisesRegex(exc.Refused, 'taken'):
            self.create(c)

    def test_reply_of_a_post_that_got_lost(self):
        """The first try is carried out but not answered in time; the second one finds its object."""
        def slow(request):
            time.sleep(0.6)
            return 201, {}
        c = self.client(slow, TAKEN, (200, {'l2_gateway_connection': WANT}))
        self.assertEqual(WANT, self.create(c))
        self.assertEqual(['POST', 'POST', 'GET'], [r.method for r in self.server.requests])

    def test_server_errors_are_tried_again(self):
        c = self.client((503, b'busy'), (429, b''), (200, {'networks': []}))
        self.assertEqual([], c.list('network'))

    def test_server_errors_that_stay(self):
        c = self.client(fakes.fault(500, 'X', 'broken'))
        self.unavailable('GET /v2.0/networks: answered 500: broken', c.list, 'network')
        self.assertEqual(3, len(self.server.requests))

    def test_what_is_not_json(self):
        self.unavailable('not JSON', self.client((200, b'<html>')).list, 'network')

    def test_json_of_another_form(self):
        for body in ([], {}, 'x', None):
            with self.subTest(body=body):
                self.unavailable('without "networks"', self.client((200, body)).list, 'network')

    def test_redirect(self):
        text = self.unavailable('redirects to http://elsewhere',
                                self.client((302, b'', {'Location': 'http://elsewhere'})).list, 'network')
        self.assertIn(self.server.url, text)

    def test_our_credentials(self):
        for status in (401, 403):
            with self.subTest(status=status):
                self.unavailable(r'refuses our credentials \(%d\)' % status,
                                 self.client((status, b'who are you')).list, 'network')
                self.assertEqual(1, len(self.server.requests))

    def test_timeout_and_fail_fast(self):
        def slow(request):
            time.sleep(0.6)
            return 200, {'networks': []}
        c = self.client(slow, retries=0)
        self.unavailable('no answer within 0.3 s', c.list, 'network')
        began = time.monotonic()
        self.unavailable('DELETE /v2.0/networks/n: no answer', c.delete, 'network', 'n')
        self.assertLess(time.monotonic() - began, 0.2)
        self.assertEqual(1, len(self.server.requests))

    def elsewhere(self, call):
        """What a call answers, or raises, in another thread."""
        with futures.ThreadPoolExecutor(1) as pool:
            return pool.submit(call).result()

    def test_a_late_answer_does_not_fail_the_requests_of_others(self):
        """A large set of endpoints takes longer than read_timeout: users are not to get 503 without being tried."""
        def answer(request):
            if 'endpoints' in request.path:
                time.sleep(0.6)
            return 200, {'networks': []}
        c = self.client(answer, retries=0)
        self.unavailable('no answer', c.put_endpoints, 'n', 'neutron', [], None)
        self.assertEqual([], self.elsewhere(lambda: c.list('network')))

    def test_a_patient_thread_goes_on_after_a_late_answer(self):
        def slow(request):
            time.sleep(0.6)
            return 200, {'networks': []}
        c = self.client(slow, (200, {'networks': []}), retries=0)
        c.be_patient()
        with self.assertRaises(exc.BorderGatewayUnavailable) as caught:
            c.list('network')
        self.assertEqual((True, False), (caught.exception.silent, caught.exception.nobody))
        self.assertEqual([], c.list('network'))

    def test_nobody_there_is_so_for_all_threads(self):
        c = fakes.client(url='http://127.0.0.1:1')
        self.unavailable('Connection refused', c.list, 'network')
        c.url = 'http://127.0.0.1:2'
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'DELETE .*: Connection refused') as caught:
            self.elsewhere(lambda: c.delete('network', 'n'))
        self.assertEqual((True, True), (caught.exception.silent, caught.exception.nobody))

    def test_a_connection_that_breaks_is_not_nobody(self):
        def broken(request):
            raise ConnectionError
        with self.assertRaises(exc.BorderGatewayUnavailable) as caught:
            self.client(broken, retries=0).list('network')
        self.assertEqual((True, False), (caught.exception.silent, caught.exception.nobody))

    def test_a_ca_file_that_is_gone(self):
        """requests raises a plain OSError, for which networking-l2gw does not take back."""
        c = fakes.client(url='https://127.0.0.1:9', cafile='/nowhere', retries=0)
        self.unavailable('GET /v2.0/networks: cannot be sent: .*/nowhere', c.list, 'network')

    def test_ids_of_dots(self):
        """requests would take the dots away, and DELETE the device itself."""
        c = self.client((200, {}))
        with self.assertRaises(exc.Refused):
            c.call('DELETE', client.item_path('gateway_device', 'd', 'remote_mac_entries', '..'))
        self.assertIsNone(c.get('gateway_device', '.'))
        self.assertEqual([], self.server.requests)

    def test_tries_end_in_time(self):
        """A user waits for the timeouts of one try, however often it is tried again."""
        def slow(request):
            time.sleep(2)
            return 200, {'networks': []}
        c = self.client(slow, retries=10)
        began = time.monotonic()
        self.unavailable('no answer', c.list, 'network')
        self.assertLess(time.monotonic() - began, 0.5 + 0.3 + 0.2)
        self.assertLess(1, len(self.server.requests))

    def test_one_that_is_late_does_not_stop_others(self):
        """bordergw has answered another request since: it is there again."""
        c = self.client((200, {'networks': []}), retries=0)

        def slow(request):
            c.list('network')       # in a thread of the server
            time.sleep(0.6)
            return 200, {'networks': []}
        self.server.answers = [slow, (200, {'networks': []})]
        self.unavailable('no answer', c.list, 'network')
        self.assertEqual([], c.list('network'))

    def test_serves_again_after_fail_fast(self):
        with mock.patch.object(client, 'FAIL_FAST_SECONDS', 0):
            c = self.client((200, {'networks': []}))
            url, c.url = c.url, 'http://127.0.0.1:1'
            self.unavailable('Connection refused', c.list, 'network')
            c.url = url
            self.assertEqual([], c.list('network'))

    def test_name_that_does_not_resolve(self):
        self.unavailable('GET /v2.0/networks', fakes.client(url='http://nowhere.invalid').list, 'network')

    def test_no_proxy_of_the_environment(self):
        with mock.patch.dict(os.environ, {'http_proxy': 'http://127.0.0.1:1', 'no_proxy': ''}):
            self.assertEqual([], self.client((200, {'networks': []})).list('network'))

    def test_token(self):
        c = self.client((200, {'networks': []}), token='secret')
        c.list('network')
        self.assertEqual('secret', self.server.requests[0].headers['X-Auth-Token'])

    def test_token_file_that_is_replaced(self):
        with tempfile.NamedTemporaryFile('w') as f:
            f.write('old\n')
            f.flush()
            c = self.client((401, b''), (200, {'networks': []}), token_file=f.name)
            with open(f.name, 'w') as new:
                new.write('new')
            c.list('network')
        self.assertEqual(['old', 'new'], [r.headers['X-Auth-Token'] for r in self.server.requests])

    def test_a_new_token_serves_all_threads_that_had_the_old_one(self):
        both = threading.Barrier(2)

        def answer(request):
            if request.headers['X-Auth-Token'] == 'old':
                both.wait(5)
                return 401, b'no'
            return 200, {'networks': []}
        with tempfile.NamedTemporaryFile('w') as f:
            f.write('old')
            f.flush()
            c = self.client(answer, token_file=f.name, retries=0, read_timeout=10)
            with open(f.name, 'w') as new:
                new.write('new')
            with futures.ThreadPoolExecutor(2) as pool:
                self.assertEqual([[], []], list(pool.map(c.list, ['network'] * 2)))

    def test_a_token_file_without_a_token_keeps_the_old_one(self):
        """And nobody is shown what cannot be sent."""
        for content in (b'\xff\xfe', b'\n', b'secret\nof two lines', 'secr\u00e8t'.encode()):
            with self.subTest(content), tempfile.NamedTemporaryFile() as f:
                f.write(b'old')
                f.flush()
                c = self.client((401, b'no'), token_file=f.name)
                with open(f.name, 'wb') as new:
                    new.write(content)
                self.assertNotIn('secr', self.unavailable('refuses our credentials', c.list, 'network'))
                self.assertEqual('old', c._credentials.get())

    def test_endpoints(self):
        c = self.client((200, {'endpoints': [1]}, {'ETag': '"a"'}), (200, {}), fakes.fault(412, 'X', 'changed'))
        self.assertEqual(({'endpoints': [1]}, '"a"'), c.endpoints('n', 'neutron'))
        self.assertTrue(c.put_endpoints('n', 'neutron', {'endpoints': []}, '"a"'))
        self.assertFalse(c.put_endpoints('n', 'neutron', {'endpoints': []}, '"a"'))
        self.assertEqual('"a"', self.server.requests[1].headers['If-Match'])

    def test_members_of_a_site(self):
        self.client((200, {'members': []}), site='east').members('n')
        self.assertEqual(['GET /v1/networks/n/members?site=east'], self.server.seen())

    def test_manager_that_is_not_known(self):
        self.assertIsNone(self.client(fakes.fault(404, 'NotFound', 'x')).synced_at('neutron'))
