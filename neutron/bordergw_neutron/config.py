# Licensed under the Apache License, Version 2.0; see the LICENSE file of the repository.
"""Options of the [bordergw] group in neutron.conf."""
import ipaddress
import os
import re
import ssl
from urllib import parse

from keystoneauth1 import exceptions as ksa_exc
from keystoneauth1 import loading as ksa_loading
from oslo_config import cfg
from oslo_log import log as logging

from bordergw_neutron import credentials

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.URIOpt('url', default='http://127.0.0.1:9696', schemes=['http', 'https'],
               help='Where bordergw listens.'),
    cfg.StrOpt('token', secret=True,
               help='Token that bordergw knows as an administrator. Sent as X-Auth-Token.'),
    cfg.StrOpt('token_file',
               help='File that holds the token. It is read at start, and again when bordergw answers 401.'),
    cfg.StrOpt('cafile',
               help='File with the CAs that signed the certificates of bordergw and Keystone, if the system does not '
                    'know them.'),
    cfg.FloatOpt('connect_timeout', default=2.0, min=0.1,
                 help='Seconds to wait for a connection to bordergw.'),
    cfg.FloatOpt('read_timeout', default=5.0, min=0.1,
                 help='Seconds to wait for an answer of bordergw.'),
    cfg.IntOpt('retries', default=2, min=0, max=10,
               help='How often a request that got no answer is sent again, within the sum of both timeouts.'),
    cfg.StrOpt('managed_by', default='neutron',
               help='Mark on what this Neutron keeps in bordergw. Each Neutron that shares a bordergw has its own.'),
    cfg.StrOpt('site', default='',
               help='Site of the hypervisors, as gateway devices have it. It matters where borders that stitch or '
                    'relay divide a network.'),
    cfg.IntOpt('resync_interval', default=300, min=0,
               help='Seconds between two comparisons with bordergw. 0 compares only at start and after failures.'),
    cfg.BoolOpt('feed_ports', default=True,
                help='Send the MAC addresses of ports, and the tunnel addresses of their hosts, to bordergw.'),
    cfg.BoolOpt('fdb_to_agents', default=True,
                help='Send the tunnel addresses of hardware switches to the L2 agents.'),
    cfg.BoolOpt('allow_mass_deletion', default=False,
                help='Let a comparison delete more connections in bordergw than it finds on both sides.'),
]


GROUP = 'bordergw'
# What bordergw takes for managed_by: it is a part of paths there.
MARK = re.compile('[A-Za-z0-9_.:-]{1,64}')
# What it takes for the site of endpoints.
SITE = re.compile('([A-Za-z0-9][A-Za-z0-9_.:-]{0,63})?')
# How oslo's errors say where a value stands, and the file in it.
LOCATION = re.compile(r"LocationInfo\(.*?detail='([^']*)'\)")


class BadConfiguration(Exception):
    """The [bordergw] group cannot be used. The text is one sentence for the operator."""


def register(conf=cfg.CONF):
    """Register the options, and return the group."""
    conf.register_opts(OPTS, group=GROUP)
    ksa_loading.register_auth_conf_options(conf, GROUP)
    return conf.bordergw


def list_opts():
    """For oslo-config-generator."""
    return [(GROUP, OPTS + ksa_loading.get_auth_common_conf_options() +
             ksa_loading.get_auth_plugin_conf_options('password'))]


def credentials_of(conf=cfg.CONF):
    """What gives the token: Keystone if auth_type is set, else the configuration. Raises BadConfiguration."""
    group = conf[GROUP]
    try:
        plugin = ksa_loading.load_auth_from_conf_options(conf, GROUP)
    except (ksa_exc.AuthPluginException, cfg.Error, ValueError) as e:
        raise BadConfiguration('[bordergw] auth_type: %s.' % ' '.join(str(e).split()).rstrip('.'))
    if plugin is None and group.auth_section:
        raise BadConfiguration('[bordergw] auth_section: there is no auth_type in [%s].' % group.auth_section)
    if plugin is None:
        return credentials.Configured(group)
    if group.token or group.token_file:
        raise BadConfiguration('[bordergw] auth_type is set beside token or token_file; keep one.')
    return credentials.Keystone(plugin, group)


def check(conf):
    """Raise BadConfiguration for what would fail later, and warn of a token in the clear."""
    for option in OPTS:
        _read(conf, option.name)
    url = _check_url(conf.url)
    if not MARK.fullmatch(conf.managed_by or '') or not conf.managed_by.strip('.'):
        raise BadConfiguration("[bordergw] managed_by must be 1 to 64 letters, digits, '_', '.', ':' and '-'.")
    if not SITE.fullmatch(conf.site or ''):
        raise BadConfiguration("[bordergw] site must be empty, or a letter or digit and up to 63 more, '_', '.', ':' "
                               "and '-'.")
    if conf.token and conf.token_file:
        raise BadConfiguration('[bordergw] token and token_file are both set; keep one.')
    if conf.token:
        _check_token('token', conf.token)
    if conf.token_file:
        _check_token('token_file: %s' % conf.token_file, _content('token_file', conf.token_file))
    if conf.cafile:
        _check_ca(conf.cafile)
    # auth_type is no option of this group where auth_section is set.
    secrets = conf.token, conf.token_file, conf.auth_section, getattr(conf, 'auth_type', None)
    if any(secrets) and url.scheme == 'http' and not _is_loopback(url.hostname):
        LOG.warning('[bordergw] url %s has no TLS: the token can be read on the way.', conf.url)


def _read(conf, name):
    try:
        return getattr(conf, name)
    except ValueError as e:     # oslo's errors of values are ValueErrors, too
        text = LOCATION.sub(r'\1', ' '.join(str(e).split()))
        raise BadConfiguration('[bordergw] %s: %s.' % (name, text.rstrip('.')))


def _check_url(text):
    try:
        url = parse.urlsplit(text)
        port = url.port
    except ValueError as e:
        raise BadConfiguration('[bordergw] url: %s.' % str(e).rstrip('.'))
    if url.username is not None or url.password is not None:        # which the log would show
        raise BadConfiguration('[bordergw] url must hold no user and no password; bordergw takes a token.')
    if url.scheme not in ('http', 'https') or not url.hostname or port == 0:
        raise BadConfiguration('[bordergw] url: %s is not an http or https URL.' % text)
    return url


def _content(name, path):
    """The text of a file."""
    try:
        with open(path, encoding='utf-8') as f:
            return f.read().strip()
    except OSError as e:
        raise BadConfiguration('[bordergw] %s: %s cannot be read: %s.' % (name, path, os.strerror(e.errno or 0)))
    except ValueError:
        raise BadConfiguration('[bordergw] %s: %s is not text.' % (name, path))


def _check_token(what, token):
    if not token:
        raise BadConfiguration('[bordergw] %s is empty.' % what)
    if not credentials.usable(token):
        raise BadConfiguration('[bordergw] %s does not hold one line of ASCII text.' % what)


def _check_ca(path):
    _content('cafile', path)
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        raise BadConfiguration('[bordergw] cafile: %s holds no certificate in PEM.' % path)


def _is_loopback(host):
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
