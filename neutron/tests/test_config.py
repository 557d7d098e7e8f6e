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
                ('token_file = /dev/null', 'empty'), ('cafile = /nowhere', 'cafile: /nowhere cannot be read')]:
            with self.subTest(text), self.assertRaisesRegex(config.BadConfiguration, sentence):
                config.check(self.conf(text))

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
