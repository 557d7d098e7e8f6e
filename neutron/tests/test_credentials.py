from concurrent import futures
import datetime
import tempfile
import threading
import unittest
from unittest import mock

from oslo_config import cfg

from bordergw_neutron import client
from bordergw_neutron import config
from bordergw_neutron import exceptions as exc
from tests import fakes

NETWORKS = 200, {'networks': []}
OPTIONS = '''[bordergw]
url = %s
auth_type = v3password
auth_url = %s/v3
username = neutron
password = secret
user_domain_id = default
project_name = service
project_domain_id = default
read_timeout = 0.5
'''


def issued(token, lasts=3600):
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lasts)
    return 201, {'token': {'expires_at': until.strftime('%Y-%m-%dT%H:%M:%S.000000Z'), 'methods': ['password']}}, {
        'X-Subject-Token': token}


def configured(text):
    """A configuration of its own, read from a file."""
    conf = cfg.ConfigOpts()
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as f:
        f.write(text)
        f.flush()
        conf(['--config-file', f.name], project='test', default_config_files=[])
    config.register(conf)
    return conf


class KeystoneTest(unittest.TestCase):

    def server(self, *answers):
        server = fakes.Server(*answers)
        self.addCleanup(server.close)
        return server

    def client(self, bordergw, keystone, more=''):
        conf = configured(OPTIONS % (bordergw, keystone) + more)
        config.check(conf.bordergw)
        return client.Client(conf.bordergw, config.credentials_of(conf))

    def test_one_token_serves_many_requests(self):
        bordergw, keystone = self.server(NETWORKS), self.server(issued('t1'), issued('t2'))
        c = self.client(bordergw.url, keystone.url)
        for _ in range(3):
            c.list('network')
        self.assertEqual(['t1'] * 3, [r.headers['X-Auth-Token'] for r in bordergw.requests])
        self.assertEqual(['POST /v3/auth/tokens'], keystone.seen())
        identity = keystone.requests[0].body['auth']['identity']['password']['user']
        self.assertEqual(('neutron', 'secret'), (identity['name'], identity['password']))

    def test_a_token_that_is_about_to_expire_is_not_used(self):
        bordergw, keystone = self.server(NETWORKS), self.server(issued('t1', lasts=5), issued('t2'))
        c = self.client(bordergw.url, keystone.url)
        c.list('network')
        c.list('network')
        self.assertEqual(['t1', 't2'], [r.headers['X-Auth-Token'] for r in bordergw.requests])

    def test_a_token_that_is_not_taken_is_renewed_once(self):
        bordergw, keystone = self.server((401, b'no'), NETWORKS), self.server(issued('t1'), issued('t2'))
        self.client(bordergw.url, keystone.url).list('network')
        self.assertEqual(['t1', 't2'], [r.headers['X-Auth-Token'] for r in bordergw.requests])
        bordergw, keystone = self.server((401, b'no')), self.server(issued('t1'), issued('t2'), issued('t3'))
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, r'refuses our credentials \(401\)'):
            self.client(bordergw.url, keystone.url).list('network')
        self.assertEqual(['t1', 't2'], [r.headers['X-Auth-Token'] for r in bordergw.requests])
        self.assertEqual(2, len(keystone.requests))

    def test_a_token_that_another_thread_has_renewed_is_used(self):
        bordergw, keystone = self.server(NETWORKS), self.server(issued('t1'), issued('t2'))
        c = self.client(bordergw.url, keystone.url)
        self.assertEqual(['t1', 't2', 't2'], [c._credentials.get()] + [c._credentials.renew('t1') for _ in range(2)])

    def test_keystone_refuses(self):
        wrong = 401, {'error': {'message': 'wrong', 'code': 401, 'title': 'Unauthorized'}}
        bordergw, keystone = self.server(NETWORKS), self.server(wrong)
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, r'Keystone gives no token: .*HTTP 401'):
            self.client(bordergw.url, keystone.url).list('network')
        self.assertEqual(([], 1), (bordergw.requests, len(keystone.requests)))

    def test_keystone_is_away(self):
        bordergw = self.server(NETWORKS)
        c = self.client(bordergw.url, 'http://127.0.0.1:9')
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: .*127.0.0.1:9') as caught:
            c.list('network')
        self.assertTrue(caught.exception.nobody)
        self.assertNotIn('0x', str(caught.exception))
        self.assertEqual([], bordergw.requests)

    def hanging(self, *answers):
        """A Keystone that, after these answers, gives none until the test ends."""
        end = threading.Event()
        server = self.server(*answers, lambda request: end.wait(60) and issued('late'))
        self.addCleanup(end.set)
        return server

    def test_who_waits_for_another_waits_as_long_as_that_one(self):
        """Else users of a Keystone that hangs would get their 503 one after the other."""
        bordergw, keystone = self.server(NETWORKS), self.hanging()
        c = self.client(bordergw.url, keystone.url, 'connect_timeout = 1.5\n')
        before = threading.Barrier(8)

        def serve():
            before.wait(60)
            with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: .*timed out'):
                c.list('network')
        with futures.ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(serve) for _ in range(8)]:
                done.result()
        self.assertLess(len(keystone.requests), 4)      # some may come late on a busy machine

    def test_a_roll_back_does_not_wait_for_keystone_again(self):
        """Also where bordergw has answered: that the token is not taken."""
        bordergw, keystone = self.server((401, b'no')), self.hanging(issued('t1'))
        c = self.client(bordergw.url, keystone.url, 'connect_timeout = 0.1\n')
        with mock.patch.object(client, 'FAIL_FAST_SECONDS', 60):
            for _ in range(2):
                with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: .*timed out'):
                    c.list('network')
        self.assertEqual((1, 2), (len(bordergw.requests), len(keystone.requests)))

    def test_what_is_none_of_keystones_answers(self):
        """Nothing is to be 500 for a user."""
        for answer in [(201, {'token': {}}), (201, [], {}), (200, b'')]:
            with self.subTest(answer=answer):
                bordergw, keystone = self.server(NETWORKS), self.server(answer)
                with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: '):
                    self.client(bordergw.url, keystone.url).list('network')

    def test_a_token_without_an_end_is_not_kept(self):
        endless = 201, {'token': {}}, {'X-Subject-Token': 't'}
        bordergw, keystone = self.server(NETWORKS), self.server(endless, issued('t1'))
        c = self.client(bordergw.url, keystone.url)
        c.list('network')
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: '):
            c.list('network')
        c.list('network')
        self.assertEqual(['t', 't1'], [r.headers['X-Auth-Token'] for r in bordergw.requests])

    def test_a_ca_file_that_is_gone(self):
        c = self.client(self.server(NETWORKS).url, 'https://127.0.0.1:9')
        c._credentials._session.verify = '/nowhere/ca.pem'
        with self.assertRaisesRegex(exc.BorderGatewayUnavailable, 'Keystone gives no token: .*/nowhere/ca.pem'):
            c.list('network')


class ConfigurationTest(unittest.TestCase):

    def refused(self, text, sentence):
        with self.assertRaisesRegex(config.BadConfiguration, sentence) as caught:
            config.credentials_of(configured('[bordergw]\n' + text))
        self.assertRegex(str(caught.exception), r'^\[bordergw\] [^\n]*\.$')

    def test_refused(self):
        self.refused('auth_type = nonsense', 'nonsense')
        self.refused('auth_type = v3password\nauth_url = http://k/v3\ntoken = x', 'keep one')
        self.refused('auth_type = password\nusername = neutron', 'auth_url|auth-url')
        self.refused('auth_section = elsewhere', 'elsewhere')

    def test_another_section(self):
        conf = configured('[bordergw]\nauth_section = nova\n[nova]\nauth_type = v3password\nauth_url = http://k/v3\n'
                          'username = n\nuser_domain_id = default\npassword = p\n')
        self.assertEqual('http://k/v3', config.credentials_of(conf)._plugin.auth_url)

    def test_options_are_shown(self):
        names = {option.name for option in config.list_opts()[0][1]}
        self.assertLess({'url', 'token_file', 'auth_type', 'auth_section', 'auth-url', 'username', 'password'}, names)
