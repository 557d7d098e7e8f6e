import ast
import logging
import os
import sys
import unittest
from unittest import mock

from oslo_config import cfg
from oslo_log import formatters
from oslo_log import log

from bordergw_neutron import attempts
from bordergw_neutron import exceptions as exc
from bordergw_neutron import quiet

PACKAGE = os.path.dirname(quiet.__file__)
AWAY = exc.BorderGatewayUnavailable(text='bordergw is away')


def calls_in_handlers(tree):
    """The lines of calls LOG.warning(...), LOG.error(...) and LOG.log(...) inside of an except."""
    for handler in (n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)):
        for call in (n for n in ast.walk(handler) if isinstance(n, ast.Call)):
            f = call.func
            if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and f.value.id == 'LOG':
                if f.attr in ('warning', 'error', 'log'):
                    yield call.lineno


class OnceTest(unittest.TestCase):
    """oslo.log appends the exception that is being handled."""

    def test_finds_them(self):
        code = 'try:\n  x()\nexcept E as e:\n  LOG.debug(e)\n  LOG.warning(e)\nLOG.warning(1)\n'
        self.assertEqual([5], list(calls_in_handlers(ast.parse(code))))

    def test_no_cause_is_logged_while_it_is_handled(self):
        files = [f for f in os.listdir(PACKAGE) if f.endswith('.py')]
        self.assertIn('driver.py', files)
        for name in files:
            with open(os.path.join(PACKAGE, name), encoding='utf-8') as f:
                self.assertEqual([], list(calls_in_handlers(ast.parse(f.read()))), name)

    def test_attempts(self):
        handled = []
        with mock.patch.object(attempts.LOG, 'log', lambda *args: handled.append(sys.exc_info()[0])):
            tries = attempts.Attempts()
            for error in (AWAY, exc.refusal(409, 'Conflict', 'no')):
                tries.one_of_many(('create', 'network', str(error)), mock.Mock(side_effect=error))
        self.assertEqual([None, None], handled)


class TracebackTest(unittest.TestCase):

    def lines(self, error):
        """What a logger of Neutron writes of a request that failed, as oslo.log formats it."""
        logger, out = logging.getLogger(quiet.LOGGERS[0]), []
        handler = logging.Handler()
        conf = cfg.ConfigOpts()
        log.register_options(conf)
        handler.setFormatter(formatters.ContextFormatter(config=conf))
        handler.emit = lambda record: out.append(handler.format(record))
        quiet.install()
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        self.addCleanup(logger.removeFilter, quiet.ONE)
        self.addCleanup(setattr, logger, 'propagate', logger.propagate)
        logger.propagate = False
        try:
            raise error
        except Exception:
            logger.exception('%s failed.', 'GET')
        return '\n'.join(out).splitlines()

    def test_of_a_bordergw_that_is_away(self):
        lines = self.lines(AWAY)
        self.assertEqual(1, len(lines), lines)
        self.assertRegex(lines[0], 'GET failed.*bordergw is away$')
        self.assertEqual(1, lines[0].count('is away'))

    def test_of_others(self):
        self.assertGreater(len(self.lines(KeyError('x'))), 2)
