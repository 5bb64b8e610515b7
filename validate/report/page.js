'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const verdicts = ['MIGRATED', 'RECOVERED', 'PAUSED', 'UNFINISHED', 'HUNG', 'ROLLED-BACK', 'LOST', 'SPLIT-BRAIN'];
const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') node.onclick = value;
    else if (value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const colour = (verdict) => `background: var(--${verdict})`;
const label = (name) => name.includes('/') ? name.split('/').slice(-2).join('/') : name;
const keyOf = (cell) => [cell.scenario, cell.source, cell.destination].join('|');

// One cell of the matrix may have been run several times.
function grouped() {
  const cells = new Map();
  for (const run of data.cells) {
    if (!cells.has(keyOf(run))) cells.set(keyOf(run), []);
    cells.get(keyOf(run)).push(run);
  }
  return cells;
}
const cells = grouped();
const worst = (runs) => runs.find((run) => run.outcome === 'unexpected') || runs.find((run) => run.outcome === 'flaky') || runs[0];

function showSummary() {
  const count = (outcome) => data.cells.filter((run) => run.outcome === outcome).length;
  const findings = [...cells.values()].filter((runs) => runs[0].finding && runs[0].verdict).length;
  $('sum').textContent = `${count('as-expected')} runs as expected, ${count('unexpected')} not, ${count('flaky')} flaky, ` +
    `${count('not-run')} not run; ${findings} cells are findings (⚑): what was seen is what is expected, and a user would call it a bug.`;
  for (const verdict of verdicts) $('legend').append(element('span', { class: 'word', style: colour(verdict) }, verdict));
}

function wanted(runs) {
  const filter = $('filter').value;
  if (filter === 'unexpected') return runs.some((run) => ['unexpected', 'flaky', 'not-run'].includes(run.outcome));
  if (filter === 'finding') return runs[0].finding !== '';
  return true;
}

function showMatrix() {
  const byName = (a, b) => a.localeCompare(b, 'en', { numeric: true });
  const rows = [...new Set(data.cells.map((run) => run.scenario))].filter((name) => name.includes($('search').value.trim()));
  if (!rows.some((name) => name.includes('@'))) rows.sort(byName);  // a sweep has its own order; parts of a matrix come in any
  const pairs = [...new Map(data.cells.map((run) => [run.source + '|' + run.destination, run])).values()]
    .sort((a, b) => byName(a.source, b.source) || byName(a.destination, b.destination));
  const head = element('tr', {}, element('th'), ...pairs.map((pair) => element('th', {}, `${label(pair.source)} → ${label(pair.destination)}`)));
  const body = element('tbody');
  for (const name of rows) {
    const found = pairs.map((pair) => cells.get([name, pair.source, pair.destination].join('|')));
    if (!found.some((runs) => runs && runs[0].outcome !== 'not-applicable' && wanted(runs))) continue;
    const first = found.find(Boolean)[0];
    body.append(element('tr', {}, element('th', { title: first.about }, element('b', {}, name), element('span', {}, first.title)),
      ...found.map(matrixCell)));
  }
  $('matrix').replaceChildren(element('table', {}, element('thead', {}, head), body));
}

function matrixCell(runs) {
  if (!runs || !runs[0].verdict) return element('td', { class: 'none', title: runs ? runs[0].reason : '' }, runs && runs[0].outcome === 'not-run' ? 'not run' : '');
  const run = worst(runs);
  if (!wanted(runs)) return element('td');
  const several = new Set(runs.map((one) => one.verdict));
  const remark = [run.finding ? '⚑' : '', runs.length > 1 ? `${runs.length}×` : '', several.size > 1 ? 'flaky' : ''].join(' ').trim();
  return element('td', {}, element('button', { style: colour(run.verdict), class: run.outcome, title: run.because,
    onclick: () => open(runs, runs.indexOf(run)) }, run.verdict, run['after-rescue'] ? element('small', {}, `then ${run['after-rescue']}`) : null, remark ? element('small', {}, remark) : null));
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text());
}

async function open(runs, index) {
  const run = runs[index];
  location.hash = encodeURIComponent(keyOf(run));
  const detail = await unpack(run.detail);
  $('body').replaceChildren(...detailNodes(runs, index, detail));
  if (!$('detail').open) $('detail').showModal();
  $('detail').scrollTop = 0;
}

function list(lines, kind) { return element('ul', { class: kind }, ...lines.map((line) => element('li', {}, line))); }

function detailNodes(runs, index, detail) {
  const run = runs[index];
  return [
    element('h2', {}, `${run.scenario}: ${run.title}`),
    element('p', {}, `${run.source} → ${run.destination} `, element('span', { class: 'word', style: colour(run.verdict) }, run.verdict),
      run.outcome === 'as-expected' ? ' as expected' : ` ${run.outcome}; expected ${run.expected}`),
    element('p', { class: 'lead' }, run.about),
    element('p', {}, run.because),
    run.flaky ? element('p', {}, 'Differs from run to run: ' + run.flaky) : '',
    run.finding ? element('p', { class: 'finding' }, '⚑ ' + run.finding) : '',
    list(detail.differences, 'different'),
    runs.length > 1 ? element('p', {}, 'Repeats: ', ...runs.map((one, i) => element('button', { class: 'plain', onclick: () => open(runs, i) }, `${i + 1} ${one.verdict}`))) : '',
    element('h3', {}, 'Evidence'), list([...detail.evidence, ...detail['broken-invariants']]),
    element('h3', {}, 'Run it again'), command(run.command),
    element('h3', {}, 'On one clock'), timeline(detail.observations), events(detail.observations),
    element('h3', {}, 'Files'), ...files(detail.files, run),
  ];
}

function command(text) {
  const copy = element('button', { class: 'plain', onclick: () => { navigator.clipboard.writeText(text); copy.textContent = 'copied'; } }, 'copy');
  return element('div', { class: 'command' }, element('code', {}, text), copy);
}

function download(name, parts, type) {
  const link = element('a', { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function files(all, run) {
  const logs = [], recordings = [];
  for (const [name, file] of Object.entries(all)) {
    if (!name.endsWith('.zst')) {
      logs.push(element('details', {}, element('summary', {}, `${name} (${file.length} characters)`), element('pre', {}, file)));
      continue;
    }
    const text = `Recording for Wireshark: ${name}`;
    if (file.beside) {
      recordings.push(element('a', { class: 'plain', href: file.beside.split('/').map(encodeURIComponent).join('/'), download: '' }, text));
      continue;
    }
    const bytes = () => Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
    const full = `${run.scenario}-${label(run.source)}-${label(run.destination)}-${name}`.replaceAll('/', '_');
    recordings.push(element('button', { class: 'plain', onclick: () => download(full, [bytes()], 'application/zstd') }, text));
  }
  if (!recordings.length)
    recordings.push(element('p', {}, run.repeat > 1 ? 'The first repeat has a recording.' : 'No recording: the command above with --keep FOLDER writes what there is.'));
  return [...recordings, ...logs];
}

function happenings(seen) {
  const all = [];
  for (const who of ['source', 'destination'])
    for (const change of seen[who].changes) {
      const kind = { status: 'migration status ', 'run-state': 'run state ' }[change.kind] || '';
      all.push({ at: change.at, who, text: kind + change.text });
    }
  for (const line of seen.proxy) if (line.text.trim() && !/^\s/.test(line.text) && line.text !== 'summary') all.push({ at: line.at, who: 'migproxy', text: line.text });
  for (const step of seen.steps)
    all.push({ at: step.at, who: 'migvalidate', text: step.step + (step.answer === 'done' ? '' : ': ' + step.answer) + (step.detail ? ', ' + step.detail : ''), bad: !step['as-asked'] });
  for (const note of seen.notes) all.push({ at: note.at, who: note.who, text: note.text });
  return all.sort((a, b) => a.at - b.at);
}

function events(seen) {
  const rows = happenings(seen).map((one) => element('tr', {}, element('td', { class: 'at' }, one.at.toFixed(3)),
    element('td', { class: 'who ' + one.who }, one.who), element('td', { class: one.bad ? 'different' : '' }, one.text)));
  return element('details', {}, element('summary', {}, `${rows.length} events`), element('table', { class: 'events' }, ...rows));
}

const shapes = 'http://www.w3.org/2000/svg';
function shape(tag, attributes, text) {
  const node = document.createElementNS(shapes, tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

const left = 150, width = 1130;
function timeline(seen) {
  const end = Math.max(seen.watched.to, 1);
  const x = (at) => left + Math.max(0, at) / end * (width - left - 10);
  const svg = shape('svg', { viewBox: `0 0 ${width} 236`, role: 'img', 'aria-label': 'timeline' });
  svg.append(shape('rect', { x: x(seen.watched.from), y: 0, width: x(seen.watched.to) - x(seen.watched.from), height: 236, fill: 'currentColor', opacity: 0.06 }));
  lane(svg, 'source: status', 8, seen.source, 'status', x, end, 'var(--source)');
  lane(svg, 'run state', 34, seen.source, 'run-state', x, end, 'var(--source)');
  ticks(svg, 'guest ticks', 60, seen.source, x, 'var(--source)');
  dots(svg, seen, 92, x);
  ticks(svg, 'guest ticks', 132, seen.destination, x, 'var(--destination)');
  lane(svg, 'run state', 158, seen.destination, 'run-state', x, end, 'var(--destination)');
  lane(svg, 'destination: status', 184, seen.destination, 'status', x, end, 'var(--destination)');
  for (let at = 0; at <= end; at += end > 12 ? 2 : end > 5 ? 1 : 0.5) svg.append(shape('text', { x: x(at), y: 230, class: 'soft', 'text-anchor': 'middle' }, at + ' s'));
  return svg;
}

function lane(svg, name, y, side, kind, x, end, fill) {
  svg.append(shape('text', { x: 8, y: y + 14, class: 'soft' }, name));
  const changes = side.changes.filter((change) => change.kind === kind || change.kind === 'process');
  changes.forEach((change, i) => {
    const from = x(change.at), to = x(i + 1 < changes.length ? changes[i + 1].at : end);
    const gone = change.kind === 'process';
    const bar = shape('rect', { x: from, y, width: Math.max(to - from, 1.5), height: 20, fill: gone ? 'var(--bad)' : fill, opacity: gone ? 0.5 : 0.22 + 0.12 * (i % 2) });
    bar.append(shape('title', {}, `${change.at.toFixed(3)} s ${change.text}`));
    svg.append(bar);
    const text = gone ? 'gone' : change.text;
    if (to - from > text.length * 6) svg.append(shape('text', { x: from + 4, y: y + 14 }, text));
  });
}

function ticks(svg, name, y, side, x, stroke) {
  svg.append(shape('text', { x: 8, y: y + 14, class: 'soft' }, name));
  for (const batch of side.ticks) svg.append(shape('line', { x1: x(batch.at), x2: x(batch.at), y1: y + 2, y2: y + 18, stroke, 'stroke-width': 1.5 }));
  for (const round of side.memory.verified) {
    const mark = shape('circle', { cx: x(round.at), cy: y + 10, r: 3.5, fill: stroke });
    mark.append(shape('title', {}, `round ${round.round}: all memory verified`));
    svg.append(mark);
  }
}

function dots(svg, seen, y, x) {
  svg.append(shape('text', { x: 8, y: y + 16, class: 'soft' }, 'migproxy, steps'));
  for (const one of happenings(seen)) {
    if (one.who !== 'migproxy' && one.who !== 'migvalidate') continue;
    const ours = one.who === 'migvalidate';
    const fault = /<[a-z-]+ by /.test(one.text);
    const dot = shape('circle', { cx: x(one.at), cy: y + (ours ? 22 : 8), r: fault || ours ? 5 : 2.5, fill: fault ? 'var(--bad)' : ours ? 'var(--us)' : 'var(--proxy)' });
    dot.append(shape('title', {}, `${one.at.toFixed(3)} s ${one.text}`));
    svg.append(dot);
  }
}

// A sweep's runs are named ACTION@BOUNDARY, in the order of the migration: a row for each pair, read from left to right.
function showMaps() {
  const maps = new Map();
  for (const run of data.cells) {
    const at = run.scenario.indexOf('@');
    if (at < 0 || !run.verdict) continue;
    const name = `Sweep, ${run.scenario.slice(0, at)}: ${label(run.source)} → ${label(run.destination)}`;
    if (!maps.has(name)) maps.set(name, []);
    maps.get(name).push(run);
  }
  for (const [name, runs] of maps)
    $('maps').append(element('h3', {}, name), element('div', { class: 'map' }, ...runs.map((run) => element('button', {
      style: colour(run.verdict), class: run.outcome, title: `${run.scenario.slice(run.scenario.indexOf('@') + 1)}: ${run.verdict}`,
      onclick: () => open([run], 0) }, run.verdict.slice(0, 2)))));
}

// The guests' verdicts (rows) against what the recordings alone say (columns), for each view.
function showWire() {
  for (const [view, table] of Object.entries(data.wire || {})) {
    if (!table.runs) continue;
    const rows = Object.entries(table.guests_against_wire);
    const columns = [...new Set(rows.flatMap(([, row]) => Object.keys(row)))].sort();
    const line = (tag, first, cells) => element('tr', {}, element('th', {}, first), ...cells.map((text) => element(tag, {}, text)));
    $('wire').append(element('h3', {}, `From the wire, ${view}: ${table.runs} runs, ${table.wrong} wrong, ${table['no-answer']} without an answer, ` +
      `${table.certain_percent.toFixed(1)} % certain`),
    element('table', { class: 'wire' }, element('thead', {}, line('th', 'guests \\ wire', columns)),
      element('tbody', {}, ...rows.map(([verdict, row]) => line('td', verdict, columns.map((column) => row[column] || ''))))));
  }
}

showSummary();
showMatrix();
showMaps();
showWire();
$('filter').onchange = showMatrix;
$('search').oninput = showMatrix;
$('close').onclick = () => $('detail').close();
$('detail').onclose = () => history.replaceState(null, '', location.pathname + location.search);
const asked = cells.get(decodeURIComponent(location.hash.slice(1)));
if (asked && asked[0].verdict) open(asked, 0);
