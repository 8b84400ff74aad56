// node host.mjs COMPONENT SETTINGS PORT NAME=HOST:PORT…
//
// COMPONENT  the folder into which jco has transpiled the component
// SETTINGS   a file: what the filter would be configured with, {"trust": …, "bundle": {…}}
// PORT       on 127.0.0.1; 0 takes a free one
// NAME=…     where each cluster is that the bundle calls
import { Agent, createServer, request as send } from 'node:http';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const [folder, file, port, ...systems] = process.argv.slice(2);
const clusters = new Map(systems.map((system) => system.split(/[=:]/)).map(([name, host, port]) => [name, { host, port }]));
// The environment holds what nobody should see in a list of processes: IFS_SECRET_NAME, IFS_AUTHORIZATION_CLUSTER.
// The key of cursors goes by its own name.
const variable = (prefix, name) => process.env[prefix + name.toUpperCase().replace(/[^A-Z0-9]/g, '_')];

// What several engines would share. This host has one engine, so a map does.
class Store {
  #entries = new Map();
  #version = 0;
  get(key) {
    return this.#entries.get(key);
  }
  put(key, value, version) {
    const stands = this.#entries.get(key);
    if (version !== undefined && stands !== undefined && stands.version !== version) throw 'changed';
    this.#version += 1;
    this.#entries.set(key, { value, version: this.#version });
  }
}

const { instantiate } = await import(resolve(folder, 'ifs-adapter.js'));
const module = async (name) => WebAssembly.compile(await readFile(join(folder, name)));
const { engine: api } = await instantiate(module, { 'ifs:adapter/store': { Store } });
const clock = () => ({ nowMs: BigInt(Date.now()), tickMs: BigInt(Math.floor(performance.now())) });
const settings = await readFile(file);
const needed = (name) => (name.startsWith('IFS_') ? process.env[name] : variable('IFS_SECRET_', name)) ?? '';
const secrets = api.describe(settings).secrets.map((name) => ({ name, value: needed(name) }));
const engine = api.Engine.load({ settings, secrets, seed: 0n, clock: clock() }, new Store());

// Requests in flight, by the ids that this host gives them.
const open = new Map();
let last = 0;
function nextId() {
  do last = (last + 1) % 2 ** 32;
  while (last === 0 || open.has(last));
  return last;
}

// What has happened goes in, what is to be done comes out.
function tell(event) {
  carryOut(engine.handle(event, clock()));
}

function carryOut(actions) {
  for (const { tag, val } of actions) {
    if (tag === 'call') makeCall(...val);
    if (tag === 'reply') reply(...val);
    // Counts (tag === 'count') go to whatever this host measures with.
  }
}

function reply(id, { status, headers, body }) {
  const answer = open.get(id);
  open.delete(id);
  answer?.writeHead(status, headers.flat()).end(body);
}

const lines = (raw) => raw.flatMap((_, at) => (at % 2 === 0 ? [[raw[at].toLowerCase(), raw[at + 1]]] : []));

createServer((request, answer) => {
  const id = nextId();
  const kept = process.env.KEEP_REQUEST_IDS ? request.headers['x-request-id'] : undefined;
  const head = {
    method: request.method,
    path: request.url,
    headers: lines(request.rawHeaders),
    instance: kept ?? randomUUID(),
    loopback: request.socket.localAddress === '127.0.0.1',
    // A host that faces consumers verifies vouchers or certificates, and says what it has verified.
    sender: { tag: 'nobody' },
  };
  open.set(id, answer);
  const verdict = engine.head(id, head, clock());
  if (verdict.tag === 'answered') {
    request.resume();
    carryOut(verdict.val.actions);
    return;
  }
  const admission = verdict.val;
  const body = [];
  let length = 0;
  const take = (piece) => {
    body.push(piece);
    length += piece.length;
    if (length > admission.limit()) {
      request.off('data', take).off('end', whole).resume();
      tell({ tag: 'too-large', val: admission });
    }
  };
  const whole = () => tell({ tag: 'request', val: [admission, Buffer.concat(body)] });
  request.on('data', take).on('end', whole);
  answer.on('close', () => {
    // The consumer has left without its answer.
    if (open.delete(id)) tell({ tag: 'abandoned', val: id });
  });
}).listen(Number(port), '127.0.0.1', function () {
  console.log(`listening on 127.0.0.1:${this.address().port}`);
});

// One connection a call: one that the system closes while a call is on its way would be a call whose end nobody knows.
const agent = new Agent({ keepAlive: false });
const NOT_SENT = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'];

function makeCall(call, { cluster, authority, method, path, headers, body, timeoutMs, bodyLimit }) {
  // How it ended is told once.
  let end = (tag, val) => {
    end = () => {};
    clearTimeout(timer);
    // Not while the engine still hands out what it wants done.
    setImmediate(() => tell({ tag: 'ended', val: [call, { tag, val }] }));
  };
  const timer = setTimeout(() => end('timed-out') ?? outgoing?.destroy(), Number(timeoutMs));
  const at = clusters.get(cluster);
  if (at === undefined) return end('no-cluster');
  const credentials = variable('IFS_AUTHORIZATION_', cluster);
  const outgoing = send({ ...at, agent, method, path, setHost: false });
  outgoing.setHeader('host', authority);
  if (body.length > 0 || method !== 'GET') outgoing.setHeader('content-length', body.length);
  for (const [name, value] of headers) outgoing.appendHeader(name, value);
  if (credentials !== undefined) outgoing.setHeader('authorization', credentials);
  let begun = false;
  outgoing.on('error', ({ code = '' }) => {
    if (begun) end('truncated');
    else if (NOT_SENT.includes(code)) end('unreachable');
    else end(code.startsWith('HPE_') ? 'protocol' : 'reset');
  });
  outgoing.on('response', (incoming) => {
    begun = true;
    const pieces = [];
    let length = 0n;
    incoming.on('data', (piece) => {
      pieces.push(piece);
      length += BigInt(piece.length);
      if (length > bodyLimit) end('too-large') ?? outgoing.destroy();
    });
    incoming.on('error', () => end('truncated'));
    incoming.on('end', () => {
      end('answer', { status: incoming.statusCode, headers: lines(incoming.rawHeaders), body: Buffer.concat(pieces) });
    });
  });
  outgoing.end(body);
}

// Calls that wait get their turn; the steward keeps sessions warm and asks systems whether they are there.
setInterval(() => engine.callIsWaiting() && tell({ tag: 'timer' }), 5);
setInterval(() => engine.needsSteward() && tell({ tag: 'steward' }), 1000);
