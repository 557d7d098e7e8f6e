// What pages do by themselves: they follow the events, and keys move about. Without this file they are loaded anew.
'use strict';
const root = document.documentElement;
root.classList.add('scripts');

// Colours: automatic, light or dark.
const themes = ['auto', 'light', 'dark'];
const themeButton = document.getElementById('theme');
function showTheme() {
  const now = root.dataset.theme || 'auto';
  themeButton.textContent = now;
  themeButton.setAttribute('aria-label', 'Colours: ' + (now === 'auto' ? 'automatic' : now));
}
themeButton.addEventListener('click', () => {
  const next = themes[(themes.indexOf(root.dataset.theme || 'auto') + 1) % themes.length];
  if (next === 'auto') {
    delete root.dataset.theme;
    localStorage.removeItem('theme');
  } else {
    root.dataset.theme = next;
    localStorage.setItem('theme', next);
  }
  showTheme();
});
showTheme();

// morph makes an element's children those of another one, and touches only what differs: focus, selection, scrolling and what
// is open stay. Children with an id are found by it.
function morph(old, fresh) {
  const byId = new Map();
  for (const child of old.children) if (child.id) byId.set(child.id, child);
  let at = old.firstChild;
  for (const want of [...fresh.childNodes]) {
    const known = want.id ? byId.get(want.id) : undefined;
    if (known) {
      if (known !== at) old.insertBefore(known, at);
      else at = at.nextSibling;
      alter(known, want);
    } else if (at && !at.id && !want.id && at.nodeType === want.nodeType && at.nodeName === want.nodeName) {
      const next = at.nextSibling;
      alter(at, want);
      at = next;
    } else {
      old.insertBefore(want.cloneNode(true), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function alter(old, want) {
  if (old.isEqualNode(want)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) {
    old.nodeValue = want.nodeValue;
    return;
  }
  if (old.nodeName !== want.nodeName) {
    old.replaceWith(want.cloneNode(true));
    return;
  }
  if (old === document.activeElement && old.matches('input, select, textarea')) return;
  const turned = old.dataset.status !== undefined && old.dataset.status !== want.dataset.status;
  const keep = old.nodeName === 'DETAILS' ? ['open'] : old.nodeName === 'TR' ? ['class'] : [];
  for (const { name } of [...old.attributes]) if (!want.hasAttribute(name) && !keep.includes(name)) old.removeAttribute(name);
  for (const { name, value } of want.attributes) if (old.getAttribute(name) !== value && !keep.includes(name)) old.setAttribute(name, value);
  if (turned) {
    old.classList.remove('changed');
    requestAnimationFrame(() => old.classList.add('changed'));
  }
  morph(old, want);
}

// An EventSource tells only of the types that it is asked for.
const eventTypes = [
  'gap', 'definition.created', 'definition.updated', 'definition.deleted', 'site.applied', 'rolled-back', 'device.phase',
  'device.condition', 'device.discovered', 'certificate.expiring', 'device.active', 'device.standby', 'connection.condition',
  'connection.status', 'mac.learned', 'mac.moved', 'mac.gone', 'mac.frozen', 'mac.thawed', 'mac.summary', 'drift.repaired',
  'drift.reported', 'conflict', 'daemon.started', 'daemon.settled', 'daemon.stopping', 'history.begun', 'history.dropped',
];

// The events say when the page is out of date. It is fetched again at most once a second.
const live = document.getElementById('live');
const main = document.getElementById('main');
let paused = false, stale = false, fetching = false, last = 0, source = null, opened = false, tries = 0;

function say(state) {
  if (!live) return;
  const words = { live: 'live', reconnecting: 'reconnecting…', paused: 'paused', off: 'not live' };
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  live.textContent = words[state];
}

function outOfDate() {
  stale = true;
  if (fetching || paused || document.hidden) return;
  const wait = last + 1000 - Date.now();
  fetching = true;
  setTimeout(refresh, Math.max(0, wait));
}

async function refresh() {
  stale = false;
  last = Date.now();
  try {
    const answer = await fetch(location.href, { headers: { 'X-Fragment': 'main' }, cache: 'no-store' });
    if (answer.status === 401) {
      location.assign('/ui/login?next=' + encodeURIComponent(location.pathname + location.search));
      return;
    }
    if (answer.status >= 500) throw new Error(String(answer.status));
    const fresh = document.createElement('main');
    fresh.innerHTML = await answer.text();
    morph(main, fresh);
  } catch {
    stale = true; // the service is away: the stream says when it is back
  } finally {
    fetching = false;
    if (stale && source && source.readyState === EventSource.OPEN) outOfDate();
  }
}

// follow opens the stream. Browsers go on after the last event by themselves; where they give up, it is opened again.
function follow() {
  const types = document.body.dataset.events;
  source = new EventSource('/v1/events?stream=1' + (types === '*' ? '' : '&type=' + encodeURIComponent(types)));
  source.onopen = () => {
    opened = true;
    tries = 0;
    if (!paused) say('live');
    outOfDate(); // what happened in the meantime has been missed
  };
  source.onerror = () => {
    if (!paused) say(opened ? 'reconnecting' : 'off');
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, Math.min(30000, 2000 * 2 ** tries++));
  };
  for (const type of eventTypes) source.addEventListener(type, outOfDate);
}

if (live && 'EventSource' in window) {
  follow();
  document.addEventListener('visibilitychange', () => { if (!document.hidden && stale) outOfDate(); });
  setInterval(() => { if (!document.hidden) outOfDate(); }, 30000); // times grow old
  const pause = document.getElementById('pause');
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? 'Go on' : 'Pause';
    say(paused ? 'paused' : source.readyState === EventSource.OPEN ? 'live' : 'reconnecting');
    if (!paused) outOfDate();
  });
} else {
  say('off');
}

// Keys. None has a modifier, and none counts while somebody writes.
let going = false;
const rows = () => [...main.querySelectorAll('tbody tr, #attention li')].filter(r => r.querySelector('a'));

function step(by) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex(r => r.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by))];
  next.querySelector('a').focus();
  next.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  if (e.target.matches('input, select, textarea')) {
    if (e.key === 'Escape') e.target.blur();
    return;
  }
  if (going) {
    going = false;
    const to = document.querySelector(`nav a[data-key="${CSS.escape(e.key)}"]`);
    if (to) {
      e.preventDefault();
      to.click();
    }
    return;
  }
  switch (e.key) {
    case '/': e.preventDefault(); document.getElementById('search').focus(); break;
    case 'g': going = true; setTimeout(() => { going = false; }, 1500); break;
    case 'j': step(1); break;
    case 'k': step(-1); break;
    case '?': location.assign('/ui/help'); break;
  }
});

// Buttons that copy.
document.addEventListener('click', e => {
  const button = e.target.closest('[data-copy]');
  if (!button) return;
  navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent).then(
    () => { button.textContent = 'Copied'; }, () => { button.textContent = 'Select it and copy'; });
});

// The first broken hop of a trace is what people look for.
const broken = document.querySelector('#trace .broken');
if (broken) broken.focus();
