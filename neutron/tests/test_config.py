import tempfile
import unittest

from oslo_config import cfg

from bordergw_neutron import config


class ConfigTest(unittest.TestCase):

    def conf(self, text=''):
        with tempfile.NamedTemporaryFile('w', suffix='.conf') as f:
            f.write('[bordergw]\n' + text)
            f.flush()
            conf = cfg.ConfigOpts()
            conf(['--config-file', f.name], project='test', default_config_files=[])
        return config.register(conf)

    def test_defaults(self):
        conf = self.conf()
        config.check(conf)
        self.assertEqual(('http://127.0.0.1:9696', 'neutron', 300), (conf.url, conf.managed_by, conf.resync_interval))

    def test_refused(self):
        for text, sentence in [
                ('url = ftp://x', 'url'), ('url = http://', 'url'), ('url = http://x:99999', 'url'),
                ('token = a\ntoken_file = b', 'both'), ('managed_by =', 'managed_by'),
                ('token_file = /nowhere', r'token_file: /nowhere cannot be read: No such file or directory\.'),
                ('token_file = /dev/null', 'empty'),
                ('url = http://u:secret@x', 'no user'), ('url = http://u@x', 'no user'), ('token = a\tb', 'one line'),
                ('managed_by = my neutron', 'managed_by'), ('managed_by = a/b', 'managed_by'),
                ('managed_by = ..', 'managed_by'), ('managed_by = ' + 'x' * 65, 'managed_by'),
                ('site = my site', 'site'), ('site = .x', 'site'), ('site = ' + 'x' * 65, 'site'),
                ('connect_timeout = abc', 'connect_timeout'), ('read_timeout = -1', 'read_timeout'),
                ('retries = 99', 'retries'), ('resync_interval = x', 'resync_interval'),
                ('feed_ports = perhaps', 'feed_ports'), ('fdb_to_agents = 7', 'fdb_to_agents'),
                ('allow_mass_deletion = x', 'allow_mass_deletion'),
                ('cafile = /nowhere', 'cafile: /nowhere cannot be read')]:
            with self.subTest(text):
                self.refused(text, sentence)

    def refused(self, text, sentence):
        with self.assertRaisesRegex(config.BadConfiguration, sentence) as caught:
            config.check(self.conf(text))
        self.assertRegex(str(caught.exception), r'^\[bordergw\] [^\n]*\.$')
        self.assertNotIn('LocationInfo', str(caught.exception))

    def test_files_without_what_they_should_hold(self):
        for option, content, sentence in [
                ('token_file', b'\n \n', 'empty'), ('token_file', b'\xff\xfe', 'not text'),
                ('token_file', b'a\nb\n', 'one line'), ('token_file', 'ä'.encode(), 'one line'),
                ('cafile', b'', 'no certificate'), ('cafile', b'no certificate', 'no certificate')]:
            with self.subTest(option=option, content=content), tempfile.NamedTemporaryFile() as f:
                f.write(content)
                f.flush()
                self.refused('%s = %s' % (option, f.name), '%s: %s .*%s' % (option, f.name, sentence))

    def test_files_that_will_do(self):
        with tempfile.NamedTemporaryFile() as f:
            f.write(b'secret\n')
            f.flush()
            config.check(self.conf('token_file = ' + f.name))
        config.check(self.conf('cafile = /etc/ssl/certs/ca-certificates.crt'))

    def test_token_in_the_clear(self):
        for url, warns in [('http://192.0.2.1:9696', True), ('http://bordergw', True), ('https://192.0.2.1', False),
                           ('http://127.0.0.1', False), ('http://localhost:1', False), ('http://[::1]:1', False)]:
            with self.subTest(url):
                conf = self.conf('token = a\nurl = ' + url)
                with (self.assertLogs if warns else self.assertNoLogs)('bordergw_neutron.config', 'WARNING'):
                    config.check(conf)

    def assertNoLogs(self, logger, level):      # unittest has it from Python 3.10 on
        outer = self

        class NoLogs:
            def __enter__(self):
                self.inner = outer.assertLogs(logger, level)
                self.inner.__enter__()

            def __exit__(self, *error):
                with outer.assertRaises(AssertionError):
                    self.inner.__exit__(None, None, None)
        return NoLogs()

    def test_list_opts(self):
        self.assertEqual(['bordergw'], [group for group, _ in config.list_opts()])
